import Addressing
import JSON

/// The two lists of a port's body that have rules of their own.
enum PortLists {
    /// `allowed_address_pairs`: every entry an address or block and perhaps a MAC address.
    static let addressPairs: @Sendable (JSONValue) throws(NeutronError) -> JSONValue = {
        (value) throws(NeutronError) in
        if value.isNull { return [] }
        guard let pairs = value.arrayValue else { throw .badRequest("Allowed address pairs must be a list.") }
        guard pairs.count <= ListLimits.addressPairs else {
            throw NeutronError(
                status: 400, type: "AllowedAddressPairExhausted",
                message: "The number of allowed address pair exceeds the maximum \(ListLimits.addressPairs).")
        }
        var seen: Set<JSONValue> = []
        var result: [JSONValue] = []
        for pair in pairs { result.append(try addressPair(pair, seen: &seen)) }
        return .array(result)
    }

    private static func addressPair(_ value: JSONValue, seen: inout Set<JSONValue>) throws(NeutronError) -> JSONValue {
        guard var pair = value.objectValue else {
            throw .invalidAttribute("allowed_address_pairs", "'\(PythonText.text(value))' is not a dictionary")
        }
        if let mac = pair["mac_address"] {
            if let reason = Validate.mac(mac) { throw .badRequest(reason) }
            if let address = mac.stringValue.flatMap(MACAddress.init) {
                guard !address.isMulticast else {
                    throw .badRequest("'\(PythonText.text(mac))' is a multicast MAC address")
                }
                pair["mac_address"] = .string(address.description)
            }
        }
        guard let text = pair["ip_address"]?.stringValue else {
            throw NeutronError(
                status: 400, type: "AllowedAddressPairsMissingIP",
                message: "AllowedAddressPair must contain ip_address")
        }
        guard seen.insert(.object(pair)).inserted else {
            throw NeutronError(
                status: 400, type: "DuplicateAddressPairInRequest",
                message: "Request contains duplicate address pair: mac_address "
                    + "\(PythonText.text(pair["mac_address"] ?? .null)) ip_address \(text).")
        }
        let unknown = pair.names.filter { $0 != "mac_address" && $0 != "ip_address" }
        guard unknown.isEmpty else {
            throw .badRequest("Unrecognized attribute(s) '\(unknown.joined(separator: ", "))'")
        }
        let reason = text.contains("/") ? Validate.block(.string(text)) : Validate.address(.string(text))
        if let reason { throw .badRequest(reason) }
        return .object(pair)
    }

    /// `extra_dhcp_opts`: a name, a value that may be null to remove the option, and a version of IP.
    static let dhcpOptions: @Sendable (JSONValue) throws(NeutronError) -> JSONValue = {
        (value) throws(NeutronError) in
        if value.isNull { return [] }
        guard let options = value.arrayValue else {
            throw .invalidInput("'\(PythonText.text(value))' is not a list")
        }
        try ListLimits.check(
            value, ListLimits.dhcpOptions,
            .invalidInput("at most \(ListLimits.dhcpOptions) extra_dhcp_opts can be given at once"))
        var seen: Set<JSONValue> = []
        var result: [JSONValue] = []
        for option in options {
            guard seen.insert(option).inserted else {
                throw .invalidInput("Duplicate items in the list: '\(PythonText.text(option))'")
            }
            guard let converted = dhcpOption(option) else {
                throw .invalidInput("No valid key specs matched for: \(PythonText.text(option))")
            }
            result.append(converted)
        }
        return .array(result)
    }

    private static func dhcpOption(_ value: JSONValue) -> JSONValue? {
        guard var option = value.objectValue, let name = option["opt_name"]?.stringValue,
            let content = option["opt_value"], (1...64).contains(name.unicodeScalars.count), !isBlank(name),
            Set(option.names).isSubset(of: ["opt_name", "opt_value", "ip_version"])
        else { return nil }
        switch content {
        case .null: break
        case .string(let text):
            let mayBeBlank = name == "router" || name == "classless-static-route"
            guard text.unicodeScalars.count <= 255, mayBeBlank || !isBlank(text), !text.contains(where: \.isNewline)
            else { return nil }
        default: return nil
        }
        if let given = option["ip_version"] {
            guard let version = try? Convert.integer(given), version == 4 || version == 6 else { return nil }
            option["ip_version"] = .integer(version)
        }
        return .object(option)
    }

    private static func isBlank(_ text: String) -> Bool { text.allSatisfy(\.isWhitespace) }
}
