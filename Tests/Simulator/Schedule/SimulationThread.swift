import Dispatch
import Foundation
import Synchronization

/// Runs a scheduler on a thread of its own, at the pace of the machine's clock, so that tasks of other threads can use
/// what is simulated.
package final class SimulationThread: TaskExecutor {
    private enum Errand: Sendable {
        case job(UnownedJob)
        case action(@Sendable (Scheduler) -> Void)
        case end
    }

    private let errands = Mutex<[Errand]>([])
    private let arrival = DispatchSemaphore(value: 0)

    package init() {
        // The thread keeps this object alive until it ends.
        Thread { self.run() }.start()
    }

    package func enqueue(_ job: consuming ExecutorJob) { add(.job(UnownedJob(job))) }

    /// Does something on the thread, some time later.
    package func soon(_ action: @escaping @Sendable () -> Void) { add(.action { _ in action() }) }

    /// What the body, a task on the thread, comes to.
    package func perform<Value: Sendable, Failure: Error>(
        _ body: @escaping @Sendable () async throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        let task = Task(executorPreference: self) { () -> Result<Value, Failure> in
            do throws(Failure) {
                return .success(try await body())
            } catch {
                return .failure(error)
            }
        }
        // What a cancellation does to the simulated, it must do on their thread.
        return try await withTaskCancellationHandler {
            await task.value
        } onCancel: {
            soon { task.cancel() }
        }.get()
    }

    /// What the body makes on the thread.
    package func make<Value: Sendable>(_ body: @escaping @Sendable (Scheduler) -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            add(.action { continuation.resume(returning: body($0)) })
        }
    }

    /// Ends the thread; nothing may be asked of it any more.
    package func end() { add(.end) }

    private func add(_ errand: Errand) {
        errands.withLock { $0.append(errand) }
        arrival.signal()
    }

    private func run() {
        let scheduler = Scheduler(seed: 0, isRecording: false)
        let start = ContinuousClock.now
        while true {
            let errands = errands.withLock { errands in
                defer { errands = [] }
                return errands
            }
            for errand in errands {
                switch errand {
                case .job(let job): job.runSynchronously(on: asUnownedTaskExecutor())
                case .action(let action): action(scheduler)
                case .end: return scheduler.clear()
                }
            }
            let now = SimulatedTime(start.duration(to: .now))
            if let next = scheduler.catchUp(with: now) {
                _ = arrival.wait(timeout: .now() + .microseconds(next - now))
            } else {
                arrival.wait()
            }
        }
    }
}
