import Testing

@testable import Broker

struct TopicPatternTests {
    @Test(arguments: [
        ("a.b", "a.b", true), ("a.b", "a.c", false), ("a.*", "a.b", true), ("a.*", "a", false), ("a.*", "a.b.c", false),
        ("#", "", true), ("#", "a.b.c", true), ("a.#", "a", true), ("a.#.c", "a.c", true), ("a.#.c", "a.x.y.c", true),
        ("a.#.c", "a.x.y", false), ("#.b.*", "a.b.b.c", true), ("*", "", true), ("", "", true), ("", "a", false),
    ])
    func matching(pattern: String, key: String, matches: Bool) {
        #expect(TopicPattern(pattern).matches(key) == matches)
    }
}
