import Synchronization

/// Sends at a steady rate, whatever the answers are, and notes how well it kept to it.
final class LoadSchedule: Sendable {
    /// Requests per second.
    private let rate: Int
    /// The most requests under way; beyond it the schedule waits, and ``pace`` shows it.
    private let outstanding: Int
    private let measured = Mutex(LoadPace())
    private let underWay = Atomic(0)

    init(rate: Int, outstanding: Int) {
        self.rate = rate
        self.outstanding = outstanding
    }

    /// How well the schedule was kept.
    var pace: LoadPace { measured.withLock { $0 } }

    /// Sends until cancelled; then waits for what is under way.
    ///
    /// - Parameter send: sends the request of a number, and returns when it has its outcome.
    func run(_ send: @escaping @Sendable (Int) async -> Void) async {
        let interval = Duration.seconds(1) / rate
        await withDiscardingTaskGroup { group in
            var index = 0
            var due = ContinuousClock.now
            while !Task.isCancelled {
                due += interval
                try? await Task.sleep(until: due, tolerance: .microseconds(200))
                while underWay.load(ordering: .relaxed) >= outstanding, !Task.isCancelled {
                    try? await Task.sleep(for: .milliseconds(1))
                }
                let lateness = due.duration(to: .now) / .seconds(1)
                measured.withLock { $0.add(lateness: lateness) }
                let number = index
                index += 1
                underWay.add(1, ordering: .relaxed)
                // Requests under way are part of the measurement: a stop of the load must not cut them off.
                let request = Task {
                    await send(number)
                    underWay.subtract(1, ordering: .relaxed)
                }
                group.addTask { await request.value }
            }
        }
    }
}
