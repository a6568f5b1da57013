import JSON

/// Why a configuration file is not what it should be. All reasons at once.
package struct ConfigurationError: Error, Hashable, CustomStringConvertible {
    package var problems: [String]

    package init(problems: [String]) { self.problems = problems }

    package var description: String { problems.joined(separator: "; ") }
}

/// Reads the members of a JSON object of which every one must be known and of the right type.
///
/// Problems are collected, not thrown one by one; a reader returns a placeholder after it has noted one, and
/// ``finish()`` throws.
package struct StrictObject {
    private let object: JSONObject
    private let path: String
    private var read: Set<String> = []
    package private(set) var problems: [String] = []
    /// Whether members that are not known are passed over: a newer version wrote them, and says that it does no harm.
    private let toleratesUnknown: Bool
    /// Why nothing of the file can be read.
    private var refusal: String?

    package init(_ value: JSONValue, path: String = "") {
        self.init(value, path: path, toleratesUnknown: false)
    }

    /// A file that another version may have written: see ``FileFormat``.
    package init(file value: JSONValue) {
        let format = FileFormat(value)
        self.init(value, path: "", toleratesUnknown: format.isNewer)
        read = FileFormat.members
        refusal = format.refusal
    }

    private init(_ value: JSONValue, path: String, toleratesUnknown: Bool) {
        self.path = path
        self.toleratesUnknown = toleratesUnknown
        if let object = value.objectValue {
            self.object = object
        } else {
            object = JSONObject()
            problems.append("\(path.isEmpty ? "the file" : path) must be an object, not \(value.kind)")
        }
    }

    package mutating func string(_ name: String) -> String {
        required(name, "a string", \.stringValue) ?? ""
    }

    package mutating func optionalString(_ name: String) -> String? {
        optional(name, "a string or null", \.stringValue)
    }

    package mutating func integer(_ name: String, in range: ClosedRange<Int> = Int.min...Int.max) -> Int {
        guard let value = required(name, "an integer", \.integerValue) else { return range.lowerBound }
        check(value, range, name)
        return value
    }

    package mutating func optionalInteger(_ name: String, in range: ClosedRange<Int>) -> Int? {
        let value = optional(name, "an integer or null", \.integerValue)
        if let value { check(value, range, name) }
        return value
    }

    private mutating func check(_ value: Int, _ range: ClosedRange<Int>, _ name: String) {
        guard !range.contains(value) else { return }
        problems.append("\(label(name)) must be \(range.lowerBound) to \(range.upperBound), not \(value)")
    }

    package mutating func bool(_ name: String) -> Bool {
        required(name, "true or false", \.boolValue) ?? false
    }

    package mutating func optionalBool(_ name: String) -> Bool? {
        optional(name, "true, false or null", \.boolValue)
    }

    package mutating func strings(_ name: String) -> [String] {
        guard let elements = required(name, "an array of strings", \.arrayValue) else { return [] }
        let strings = elements.compactMap(\.stringValue)
        if strings.count < elements.count { problems.append("\(label(name)) must be an array of strings") }
        return strings
    }

    package mutating func optionalStrings(_ name: String) -> [String]? {
        object[name] == nil ? nil : strings(name)
    }

    /// A member that older versions wrote and nothing reads any more.
    package mutating func ignore(_ name: String) { read.insert(name) }

    package mutating func integers(_ name: String, in range: ClosedRange<Int>) -> [Int] {
        guard let elements = required(name, "an array of integers", \.arrayValue) else { return [] }
        let integers = elements.compactMap(\.integerValue).filter(range.contains)
        if integers.count < elements.count {
            problems.append(
                "\(label(name)) must be an array of integers from \(range.lowerBound) to \(range.upperBound)")
        }
        return integers
    }

    /// Reads each element of an array as an object of its own.
    package mutating func objects<Element>(
        _ name: String, _ read: (inout StrictObject) -> Element
    ) -> [Element] {
        guard let elements = required(name, "an array of objects", \.arrayValue) else { return [] }
        var result: [Element] = []
        for (index, element) in elements.enumerated() {
            var nested = StrictObject(
                element, path: "\(label(name))[\(index)]", toleratesUnknown: toleratesUnknown)
            result.append(read(&nested))
            problems += nested.allProblems
        }
        return result
    }

    /// The same for an array that may be missing.
    package mutating func optionalObjects<Element>(
        _ name: String, _ read: (inout StrictObject) -> Element
    ) -> [Element]? {
        object[name] == nil ? nil : objects(name, read)
    }

    /// Reads a member that is an object of its own, or null, or missing.
    package mutating func optionalObject<Value>(_ name: String, _ read: (inout StrictObject) -> Value) -> Value? {
        self.read.insert(name)
        guard let value = object[name], !value.isNull else { return nil }
        var nested = StrictObject(value, path: label(name), toleratesUnknown: toleratesUnknown)
        let result = read(&nested)
        problems += nested.allProblems
        return result
    }

    /// Reads every member of an object whose names are data, in order.
    package mutating func table<Value>(
        _ name: String, _ read: (inout StrictObject) -> Value
    ) -> [String: Value] {
        guard let members = required(name, "an object", \.objectValue) else { return [:] }
        var result: [String: Value] = [:]
        for member in members {
            var nested = StrictObject(
                member.value, path: "\(label(name)).\(member.name)", toleratesUnknown: toleratesUnknown)
            result[member.name] = read(&nested)
            problems += nested.allProblems
        }
        return result
    }

    /// - Throws: ``ConfigurationError`` with everything that was wrong, members that nobody asked for included.
    package func finish() throws(ConfigurationError) {
        if let refusal { throw ConfigurationError(problems: [refusal]) }
        let problems = allProblems
        guard problems.isEmpty else { throw ConfigurationError(problems: problems) }
    }

    private var allProblems: [String] {
        guard !toleratesUnknown else { return problems }
        return problems + object.names.filter { !read.contains($0) }.map { "\(label($0)) is not known" }
    }

    private func label(_ name: String) -> String { path.isEmpty ? name : "\(path).\(name)" }

    private mutating func required<Value>(
        _ name: String, _ kind: String, _ value: (JSONValue) -> Value?
    ) -> Value? {
        read.insert(name)
        guard let member = object[name] else {
            problems.append("\(label(name)) is missing")
            return nil
        }
        guard let result = value(member) else {
            problems.append("\(label(name)) must be \(kind), not \(member.kind)")
            return nil
        }
        return result
    }

    private mutating func optional<Value>(
        _ name: String, _ kind: String, _ value: (JSONValue) -> Value?
    ) -> Value? {
        read.insert(name)
        guard let member = object[name], !member.isNull else { return nil }
        guard let result = value(member) else {
            problems.append("\(label(name)) must be \(kind), not \(member.kind)")
            return nil
        }
        return result
    }
}
