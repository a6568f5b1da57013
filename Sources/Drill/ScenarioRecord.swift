import History
import Synchronization

/// What is noted while a scenario runs: faults, when all was whole again, and samples of who had what.
final class ScenarioRecord: Sendable {
    private struct Contents {
        var faults: [Timeline.Fault] = []
        var whole: Int64?
        var lanes: [OwnerLane.Subject: OwnerLane] = [:]
    }

    private let contents = Mutex(Contents())
    private let clock: @Sendable () -> Int64

    /// - Parameter clock: microseconds of the load's clock.
    init(clock: @escaping @Sendable () -> Int64) {
        self.clock = clock
    }

    /// Microseconds of the load's clock.
    var now: Int64 { clock() }

    /// - Parameter name: what is done, in words.
    func beginFault(_ name: String, on host: String) {
        let begin = now
        contents.withLock { contents in
            contents.faults.append(Timeline.Fault(name: name, host: host, begin: begin))
        }
    }

    /// Ends the last fault of this name on the host that has not ended.
    func endFault(_ name: String, on host: String) {
        let end = now
        contents.withLock { contents in
            let last = contents.faults.lastIndex { $0.name == name && $0.host == host && $0.end == nil }
            if let last { contents.faults[last].end = end }
        }
    }

    /// Everything is whole again.
    func becomeWhole() {
        let time = now
        contents.withLock { $0.whole = time }
    }

    /// - Parameters:
    ///   - owners: nil when nobody could say.
    ///   - time: when the sample was begun; samples of a subject come in the order of their times.
    func observe(_ subject: OwnerLane.Subject, _ owners: [String]?, at time: Int64) {
        contents.withLock { $0.lanes[subject, default: OwnerLane(subject)].observe(owners, at: time) }
    }

    /// The tasks that have been seen with a leader.
    var tasks: [String] {
        contents.withLock { contents in
            contents.lanes.keys.compactMap { if case .taskLeader(let task) = $0 { task } else { nil } }
        }
    }

    /// For how long a virtual IP was seen on more than one host, in seconds: the sum over all of them.
    var splitBrain: Double {
        contents.withLock { contents in
            contents.lanes.values.reduce(0) { sum, lane in
                if case .virtualIP = lane.subject { sum + lane.contestedSeconds } else { sum }
            }
        }
    }

    func timeline(of requests: [RecordedRequest]) -> Timeline {
        let contents = contents.withLock { $0 }
        return Timeline(
            of: requests, faults: contents.faults, whole: contents.whole, lanes: Array(contents.lanes.values))
    }
}
