/// A key that is equal to another only when its bytes are: two spellings of one accented letter are two keys.
struct KeyBytes: Hashable, Sendable {
    let key: String

    init(_ key: String) {
        self.key = key
    }

    static func == (left: KeyBytes, right: KeyBytes) -> Bool {
        left.key.utf8.elementsEqual(right.key.utf8)
    }

    func hash(into hasher: inout Hasher) {
        var key = key
        key.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }

    /// Whether a key comes before another one in the engines' order.
    static func precedes(_ left: String, _ right: String) -> Bool {
        left.utf8.lexicographicallyPrecedes(right.utf8)
    }
}
