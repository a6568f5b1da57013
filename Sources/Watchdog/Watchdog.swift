import Dispatch
import Logging
import NIOCore
import Synchronization

/// Tells systemd that this process lives, as long as each part of it really turns: a part that is stuck ends the signs of
/// life, and systemd starts the process anew (`WatchdogSec=` in the unit).
///
/// It has a queue of its own, which needs no thread of those that it judges.
package final class Watchdog: Sendable {
    /// `WatchdogSec=` of the unit. After this time without a sign systemd kills the process. A stopped process is another one
    /// after 5 s, one with a stuck part after ``SignsOfLife/limit``, ``interval`` (seconds) and this: 9 s.
    package static let patience = Duration.seconds(5)
    /// How often the parts are asked and systemd is told.
    package static let interval = 1.0
    /// After this time a start counts as over although the process cannot serve yet: a host whose store has no majority
    /// must not be "starting" for ever, and whoever may send requests is the readiness check's business, not systemd's.
    package static let startLimit = Duration.seconds(5)

    /// Something that must turn.
    package struct Part: Sendable {
        enum Question {
            case callsBack(@Sendable (_ turned: @escaping @Sendable () -> Void) -> Void)
            case hasTurned(@Sendable () -> Bool)
        }

        let name: String
        let question: Question

        /// - Parameter ask: must not wait; calls back, from anywhere, when the part has turned.
        package init(_ name: String, ask: @escaping @Sendable (_ turned: @escaping @Sendable () -> Void) -> Void) {
            self.name = name
            question = .callsBack(ask)
        }

        /// - Parameter hasTurned: must not wait; whether the part has turned since it was asked last.
        package init(_ name: String, hasTurned: @escaping @Sendable () -> Bool) {
            self.name = name
            question = .hasTurned(hasTurned)
        }

        /// The threads of Swift's concurrency.
        package static let executor = Part("the thread pool") { turned in
            Task.detached(priority: .high) { turned() }
        }

        /// Each loop of a group.
        package static func eventLoops(_ group: any EventLoopGroup) -> [Part] {
            group.makeIterator().enumerated().map { index, loop in
                Part("event loop \(index)") { turned in loop.execute(turned) }
            }
        }
    }

    private struct State {
        var signs: SignsOfLife
        /// Which parts were asked and have not answered; they are not asked again.
        var asked: Set<Int> = []
        var silent: [Int] = []
        var isReady = false
        var status: String?
    }

    private let parts: [Part]
    private let manager: NotifySocket
    private let unreadiness: @Sendable () -> String?
    private let logger: Logger
    private let clock: @Sendable () -> ContinuousClock.Instant
    private let begin: ContinuousClock.Instant
    private let state: Mutex<State>

    /// - Parameters:
    ///   - unreadiness: why the process cannot serve now, nil when it can.
    ///   - clock: a clock that goes on while the process stands still.
    package init(
        parts: [Part], manager: NotifySocket, logger: Logger,
        clock: @escaping @Sendable () -> ContinuousClock.Instant = { .now },
        unreadiness: @escaping @Sendable () -> String?
    ) {
        self.parts = parts
        self.manager = manager
        self.unreadiness = unreadiness
        self.logger = logger
        self.clock = clock
        begin = clock()
        state = Mutex(State(signs: SignsOfLife(count: parts.count, now: begin)))
    }

    /// Gives signs of life until the source is cancelled.
    package func start() -> any DispatchSourceTimer {
        let timer = DispatchSource.makeTimerSource(queue: DispatchQueue(label: "skein.watchdog", qos: .userInitiated))
        timer.schedule(deadline: .now(), repeating: Self.interval, leeway: .milliseconds(50))
        timer.setEventHandler { self.look() }
        timer.activate()
        return timer
    }

    /// Looks at all parts, tells systemd when all have turned, and asks each for its next sign.
    func look() {
        let now = clock()
        let reason = unreadiness()
        for (index, part) in parts.enumerated() { ask(part, index, at: now) }
        let (silent, isNews) = state.withLock { state in
            let silent = state.signs.silent(at: now)
            defer { state.silent = silent }
            return (silent, silent != state.silent)
        }
        if isNews { report(silent) }
        if silent.isEmpty { tell(reason, at: now) }
    }

    private func ask(_ part: Part, _ index: Int, at now: ContinuousClock.Instant) {
        switch part.question {
        case .hasTurned(let hasTurned):
            if hasTurned() { state.withLock { $0.signs.turned(index, at: now) } }
        case .callsBack(let ask):
            guard state.withLock({ $0.asked.insert(index).inserted }) else { return }
            ask {
                self.state.withLock { state in
                    state.signs.turned(index, at: self.clock())
                    state.asked.remove(index)
                }
            }
        }
    }

    private func tell(_ reason: String?, at now: ContinuousClock.Instant) {
        let isStartOver = reason == nil || begin.duration(to: now) >= Self.startLimit
        var assignments = state.withLock { state in
            var assignments: [String] = []
            let becomesReady = isStartOver && !state.isReady
            if becomesReady {
                state.isReady = true
                assignments.append("READY=1")
            }
            let status = reason ?? "serving"
            if state.status != status {
                state.status = status
                // A line of its own would be another assignment.
                assignments.append("STATUS=\(status.split(whereSeparator: \.isNewline).joined(separator: " "))")
            }
            // The start is watched as well: systemd's own watchdog begins when it is over.
            if !state.isReady { assignments.append("EXTEND_TIMEOUT_USEC=\(Self.patience.components.seconds)000000") }
            return assignments
        }
        assignments.append("WATCHDOG=1")
        manager.tell(assignments)
    }

    private func report(_ silent: [Int]) {
        guard !silent.isEmpty else {
            logger.notice("all parts of this process turn again")
            return
        }
        let names = silent.map { parts[$0].name }.joined(separator: ", ")
        logger.error(
            "a part of this process has not turned for \(SignsOfLife.limit); systemd will start it anew",
            metadata: ["parts": "\(names)"])
    }
}
