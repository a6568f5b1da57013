/// Which members may be asked, and in which order: the one that answered last first.
///
/// A member is asked only after it has answered a probe, and not after it has failed until it answers one again. So a
/// call never waits for a connection to a host that is gone.
struct MemberOrder {
    private enum Standing {
        /// Not asked yet, or failed with this reason.
        case away(reason: String)
        case ready
    }

    private var standings: [Standing]
    private var order: [Int]

    init(count: Int) {
        standings = Array(repeating: .away(reason: "it has not answered yet"), count: count)
        order = Array(0..<count)
    }

    /// The members to ask, the best first.
    var ready: [Int] {
        order.filter { index in
            if case .ready = standings[index] { true } else { false }
        }
    }

    /// Why each member that is away is so.
    var reasons: [String] {
        standings.compactMap { standing in
            if case .away(let reason) = standing { reason } else { nil }
        }
    }

    /// A probe was answered. Members are not reordered, so that calls stay where they are going well.
    mutating func answered(_ index: Int) {
        guard standings.indices.contains(index) else { return }
        standings[index] = .ready
    }

    /// It answered before the ones that were asked first.
    mutating func prefer(_ index: Int) {
        guard let place = order.firstIndex(of: index), place > 0 else { return }
        order.remove(at: place)
        order.insert(index, at: 0)
    }

    /// A call or a probe has failed by the member's fault.
    mutating func failed(_ index: Int, reason: String) {
        guard let place = order.firstIndex(of: index) else { return }
        standings[index] = .away(reason: reason)
        order.remove(at: place)
        order.append(index)
    }
}
