/// A binding key of a topic exchange: words parted by dots, where `*` is any one word and `#` any number of words.
struct TopicPattern: Hashable, Sendable {
    private let words: [Substring]

    init(_ text: String) {
        words = Self.words(text)
    }

    func matches(_ routingKey: String) -> Bool {
        Self.matches(words[...], Self.words(routingKey)[...])
    }

    private static func words(_ text: String) -> [Substring] {
        text.split(separator: ".", omittingEmptySubsequences: false)
    }

    private static func matches(_ pattern: ArraySlice<Substring>, _ key: ArraySlice<Substring>) -> Bool {
        guard let first = pattern.first else { return key.isEmpty }
        let rest = pattern.dropFirst()
        if first == "#" {
            return (key.startIndex...key.endIndex).contains { matches(rest, key[$0...]) }
        }
        guard let word = key.first, first == "*" || first == word else { return false }
        return matches(rest, key.dropFirst())
    }
}
