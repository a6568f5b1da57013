import Addressing
import JSON

// What a property's or attribute's value may be (vnc-api.md, 1.8), with the texts that Contrail's clients know.
extension Schema {
    /// Checks a property as a client sent it.
    ///
    /// Falsy values (0, "", false, null, [] and {}) are not checked, as in the original.
    /// - Returns: the value to store: numeric strings as numbers, prefixes without host bits.
    /// - Throws: ``ModelError/Code/invalid``
    package func validated(
        _ value: JSONValue, ofProperty name: String, _ schema: ValueSchema
    ) throws(ModelError) -> JSONValue {
        guard !value.isFalsy else { return value }
        guard case .structure(let structure) = schema.kind else {
            do {
                return try Self.validatedSimple(value, name: name, schema)
            } catch {
                throw ModelError(.invalid, "Error validating property \(error.message)")
            }
        }
        do {
            return try validated(value, structure: structure)
        } catch {
            throw ModelError(
                .invalid, "Error validating property \(name) value \(value.pythonText) \(error.message)")
        }
    }

    /// Checks a struct: its fields' names and values.
    ///
    /// - Returns: the value to store.
    /// - Throws: ``ModelError/Code/invalid``
    package func validated(_ value: JSONValue, structure: String) throws(ModelError) -> JSONValue {
        guard !value.isNull else { return value }
        guard var members = value.objectValue, let fields = structs[structure] else {
            throw ModelError(.invalid, "\(structure): an object is expected instead of \(value.pythonText)")
        }
        for member in members {
            guard let field = fields[member.name] else {
                throw ModelError(.invalid, "class \(structure) does not have field \(member.name)")
            }
            guard !member.value.isNull else { continue }
            if field.isList {
                guard let elements = member.value.arrayValue else {
                    throw ModelError(
                        .invalid,
                        "Field \(member.name) must be a list. Received value: \(member.value.pythonText)")
                }
                members[member.name] = .array(
                    try elements.map { (element) throws(ModelError) in
                        try validatedField(element, name: member.name, field)
                    })
            } else {
                members[member.name] = try validatedField(member.value, name: member.name, field)
            }
        }
        return structure == "SubnetType" ? try Self.normalizedSubnet(members) : .object(members)
    }

    private func validatedField(
        _ value: JSONValue, name: String, _ field: ValueSchema
    ) throws(ModelError) -> JSONValue {
        guard case .structure(let structure) = field.kind else {
            return try Self.validatedSimple(value, name: name, field)
        }
        let result = try validated(value, structure: structure)
        if structure == "AllowedAddressPair" { try Self.checkAddressPair(result) }
        return result
    }

    private static func validatedSimple(
        _ value: JSONValue, name: String, _ schema: ValueSchema
    ) throws(ModelError) -> JSONValue {
        guard !value.isNull else { return value }
        switch schema.kind {
        case .integer: return try validatedInteger(value, name: name, schema)
        case .boolean:
            guard value.boolValue != nil else {
                throw ModelError(.invalid, "\(name): true/false expected instead of \(value.pythonText)")
            }
            return value
        case .string, .structure:
            guard let text = value.stringValue else {
                throw ModelError(.invalid, "\(name): string value expected instead of \(value.pythonText)")
            }
            if !schema.choices.isEmpty, !schema.choices.contains(text) {
                let choices = JSONValue.array(schema.choices.map { .string($0) }).pythonText
                throw ModelError(.invalid, "\(name): value must be one of \(choices)")
            }
            try check(text, format: schema.format)
            return value
        }
    }

    private static func validatedInteger(
        _ value: JSONValue, name: String, _ schema: ValueSchema
    ) throws(ModelError) -> JSONValue {
        if case .unsigned = value, schema.range == nil { return value }
        var number = value.integerValue
        if let text = value.stringValue { number = Int(text.filter { $0 != " " }) }
        if case .number(let fraction) = value { number = Int(exactly: fraction.rounded(.towardZero)) }
        if let flag = value.boolValue { number = flag ? 1 : 0 }
        guard let number else {
            throw ModelError(.invalid, "\(name): integer value expected instead of \(value.pythonText)")
        }
        if let range = schema.range, !range.contains(number) {
            throw ModelError(
                .invalid, "\(name): value must be between \(range.lowerBound) and \(range.upperBound)")
        }
        return .integer(number)
    }

    private static func check(_ text: String, format: ValueSchema.Format?) throws(ModelError) {
        switch format {
        case nil: return
        case .serviceInterface:
            if ["management", "left", "right"].contains(text) { return }
            if text.hasPrefix("other"), text.dropFirst(5).allSatisfy({ $0.isASCII && $0.isNumber }) { return }
            throw ModelError(.invalid, "Invalid service interface type \(text)")
        case .community:
            let known = [
                "no-export", "accept-own", "no-advertise", "no-export-subconfed", "no-reoriginate", "llgr-stale",
                "no-llgr",
            ]
            let numbers = text.split(separator: ":", omittingEmptySubsequences: false)
            if known.contains(text) || numbers.count == 2 && numbers.allSatisfy({ UInt16($0) != nil }) { return }
            throw ModelError(.invalid, "Invalid community attribute \(text)")
        }
    }

    /// The prefix without host bits; half a subnet and texts that are no address are refused.
    private static func normalizedSubnet(_ members: JSONObject) throws(ModelError) -> JSONValue {
        let prefix = members["ip_prefix"] ?? .null
        guard prefix.stringValue.map({ !$0.isEmpty }) ?? false else { return .object(members) }
        guard let cidr = CIDR(subnetType: .object(members)) else {
            let length = members["ip_prefix_len"] ?? .null
            throw ModelError(.invalid, "Invalid subnet: \(prefix.pythonText)/\(length.pythonText)")
        }
        return cidr.subnetType
    }

    /// In active-standby mode a pair must not cover more than 256 addresses.
    private static func checkAddressPair(_ pair: JSONValue) throws(ModelError) {
        guard pair["address_mode"] == "active-standby", let cidr = pair["ip"].flatMap(CIDR.init(subnetType:)) else {
            return
        }
        let shortest = cidr.family == .v4 ? 24 : 120
        guard cidr.prefixLength >= shortest else {
            throw ModelError(
                .invalid,
                "\(cidr.family == .v4 ? "IPv4" : "IPv6") Prefix length lesser than \(shortest) is not acceptable")
        }
    }
}
