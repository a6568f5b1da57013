import Addressing
import HashTreeCollections
import Store

// Quotas that the store itself keeps, however many requests of however many controllers are under way.
extension GraphEdit {
    /// Into how many parts the room below one limit is divided at most. A part is taken from by one transaction at a time:
    /// enough for 192 requests of one project on three controllers to meet seldom.
    static let quotaParts = 64

    /// Whether there is room for `count` more in a project below the limit of the API that asks, as far as the snapshot and
    /// this edit know. From then on the edit is committed only if this is still so.
    ///
    /// - Parameter count: of what is not part of the edit yet.
    package mutating func allows(_ count: Int, of space: QuotaSpace, upTo limit: Int) -> Bool {
        limitedQuotas.insert(space)
        let made = quotaDifferences[space] ?? 0
        return QuotaRules.usage(space, in: base) + made + count <= limit
    }

    /// What makes sure, in the store itself, that no limit is passed.
    ///
    /// For each project and kind with a limit *L* (the lower one of both APIs') the store holds parts of room, each a key
    /// with a number. A part counts when it was put after the project was last changed, because the project holds the
    /// limit; otherwise it is empty. What always holds is
    ///
    ///     the sum of all parts ≤ max(0, L − usage)
    ///
    /// because every transaction that makes *n* > 0 more requires the project to be unmodified and is one of these:
    /// 1. *Take.* Parts with *n* or more together are unmodified, and become smaller by *n*. Usage grows by *n*, the sum
    ///    becomes smaller by *n*. As the sum was *n* at least, there was room for *n*: usage stays within *L*. Nothing else of
    ///    the project is read or written, so creates far from the limit do not wait for each other.
    /// 2. *Divide.* No part was put since the snapshot (all that it knows are unmodified, and between them is none). Each
    ///    create writes a part, so none has been made since, and usage is at most what the snapshot says. What is left,
    ///    max(0, L − usage − n), is divided anew, and part 0 is always put. The API that asked has compared its own limit
    ///    with the snapshot's usage, which is thereby exact.
    /// 3. *Pass*, for an API that has no limit where the other's is reached. The sum is zero, and stays so: part 0 is
    ///    unmodified, hence nobody has divided. Some other part is put, empty, so that whoever divides at the same
    ///    time is refused.
    ///
    /// Deletes make usage smaller and touch no part: what they give back is found by the next *divide*. A new limit empties
    /// all parts, since the project was changed. Without any limit nothing is put, and the project alone must be
    /// unmodified. Objects made before there were parts are counted like all others, because usage is counted from
    /// the objects and never from the parts. A project that is made in this same edit has no other creates.
    ///
    /// Of those that divide at the same time one is committed. While others take, a divide can be refused only as
    /// often as there is room in the parts, less than its *n*; so near the limit nobody starves.
    func quotaReservation() -> (puts: [String: [UInt8]], preconditions: [Precondition]) {
        var context = context
        var puts: [String: [UInt8]] = [:]
        var preconditions: [Precondition] = []
        for (space, count) in quotaDifferences.sorted(by: { $0.key < $1.key }) where count > 0 {
            guard let project = base.object(space.project, type: "project") else { continue }
            preconditions.append(
                .unmodified(StoreKey.object(type: project.type, id: project.id).path, since: project.modified))
            guard let limit = QuotaRules.lowestLimit(of: space.kind, in: project) else { continue }
            let all = base.quotaRooms[space] ?? [:]
            let filled = all.filter { $0.value.modified > project.modified && $0.value.count > 0 }
            let sum = filled.reduce(0) { $0 + $1.value.count }
            let room = limit - QuotaRules.usage(space, in: base) - count
            var change = QuotaChange(space: space, known: all)
            if sum >= count {
                change.take(count, from: inOrder(Array(filled.keys), space, &context))
            } else if sum == 0, room <= 0, all[0] != nil, !limitedQuotas.contains(space) {
                change.pass(through: inOrder(Array(1..<Self.quotaParts), space, &context)[0])
            } else {
                change.divide(max(0, room), filled: Array(filled.keys))
            }
            puts.merge(change.puts) { _, new in new }
            preconditions += change.preconditions
        }
        return (puts, preconditions)
    }

    /// What this edit changes of what is counted.
    private var quotaDifferences: [QuotaSpace: Int] {
        var sums: [QuotaSpace: Int] = [:]
        for (old, new) in changes {
            let differences = QuotaSpace.differences(from: old, to: new, base.schema) {
                QuotaRules.project(of: $0, self)
            }
            for (space, difference) in differences { sums[space, default: 0] += difference }
        }
        return sums
    }

    /// Parts in the order in which to take from them: those that no other request of this process is about to put, of this
    /// controller's share first, from a random one on.
    private func inOrder(_ parts: [Int], _ space: QuotaSpace, _ context: inout EditContext) -> [Int] {
        let start = Int(context.random(below: UInt64(Self.quotaParts)))
        let prefix = StoreKey.quotas(of: space)
        func rank(_ part: Int) -> (Int, Int, Int) {
            let isPending = !context.pendingKeys.isEmpty && context.pendingKeys.contains("\(prefix)\(part)")
            return (isPending ? 1 : 0, context.share.isOwn(part) ? 0 : 1, (part + start) % Self.quotaParts)
        }
        return parts.map { (part: $0, rank: rank($0)) }.sorted { $0.rank < $1.rank }.map(\.part)
    }
}

/// What a transaction does to the parts of the room below one limit.
private struct QuotaChange {
    let space: QuotaSpace
    let known: TreeDictionary<Int, QuotaRoom>
    private(set) var puts: [String: [UInt8]] = [:]
    private(set) var preconditions: [Precondition] = []

    init(space: QuotaSpace, known: TreeDictionary<Int, QuotaRoom>) {
        self.space = space
        self.known = known
    }

    /// - Parameter parts: filled ones, in the order in which to take from them.
    mutating func take(_ count: Int, from parts: [Int]) {
        var left = count
        for part in parts where left > 0 {
            guard let room = known[part] else { continue }
            requireAsKnown(part)
            put(part, max(0, room.count - left))
            left -= min(left, room.count)
        }
    }

    mutating func pass(through part: Int) {
        requireAsKnown(0)
        requireAsKnown(part)
        put(part, 0)
    }

    /// - Parameter filled: the parts that are not empty.
    mutating func divide(_ room: Int, filled: [Int]) {
        for part in known.keys { requireAsKnown(part) }
        let prefix = StoreKey.quotas(of: space)
        preconditions += Precondition.emptyRanges(
            from: prefix, upTo: KeyRange.end(ofPrefix: prefix), except: known.keys.map(path))
        // Few keys for a small room: four in each part, up to as many parts as there may be.
        let parts = min(GraphEdit.quotaParts, max(1, (room + 3) / 4))
        for part in filled { put(part, 0) }
        for part in 0..<parts { put(part, room / parts + (part < room % parts ? 1 : 0)) }
    }

    private func path(_ part: Int) -> String { StoreKey.quota(space, part: part).path }

    private mutating func put(_ part: Int, _ count: Int) { puts[path(part)] = Array(String(count).utf8) }

    private mutating func requireAsKnown(_ part: Int) {
        preconditions.append(known[part].map { .unmodified(path(part), since: $0.modified) } ?? .absent(path(part)))
    }
}
