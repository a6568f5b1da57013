import Ordered
import SeededChance
import Synchronization
import Testing

/// A number that counts how often one is compared.
private struct Item: OrderedElement, Equatable {
    struct Key: Comparable, Sendable {
        let number: Int
        @TaskLocal static var counter: Counter?

        static func < (left: Key, right: Key) -> Bool {
            counter?.count.add(1, ordering: .relaxed)
            return left.number < right.number
        }
    }

    final class Counter: Sendable {
        let count = Atomic(0)
    }

    let orderKey: Key
    /// Tells two elements with one key apart.
    var mark = 0

    init(_ number: Int, mark: Int = 0) {
        orderKey = Key(number: number)
        self.mark = mark
    }

    var number: Int { orderKey.number }
}

@Suite struct OrderedSetTests {
    /// A set after many changes, and what it must hold.
    private static func grown(
        seed: UInt64, steps: Int, range: Int, growth: Double
    ) -> (set: OrderedSet<Item>, model: [Int: Int]) {
        var chance = Chance(seed: seed)
        var set = OrderedSet<Item>()
        var model: [Int: Int] = [:]
        for step in 0..<steps {
            let number = chance.number(below: range)
            if chance.happens(growth) {
                #expect(set.insert(Item(number, mark: step))?.mark == model.updateValue(step, forKey: number))
            } else {
                #expect(set.remove(Item.Key(number: number))?.mark == model.removeValue(forKey: number))
            }
        }
        return (set, model)
    }

    @Test(
        arguments: [
            (1, 40, 30, 0.6), (2, 500, 200, 0.5), (3, 5_000, 100_000, 0.9), (4, 5_000, 3_000, 0.55),
            (5, 4_000, 60, 0.5), (6, 5_000, 5_000, 0.35),
        ] as [(UInt64, Int, Int, Double)])
    func `It holds what a dictionary holds, in order, both ways, from any key`(
        seed: UInt64, steps: Int, range: Int, growth: Double
    ) throws {
        let (set, model) = Self.grown(seed: seed, steps: steps, range: range, growth: growth)
        let sorted = model.keys.sorted()
        #expect(set.count == sorted.count)
        #expect(set.map(\.number) == sorted)
        #expect(set.allSatisfy { model[$0.number] == $0.mark })
        var chance = Chance(seed: seed + 100)
        for _ in 0..<50 {
            let from = chance.number(below: range + 2) - 1
            #expect(set[Item.Key(number: from)]?.mark == model[from])
            var up = OrderedWalk(set, from: Item.Key(number: from))
            var down = OrderedWalk(set, from: Item.Key(number: from), isAscending: false)
            let above = sorted.filter { $0 > from }
            let below = Array(sorted.filter { $0 < from }.reversed())
            #expect(Array(IteratorSequence(up)).map(\.number) == above)
            #expect(Array(IteratorSequence(down)).map(\.number) == below)
            #expect(up.next()?.number == above.first && down.next()?.number == below.first)
        }
    }

    @Test func `Emptied in any order it is empty, and can be filled again`() {
        for seed in UInt64(1)...5 {
            var chance = Chance(seed: seed)
            var set = OrderedSet((0..<2_000).map { Item($0) })
            for number in (0..<2_000).shuffled(using: &chance) {
                #expect(set.remove(Item.Key(number: number)) != nil)
                #expect(set.remove(Item.Key(number: number)) == nil)
            }
            #expect(set.isEmpty && set.run(after: nil).isEmpty && set.run(before: nil).isEmpty)
            set.insert(Item(1))
            #expect(set == [Item(1)])
        }
    }

    @Test func `A copy stays what it was`() {
        var (set, model) = Self.grown(seed: 7, steps: 3_000, range: 2_000, growth: 0.7)
        var chance = Chance(seed: 8)
        var copies: [(set: OrderedSet<Item>, numbers: [Int])] = []
        for _ in 0..<200 {
            copies.append((set, model.keys.sorted()))
            let number = chance.number(below: 2_000)
            if chance.happens(0.5) {
                set.insert(Item(number))
                model[number] = 0
            } else {
                set.remove(Item.Key(number: number))
                model[number] = nil
            }
        }
        #expect(copies.allSatisfy { $0.set.map(\.number) == $0.numbers })
    }

    @Test func `A search, a change and the beginning of a walk compare a few keys, whatever the size`() {
        for size in [1_000, 10_000, 100_000] {
            var chance = Chance(seed: 9)
            var set = OrderedSet((0..<size).shuffled(using: &chance).map { Item($0 * 2) })
            let counter = Item.Counter()
            Item.Key.$counter.withValue(counter) {
                for _ in 0..<100 {
                    let number = chance.number(below: size) * 2
                    set.insert(Item(number + 1))
                    _ = set[Item.Key(number: number)]
                    _ = set.run(after: Item.Key(number: number))
                    set.remove(Item.Key(number: number + 1))
                }
            }
            let compared = counter.count.load(ordering: .relaxed)
            #expect(compared < 100 * 4 * 30, "\(size): \(compared)")
        }
    }

    @Test func `Several sets are walked as one, each key once`() {
        var chance = Chance(seed: 10)
        for count in 0..<6 {
            let sets = (0..<count).map { _ in
                OrderedSet((0..<chance.number(below: 300)).map { _ in Item(chance.number(below: 400)) })
            }
            let all = Set(sets.joined().map(\.number)).sorted()
            let from = chance.number(below: 400)
            #expect(IteratorSequence(MergedWalk(sets)).map(\.number) == all)
            #expect(
                IteratorSequence(MergedWalk(sets, isAscending: false)).map(\.number) == Array(all.reversed()))
            #expect(
                IteratorSequence(MergedWalk(sets, from: Item.Key(number: from))).map(\.number)
                    == all.filter { $0 > from })
        }
    }
}
