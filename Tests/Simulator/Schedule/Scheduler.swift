import SeededChance

/// Decides what happens next: which of the jobs that are ready runs, and, when none is, to which moment the clock jumps.
///
/// Everything of a simulation, the code under test as well, runs on the one thread that calls ``run(until:limit:)``,
/// job by job. A job is what Swift runs of a task between two suspensions, so whatever is done between two jobs, such
/// as a crash, is done at an `await`.
// Sendable by confinement: each member is used only by the thread that made the scheduler, and checks it.
package final class Scheduler: @unchecked Sendable {
    private enum Step {
        case job(UnownedJob, SimulatedProcess)
        case action(() -> Void)
    }

    private struct Timer {
        let time: SimulatedTime
        let order: Int
        let action: () -> Void
    }

    private let thread = ThreadIdentity.current
    package private(set) var time: SimulatedTime = 0
    /// How many jobs have run.
    package private(set) var jobs = 0
    package var chance: Chance
    package private(set) var trace: Trace
    /// How probable it is that a job has to wait although nothing stops it.
    package var slowness = 0.0
    private var ready: [Step] = []
    /// A binary heap by time, then by order.
    private var timers: [Timer] = []
    private var nextOrder = 0
    private var sleepers: [Int: CheckedContinuation<Void, any Error>] = [:]

    package init(seed: UInt64, isRecording: Bool) {
        chance = Chance(seed: seed)
        trace = Trace(isRecording: isRecording)
    }

    /// Runs until the condition holds at a moment when no job is ready, nothing can happen any more, or the clock has
    /// passed the limit.
    ///
    /// - Returns: whether the condition holds.
    @discardableResult
    package func run(until isDone: () -> Bool, limit: SimulatedTime) -> Bool {
        confine()
        while true {
            if !ready.isEmpty {
                let index = chance.number(below: ready.count)
                let step = ready[index]
                ready[index] = ready[ready.count - 1]
                ready.removeLast()
                execute(step)
            } else if isDone() {
                return true
            } else if let next = timers.first, next.time <= limit {
                _ = popTimer()
                time = max(time, next.time)
                next.action()
            } else {
                return false
            }
        }
    }

    /// Runs what is due by a time, and moves the clock on to it.
    ///
    /// - Returns: when more will be due, nil when nothing is planned.
    func catchUp(with time: SimulatedTime) -> SimulatedTime? {
        run(until: { false }, limit: time)
        self.time = max(self.time, time)
        return timers.first?.time
    }

    /// Does something after a delay.
    package func after(_ delay: SimulatedTime, _ action: @escaping () -> Void) {
        confine()
        push(Timer(time: time + max(0, delay), order: nextOrder, action: action))
        nextOrder += 1
    }

    /// Does something among the jobs that are ready now.
    package func soon(_ action: @escaping () -> Void) {
        confine()
        ready.append(.action(action))
    }

    /// Forgets what has not happened yet.
    package func clear() {
        ready = []
        timers = []
        sleepers = [:]
    }

    /// Adds a line to the trace; it is made only when somebody will read it.
    package func note(_ line: @autoclosure () -> String) {
        if trace.isRecording { trace.add(time, line()) }
    }

    func enqueue(_ job: UnownedJob, of process: SimulatedProcess) {
        confine()
        if slowness > 0, chance.happens(slowness) {
            after(chance.time(0...20 * .millisecond)) { self.admit(job, of: process) }
        } else {
            admit(job, of: process)
        }
    }

    /// Makes a job ready when its process runs.
    func admit(_ job: UnownedJob, of process: SimulatedProcess) {
        guard process.condition == .running else {
            process.held.append(job)
            return
        }
        ready.append(.job(job, process))
    }

    /// The task sleeps by this clock, until it is cancelled.
    package func sleep(_ duration: SimulatedTime) async throws {
        let id = nextOrder
        nextOrder += 1
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                if Task.isCancelled {
                    continuation.resume(throwing: CancellationError())
                    return
                }
                sleepers[id] = continuation
                after(duration) { self.sleepers.removeValue(forKey: id)?.resume() }
            }
        } onCancel: {
            confine()
            sleepers.removeValue(forKey: id)?.resume(throwing: CancellationError())
        }
    }

    private func execute(_ step: Step) {
        switch step {
        case .action(let action): action()
        case .job(let job, let process):
            guard process.condition == .running else {
                process.held.append(job)
                return
            }
            jobs += 1
            trace.mix(process.number)
            job.runSynchronously(on: process.asUnownedTaskExecutor())
            process.ranJob()
        }
    }

    private func confine() {
        precondition(thread == .current, "something of the simulation ran outside of it")
    }

    private func push(_ timer: Timer) {
        timers.append(timer)
        var child = timers.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard isEarlier(timers[child], timers[parent]) else { break }
            timers.swapAt(child, parent)
            child = parent
        }
    }

    private func popTimer() -> Timer {
        timers.swapAt(0, timers.count - 1)
        let timer = timers.removeLast()
        var parent = 0
        while true {
            var child = 2 * parent + 1
            guard child < timers.count else { break }
            if child + 1 < timers.count, isEarlier(timers[child + 1], timers[child]) { child += 1 }
            guard isEarlier(timers[child], timers[parent]) else { break }
            timers.swapAt(child, parent)
            parent = child
        }
        return timer
    }

    private func isEarlier(_ left: Timer, _ right: Timer) -> Bool {
        left.time == right.time ? left.order < right.order : left.time < right.time
    }
}
