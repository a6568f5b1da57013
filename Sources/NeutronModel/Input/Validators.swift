import Addressing
import JSON

/// Neutron's validators: nil when the value is good, otherwise the reason in Neutron's words.
enum Validate {
    static func string(_ value: JSONValue, maximum: Int) -> String? {
        guard let text = value.stringValue else { return "'\(PythonText.text(value))' is not a valid string" }
        guard text.unicodeScalars.count <= maximum else {
            return "'\(text)' exceeds maximum length of \(maximum)"
        }
        return nil
    }

    /// A text of any length, or null.
    static func optionalText(_ value: JSONValue) -> String? {
        value.isNull || value.stringValue != nil ? nil : "'\(PythonText.text(value))' is not a valid string"
    }

    /// A name: printable, and without white space at its ends other than plain spaces inside.
    static func name(_ value: JSONValue, maximum: Int) -> String? {
        if let reason = string(value, maximum: maximum) { return reason }
        let scalars = (value.stringValue ?? "").unicodeScalars
        let isGood =
            scalars.allSatisfy(isPrintable) && !isSpace(scalars.first) && !isSpace(scalars.last)
        return isGood ? nil : "'\(value.stringValue ?? "")' is not a valid string"
    }

    /// Control characters and line separators are what Neutron does not take in names.
    private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
        default: true
        }
    }

    private static func isSpace(_ scalar: Unicode.Scalar?) -> Bool {
        scalar?.properties.generalCategory == .spaceSeparator
    }

    static func uuid(_ value: JSONValue) -> String? {
        guard let text = value.stringValue, ObjectID(text) != nil else {
            return "'\(PythonText.text(value))' is not a valid UUID"
        }
        return nil
    }

    static func uuidList(_ value: JSONValue) -> String? {
        guard let list = value.arrayValue else { return "'\(PythonText.text(value))' is not a list" }
        var seen: Set<JSONValue> = []
        let duplicates = list.filter { !seen.insert($0).inserted }
        guard duplicates.isEmpty else {
            return "Duplicate items in the list: '\(duplicates.map(PythonText.text).joined(separator: ", "))'"
        }
        for element in list {
            if let reason = uuid(element) { return reason }
        }
        return nil
    }

    static func address(_ value: JSONValue) -> String? {
        guard let text = value.stringValue, IPAddress(text) != nil else {
            return "'\(PythonText.text(value))' is not a valid IP address"
        }
        return nil
    }

    static func mac(_ value: JSONValue) -> String? {
        guard let text = value.stringValue, let mac = MACAddress(text), mac.bits != 0, mac.bits != 0xffff_ffff_ffff
        else { return "'\(PythonText.text(value))' is not a valid MAC address" }
        return nil
    }

    /// A block with its length; an IPv4 block without host bits or with them.
    static func block(_ value: JSONValue) -> String? {
        guard let text = value.stringValue, text.contains("/"), CIDR(text) != nil else {
            return "'\(PythonText.text(value))' is not a valid IP subnet"
        }
        return nil
    }

    /// A route's destination: a block without host bits.
    static func routeDestination(_ value: JSONValue) -> String? {
        guard let text = value.stringValue, let block = CIDR(text),
            let address = IPAddress(text.split(separator: "/").first ?? ""), address == block.address
        else { return "'\(PythonText.text(value))' is not a valid CIDR" }
        let isLoopback = address.family == .v4 ? address.bits >> 24 == 127 : address.bits == 1
        return isLoopback ? "'\(text)' is not a routable CIDR" : nil
    }

    static func values(_ value: JSONValue, _ allowed: [JSONValue]) -> String? {
        if allowed.contains(value) { return nil }
        return "\(PythonText.text(value)) is not in \(PythonText.text(.array(allowed)))"
    }

    static func pools(_ value: JSONValue) -> String? {
        guard let pools = value.arrayValue else {
            return "Invalid data format for IP pool: '\(PythonText.text(value))'"
        }
        for pool in pools {
            if let reason = keys(pool, ["start", "end"]) { return reason }
            for name in ["start", "end"] {
                if let reason = address(pool[name] ?? .null) { return reason }
            }
        }
        return nil
    }

    static func fixedIPs(_ value: JSONValue) -> String? {
        guard let list = value.arrayValue else {
            return "Invalid data format for fixed IP: '\(PythonText.text(value))'"
        }
        var seen: Set<JSONValue> = []
        for fixed in list {
            guard let fixed = fixed.objectValue else {
                return "Invalid data format for fixed IP: '\(PythonText.text(fixed))'"
            }
            if let given = fixed["ip_address"] {
                guard seen.insert(given).inserted else { return "Duplicate IP address '\(PythonText.text(given))'" }
                if let reason = address(given) { return reason }
            }
            if let subnet = fixed["subnet_id"], let reason = uuid(subnet) { return reason }
            let unknown = fixed.names.filter { $0 != "ip_address" && $0 != "subnet_id" }
            guard unknown.isEmpty else { return "Unrecognized attribute(s) '\(unknown.joined(separator: ", "))'" }
        }
        return nil
    }

    static func nameservers(_ value: JSONValue) -> String? {
        guard let list = value.arrayValue else {
            return "Invalid data format for nameserver: '\(PythonText.text(value))'"
        }
        var seen: Set<JSONValue> = []
        for server in list {
            if let reason = address(server) {
                return "'\(PythonText.text(server))' is not a valid nameserver. \(reason)"
            }
            guard seen.insert(server).inserted else { return "Duplicate nameserver '\(PythonText.text(server))'" }
        }
        return nil
    }

    static func hostRoutes(_ value: JSONValue) -> String? {
        guard let list = value.arrayValue else {
            return "Invalid data format for hostroute: '\(PythonText.text(value))'"
        }
        var seen: Set<JSONValue> = []
        for route in list {
            if let reason = keys(route, ["destination", "nexthop"]) { return reason }
            if let reason = routeDestination(route["destination"] ?? .null) { return reason }
            if let reason = address(route["nexthop"] ?? .null) { return reason }
            guard seen.insert(route).inserted else { return "Duplicate hostroute '\(PythonText.text(route))'" }
        }
        return nil
    }

    static func object(_ value: JSONValue) -> String? {
        value.objectValue == nil ? "'\(PythonText.text(value))' is not a dictionary" : nil
    }

    /// Exactly these members.
    private static func keys(_ value: JSONValue, _ expected: [String]) -> String? {
        let list = PythonText.list(expected)
        guard let object = value.objectValue else {
            return "Invalid input. '\(PythonText.text(value))' must be a dictionary with keys: \(list)"
        }
        guard Set(object.names) == Set(expected) else {
            return "Validation of dictionary's keys failed. Expected keys: \(list) "
                + "Provided keys: \(PythonText.list(object.names))"
        }
        return nil
    }
}
