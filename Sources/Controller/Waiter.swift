import Synchronization

/// A task that waits for an event. It waits once, until the first of these: the event, its deadline, or that nobody waits
/// for the task any more (it is cancelled). So no client that has gone leaves work behind, and none that is there waits
/// longer than it was told.
final class Waiter<Event: Sendable>: Sendable {
    private enum State {
        case new
        case waiting(CheckedContinuation<Event?, Never>)
        case ended
    }

    /// Nil for a task that waits as long as the event takes.
    let deadline: ContinuousClock.Instant?
    private let state = Mutex(State.new)

    private init(deadline: ContinuousClock.Instant?) {
        self.deadline = deadline
    }

    /// Waits.
    ///
    /// - Parameters:
    ///   - enter: puts the waiter where the event finds it, or returns the event, when it has happened; called once, and not
    ///     when the task is cancelled already.
    ///   - leave: takes the waiter from there.
    /// - Returns: the event; nil when the wait ended before it.
    static func wait(
        until deadline: ContinuousClock.Instant?, enter: (Waiter<Event>) -> Event?,
        leave: @Sendable (Waiter<Event>) -> Void
    ) async -> Event? {
        let waiter = Waiter(deadline: deadline)
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                guard waiter.begin(continuation) else { return continuation.resume(returning: nil) }
                if let event = enter(waiter) { waiter.end(event) }
            }
        } onCancel: {
            leave(waiter)
            waiter.end(nil)
        }
    }

    /// Ends the wait; does nothing when it has ended.
    func end(_ event: Event?) {
        let continuation = state.withLock { state -> CheckedContinuation<Event?, Never>? in
            defer { state = .ended }
            guard case .waiting(let continuation) = state else { return nil }
            return continuation
        }
        continuation?.resume(returning: event)
    }

    /// Whether nobody needs to keep the waiter any more.
    fileprivate func isOver(at now: ContinuousClock.Instant?) -> Bool {
        guard let now else { return true }
        if let deadline, deadline <= now { return true }
        // A task that was cancelled while it entered left before it was there.
        if case .ended = state.withLock(\.self) { return true }
        return false
    }

    /// - Returns: false when the task was cancelled before.
    private func begin(_ continuation: CheckedContinuation<Event?, Never>) -> Bool {
        state.withLock { state in
            guard case .new = state else { return false }
            state = .waiting(continuation)
            return true
        }
    }
}

/// Those who wait for events of one kind, each with what it waits for, in the order in which they came.
///
/// A value that its owner keeps under a lock. Whom it takes out must be ended, outside of the lock.
struct WaitingList<Subject: Sendable, Event: Sendable>: Sendable {
    typealias Member = Waiter<Event>

    private var members: [(subject: Subject, waiter: Member)] = []

    var count: Int { members.count }
    var isEmpty: Bool { members.isEmpty }

    mutating func add(_ waiter: Member, for subject: Subject) {
        members.append((subject, waiter))
    }

    mutating func remove(_ waiter: Member) {
        members.removeAll { $0.waiter === waiter }
    }

    mutating func takeAll() -> [Member] {
        defer { members = [] }
        return members.map(\.waiter)
    }

    mutating func take(where isDue: (Subject) -> Bool) -> [Member] {
        take { subject, _ in isDue(subject) }
    }

    /// Those whose deadline has come, to be ended without the event.
    ///
    /// - Parameter now: nil takes all, because nobody will look for deadlines any more.
    mutating func takeExpired(at now: ContinuousClock.Instant?) -> [Member] {
        take { _, waiter in waiter.isOver(at: now) }
    }

    private mutating func take(where isDue: (Subject, Member) -> Bool) -> [Member] {
        // Most often nobody is due.
        guard members.contains(where: { isDue($0.subject, $0.waiter) }) else { return [] }
        let due = members.filter { isDue($0.subject, $0.waiter) }.map(\.waiter)
        members.removeAll { isDue($0.subject, $0.waiter) }
        return due
    }
}

extension WaitingList where Subject == Void {
    mutating func add(_ waiter: Member) { add(waiter, for: ()) }
}
