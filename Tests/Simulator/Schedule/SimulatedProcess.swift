/// An operating system's process: the jobs of its tasks run while it runs, wait while it is paused, and never run again
/// when it is dead.
// Sendable by confinement, like its scheduler.
package final class SimulatedProcess: TaskExecutor, @unchecked Sendable {
    package enum Condition {
        case running
        case paused
        case dead
    }

    package let name: String
    /// The same in each run of a seed.
    package let number: Int
    let scheduler: Scheduler
    package private(set) var condition = Condition.running
    /// Jobs that must wait.
    var held: [UnownedJob] = []
    /// After how many of its jobs something happens to it, and what.
    private var fate: (jobs: Int, action: () -> Void)?
    /// Told when it dies: its connections.
    private var mourners: [() -> Void] = []

    package init(name: String, number: Int, scheduler: Scheduler) {
        self.name = name
        self.number = number
        self.scheduler = scheduler
    }

    package func enqueue(_ job: consuming ExecutorJob) {
        scheduler.enqueue(UnownedJob(job), of: self)
    }

    /// Does something after this many more of its jobs, at an `await` of one of its tasks; but not later than a while
    /// from now.
    package func afterJobs(_ jobs: Int, within limit: SimulatedTime, _ action: @escaping () -> Void) {
        fate = (jobs, action)
        scheduler.after(limit) { self.fulfil() }
    }

    func ranJob() {
        guard let fate else { return }
        if fate.jobs <= 0 { fulfil() } else { self.fate?.jobs -= 1 }
    }

    private func fulfil() {
        guard let action = fate?.action else { return }
        fate = nil
        action()
    }

    package func onDeath(_ action: @escaping () -> Void) {
        if condition == .dead { scheduler.soon(action) } else { mourners.append(action) }
    }

    /// SIGKILL.
    package func kill() {
        guard condition != .dead else { return }
        condition = .dead
        scheduler.note("\(name) dies")
        for mourner in mourners { scheduler.soon(mourner) }
        mourners = []
    }

    /// SIGSTOP.
    package func pause() {
        guard condition == .running else { return }
        condition = .paused
        scheduler.note("\(name) is paused")
    }

    /// SIGCONT.
    package func resume() {
        guard condition == .paused else { return }
        scheduler.note("\(name) goes on")
        letRun()
    }

    /// After the simulation: the jobs of the dead run, so that their tasks end and their memory is freed.
    package func bury() {
        condition = .paused
        mourners = []
        fate = nil
        letRun()
    }

    private func letRun() {
        condition = .running
        let jobs = held
        held = []
        for job in jobs { scheduler.admit(job, of: self) }
    }
}
