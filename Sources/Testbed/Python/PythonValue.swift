/// A value of a testbed file that remembers where it stands.
struct PythonValue: Sendable {
    enum Kind: Sendable {
        case none
        case boolean(Bool)
        case integer(Int)
        case string(String)
        case list([PythonValue])
        case tuple([PythonValue])
        /// In the order of first appearance, without duplicate keys.
        case dict([Entry])
        /// What could not be read; a finding says why, so nobody needs to complain again.
        case unknown
    }

    /// A key and its value.
    struct Entry: Sendable {
        var key: PythonValue
        var value: PythonValue
    }

    private(set) var kind: Kind
    /// Where the file uses the value: the name of a variable, for a value that comes from one.
    var range: SourceRange
    /// Where the value itself is written.
    let origin: SourceRange
    /// The number of values in it, itself included.
    private(set) var size: Int
    /// The number of levels in it: 1 for a scalar.
    private(set) var depth: Int
    /// Tells one dict of the file from another that looks alike: assigning to an item changes all names of one dict.
    let identity: Int?

    init(_ kind: Kind, at range: SourceRange, identity: Int? = nil) {
        self.kind = kind
        self.range = range
        origin = range
        self.identity = identity
        (size, depth) = Self.measure(kind)
    }

    /// The same value with other content.
    func with(_ kind: Kind) -> PythonValue {
        var result = self
        result.kind = kind
        (result.size, result.depth) = Self.measure(kind)
        return result
    }

    private static func measure(_ kind: Kind) -> (size: Int, depth: Int) {
        var size = 1
        var depth = 0
        let add = { (value: PythonValue) in
            size = min(size + value.size, TestbedLimits.valueSize + 1)
            depth = max(depth, value.depth)
        }
        switch kind {
        case .list(let elements), .tuple(let elements): elements.forEach(add)
        case .dict(let entries):
            for entry in entries {
                add(entry.key)
                add(entry.value)
            }
        default: break
        }
        return (size, depth + 1)
    }

    var isWithinLimits: Bool { size <= TestbedLimits.valueSize && depth <= TestbedLimits.nesting }

    var isUnknown: Bool {
        if case .unknown = kind { true } else { false }
    }

    var stringValue: String? {
        if case .string(let value) = kind { value } else { nil }
    }

    /// The entries of a dict.
    var entries: [Entry]? {
        if case .dict(let entries) = kind { entries } else { nil }
    }

    /// The elements of a list or tuple.
    var elements: [PythonValue]? {
        switch kind {
        case .list(let elements), .tuple(let elements): elements
        default: nil
        }
    }

    /// The kind in words, for texts.
    var description: String {
        switch kind {
        case .none: "None"
        case .boolean(let value): value ? "True" : "False"
        case .integer(let value): "the number \(value)"
        case .string(let value): value.isEmpty ? "an empty string" : "the string '\(value)'"
        case .list: "a list"
        case .tuple: "a tuple"
        case .dict: "a dict"
        case .unknown: "an unreadable value"
        }
    }

    /// The kind without the value, for texts about values that may be secret.
    var kindDescription: String {
        switch kind {
        case .none: "None"
        case .boolean: "True or False"
        case .integer: "a number"
        case .string: "a string"
        default: description
        }
    }

    /// Whether Python takes the value for true.
    var isTrue: Bool {
        switch kind {
        case .none, .unknown: false
        case .boolean(let value): value
        case .integer(let value): value != 0
        case .string(let value): !value.isEmpty
        case .list(let elements), .tuple(let elements): !elements.isEmpty
        case .dict(let entries): !entries.isEmpty
        }
    }

    /// Python 2's order, which compares everything: None, then numbers, then the others by the name of their type.
    ///
    /// - Returns: negative, zero or positive; nil when a part of either is unknown.
    static func compare(_ left: PythonValue, _ right: PythonValue) -> Int? {
        if left.isUnknown || right.isUnknown { return nil }
        switch (left.kind, right.kind) {
        case (.string(let first), .string(let second)):
            return first == second ? 0 : (first.utf8.lexicographicallyPrecedes(second.utf8) ? -1 : 1)
        case (.list(let first), .list(let second)), (.tuple(let first), .tuple(let second)):
            return compare(first, second)
        case (.dict(let first), .dict(let second)):
            return compare(first.flatMap { [$0.key, $0.value] }, second.flatMap { [$0.key, $0.value] })
        default:
            if let first = left.number, let second = right.number {
                return first == second ? 0 : (first < second ? -1 : 1)
            }
            return left.typeOrder - right.typeOrder
        }
    }

    private static func compare(_ left: [PythonValue], _ right: [PythonValue]) -> Int? {
        for (first, second) in zip(left, right) {
            guard let order = compare(first, second) else { return nil }
            if order != 0 { return order }
        }
        return left.count - right.count
    }

    private var number: Int? {
        switch kind {
        case .boolean(let value): value ? 1 : 0
        case .integer(let value): value
        default: nil
        }
    }

    private var typeOrder: Int {
        switch kind {
        case .none, .unknown: 0
        case .boolean, .integer: 1
        case .dict: 2
        case .list: 3
        case .string: 4
        case .tuple: 5
        }
    }
}
