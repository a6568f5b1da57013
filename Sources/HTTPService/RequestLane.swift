import DequeModule

/// Decides which requests run now and which wait: so many at once, so many of one project, and those that wait get their
/// turn project by project, each project's in the order in which they came. A value.
struct RequestLane: Sendable {
    typealias Ticket = Int

    struct Limits: Hashable, Sendable {
        /// How many run at once.
        var running: Int
        /// How many of one project run at once.
        var runningOfProject: Int
    }

    /// What becomes of a request that has just come.
    enum Admission: Hashable {
        case runs
        case waits
        case refused
    }

    private let limits: Limits
    private var running = 0
    private var runningOf: [String: Int] = [:]
    private var waitingOf: [String: Deque<Ticket>] = [:]
    /// The projects that have requests waiting; the first one's turn is next.
    private var order: Deque<String> = []

    init(limits: Limits) {
        self.limits = limits
    }

    /// How many wait.
    var waitingCount: Int { waitingOf.values.reduce(0) { $0 + $1.count } }

    /// A request has come.
    ///
    /// - Parameter waitingLimit: how many of its project may wait.
    mutating func arrive(_ ticket: Ticket, of project: String, waitingLimit: Int) -> Admission {
        if isOpen(to: project), waitingOf[project] == nil {
            start(project)
            return .runs
        }
        guard waitingOf[project]?.count ?? 0 < waitingLimit else { return .refused }
        if waitingOf[project] == nil { order.append(project) }
        waitingOf[project, default: []].append(ticket)
        return .waits
    }

    /// A request of the project that ran has ended.
    ///
    /// - Returns: those that run from now on.
    mutating func end(of project: String) -> [Ticket] {
        running -= 1
        let left = (runningOf[project] ?? 1) - 1
        runningOf[project] = left == 0 ? nil : left
        var started: [Ticket] = []
        while let next = order.firstIndex(where: { isOpen(to: $0) }) {
            let project = order.remove(at: next)
            guard let ticket = waitingOf[project]?.popFirst() else { continue }
            if waitingOf[project]?.isEmpty ?? true {
                waitingOf[project] = nil
            } else {
                order.append(project)
            }
            start(project)
            started.append(ticket)
        }
        return started
    }

    /// A request of the project does not wait any more.
    mutating func forget(_ ticket: Ticket, of project: String) {
        waitingOf[project]?.removeAll { $0 == ticket }
        guard waitingOf[project]?.isEmpty ?? false else { return }
        waitingOf[project] = nil
        order.removeAll { $0 == project }
    }

    private func isOpen(to project: String) -> Bool {
        running < limits.running && runningOf[project] ?? 0 < limits.runningOfProject
    }

    private mutating func start(_ project: String) {
        running += 1
        runningOf[project, default: 0] += 1
    }
}
