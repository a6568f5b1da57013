/// Finds what somebody probably meant to type.
enum Spelling {
    /// The known word nearest to `word`, when few enough letters differ that a slip explains it: one for short words, a
    /// quarter of longer ones, never more than three.
    static func closest(to word: String, among known: some Sequence<String>) -> String? {
        let lower = word.lowercased()
        let limit = min(3, max(1, lower.utf8.count / 4))
        var best: (word: String, distance: Int)?
        for candidate in known where candidate != word {
            let distance = Self.distance(lower, candidate.lowercased(), limit: limit)
            if distance <= limit, distance < best?.distance ?? .max { best = (candidate, distance) }
        }
        return best?.word
    }

    /// How many insertions, deletions, replacements and swaps of neighbours lead from one word to the other; more than
    /// `limit` when their lengths tell so already.
    static func distance(_ first: String, _ second: String, limit: Int) -> Int {
        let left = Array(first.utf8.prefix(128))
        let right = Array(second.utf8.prefix(128))
        guard abs(left.count - right.count) <= limit else { return limit + 1 }
        var beforeLast: [Int] = []
        var last = Array(0...right.count)
        for row in left.indices {
            var current = [row + 1]
            for column in right.indices {
                var cost = min(
                    last[column] + (left[row] == right[column] ? 0 : 1), last[column + 1] + 1, current[column] + 1)
                if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
                    cost = min(cost, beforeLast[column - 1] + 1)
                }
                current.append(cost)
            }
            (beforeLast, last) = (last, current)
        }
        return last[right.count]
    }
}
