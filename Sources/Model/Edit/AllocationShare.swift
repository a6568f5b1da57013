/// The part of all free addresses and numbers that one of several controllers tries first when it is busy, so that they
/// do not race for the same ones: each lost race costs the store a transaction. What is in no free part is tried
/// after that; nothing is reserved for anybody.
package struct AllocationShare: Hashable, Sendable {
    /// How many of its own a search looks at before it takes any: a share that is full must not cost a walk through all of it.
    static let patience = 256

    private let index: Int
    private let count: Int

    /// - Parameters:
    ///   - index: the controller's place among all, from 0.
    ///   - count: how many controllers there are.
    package init(index: Int, count: Int) {
        self.count = max(count, 1)
        self.index = min(max(index, 0), self.count - 1)
    }

    /// Of a controller that is alone.
    package static let whole = AllocationShare(index: 0, count: 1)

    /// Whether a position is this controller's to try first.
    func isOwn(_ position: Int) -> Bool { position % count == index }

    /// The part of it for one of those that decide at the same time in one controller: the first has all of it, because
    /// most of the time it is alone.
    package func part(_ place: Int) -> AllocationShare {
        guard place > 0 else { return self }
        return AllocationShare(index: index + count * (place % Self.parts), count: count * Self.parts)
    }

    private static let parts = 4

    /// The first position from `start` on, round the end, that is free.
    ///
    /// - Parameters:
    ///   - positions: how many there are, from 0.
    ///   - start: where the search begins.
    ///   - isBusy: whether to look for a position of this share first.
    func firstFree(of positions: Int, from start: Int, isBusy: Bool, isFree: (Int) -> Bool) -> Int? {
        let all = (0..<positions).lazy.map { (start &+ $0) % positions }
        if isBusy, count > 1 {
            let own = all.prefix(count * Self.patience).first { isOwn($0) && isFree($0) }
            if let own { return own }
        }
        return all.first(where: isFree)
    }
}
