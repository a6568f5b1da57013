import Addressing
import JSON

/// Route targets: `target:<asn>:<number>` or `target:<address>:<number>` (vnc-api.md, 3.3).
enum RouteTargetChecks {
    static func accept(creating draft: ConfigObject) throws(ConfigFault) -> ConfigObject {
        _ = try parse(draft.name)
        return draft
    }

    /// Refuses numbers that the installation hands out itself.
    static func checkGiven(_ values: [JSONValue], _ edit: GraphEdit) throws(ConfigFault) {
        guard !values.isEmpty else { return }
        let system = edit.object(type: "global-system-config", fqName: ["default-global-system-config"])
        let own = system?.properties["autonomous_system"]?.integerValue ?? 64512
        let isWide = system?.properties["enable_4byte_as"]?.boolValue ?? false || own > 65535
        let reserved = isWide ? 8000...32_768 : 8_000_000...16_777_216
        for value in values {
            guard let text = value.stringValue else { throw malformed(value.pythonText) }
            let (asn, number) = try parse(text)
            guard asn == own, reserved.contains(number) else { continue }
            throw ConfigFault(
                400,
                "Configured route target must use ASN that is different from global ASN or route target value must be "
                    + "less than \(reserved.lowerBound) and greater than \(reserved.upperBound)")
        }
    }

    /// - Returns: the AS number, nil for an address, and the number.
    private static func parse(_ text: String) throws(ConfigFault) -> (asn: Int?, number: Int) {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == "target", let number = UInt32(parts[2]) else { throw malformed(text) }
        if let asn = UInt32(parts[1]) { return (Int(asn), Int(number)) }
        guard let address = IPAddress(parts[1]), address.family == .v4 else { throw malformed(text) }
        return (nil, Int(number))
    }

    private static func malformed(_ text: String) -> ConfigFault {
        ConfigFault(
            400, "Route target must be of the format 'target:<asn>:<number>' or 'target:<ip>:<number>': \(text)")
    }
}
