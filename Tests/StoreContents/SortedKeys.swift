/// Keys in the order of their UTF-8 bytes, as engines keep them.
struct SortedKeys: Sendable {
    private var keys: [String] = []

    /// A text whose order among others, as Swift compares texts, is that of the key's bytes: Swift's own order is by
    /// canonical equivalence, which only texts of ASCII do not know.
    static func ordered(_ key: String) -> String {
        if key.utf8.allSatisfy({ $0 < 0x80 }) { return key }
        var text = String.UnicodeScalarView()
        for byte in key.utf8 {
            // Scalars of the private use area follow ASCII, and nothing is equivalent to them.
            text.append(byte < 0x80 ? Unicode.Scalar(byte) : Unicode.Scalar(0xe000 + UInt32(byte)) ?? "\u{e000}")
        }
        return String(text)
    }

    /// How many keys come before this one.
    func position(of key: String) -> Int {
        let key = Self.ordered(key)
        return Self.partition(keys.count) { keys[$0] < key }
    }

    func index(of key: String) -> Int? {
        let position = position(of: key)
        return position < keys.count && keys[position] == Self.ordered(key) ? position : nil
    }

    /// Where the key is now, and whether it was not there before.
    mutating func insert(_ key: String) -> (index: Int, isNew: Bool) {
        let position = position(of: key)
        let key = Self.ordered(key)
        if position < keys.count, keys[position] == key { return (position, false) }
        keys.insert(key, at: position)
        return (position, true)
    }

    /// Where the key was.
    mutating func remove(_ key: String) -> Int? {
        guard let index = index(of: key) else { return nil }
        keys.remove(at: index)
        return index
    }

    /// The first index of those that are not before, where those before come first.
    static func partition(_ count: Int, isBefore: (Int) -> Bool) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if isBefore(middle) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
