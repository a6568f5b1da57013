import HashTreeCollections
import Logging
import Model
import Store

/// Proof of leadership: the transaction that took it, and the key that holds it.
///
/// Writes of a leader carry ``fence``, so a paused old leader cannot write after another has taken over: the store
/// itself refuses it.
package struct Leadership: Hashable, Sendable {
    package let key: String
    /// Grows with each leader of the task: the fencing token.
    package let token: Revision

    /// Holds only while this leadership does.
    package var fence: Precondition { .unmodified(key, since: token) }
}

/// Lets one controller at a time run a task, by a lease of ``seconds`` in the store.
package struct LeaderElection: Sendable {
    /// How long a leader that has died blocks the others at most, in seconds.
    package static let seconds = 6

    private let task: String
    private let node: String
    private let service: ConfigService
    private let logger: Logger
    private let surroundings: Surroundings

    /// - Parameters:
    ///   - task: the task's name, such as `outbox`.
    ///   - node: this controller's name, shown as the leader's.
    package init(task: String, node: String, service: ConfigService, logger: Logger) {
        self.task = task
        self.node = node
        self.service = service
        self.logger = logger
        surroundings = service.surroundings
    }

    /// Runs `body` whenever this controller leads, until the task is cancelled. `body` is cancelled when the leadership
    /// is lost; when it ends or throws, the leadership is given up and taken again later.
    package func run(_ body: @escaping @Sendable (Leadership) async throws -> Void) async {
        while !Task.isCancelled {
            do {
                try await lead(body)
            } catch is CancellationError {
                return
            } catch {
                logger.warning("leadership lost", metadata: ["task": "\(task)", "reason": "\(error)"])
            }
            try? await surroundings.sleep(.milliseconds(500))
        }
    }

    private func lead(_ body: @escaping @Sendable (Leadership) async throws -> Void) async throws {
        let key = StoreKey.leader(task).path
        guard service.replica.state.snapshot.leaders[task] == nil else { return }
        let store = service.store
        let lease = try await store.grantLease(seconds: Self.seconds)
        let outcome = try await store.commit(
            Transaction(preconditions: [.absent(key)], changes: [.put(key, Array(node.utf8), lease: lease)]))
        guard case .committed(let token) = outcome else {
            try await store.revoke(lease)
            return
        }
        logger.info("leading", metadata: ["task": "\(task)", "token": "\(token)"])
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await keepAlive(lease) }
                group.addTask { try await body(Leadership(key: key, token: token)) }
                defer { group.cancelAll() }
                try await group.next()
            }
        } catch {
            await giveUp(lease)
            throw error
        }
        await giveUp(lease)
    }

    /// A graceful stop frees the leadership at once instead of after the lease's term. It must also happen when this
    /// very task has been cancelled.
    private func giveUp(_ lease: LeaseID) async {
        let store = service.store
        await Task(executorPreference: surroundings.executor) { try? await store.revoke(lease) }.value
    }

    /// Renews the lease a few times in each term, and counts the term from before the request, so that this side knows
    /// of the loss before the store does.
    private func keepAlive(_ lease: LeaseID) async throws {
        var renewed = surroundings.now()
        while true {
            try await surroundings.sleep(.seconds(Self.seconds) / 4)
            let asked = surroundings.now()
            do {
                try await service.store.keepAlive(lease)
                renewed = asked
            } catch {
                if error.code == .leaseNotFound
                    || renewed.duration(to: surroundings.now()) > .seconds(Self.seconds) * 3 / 4
                {
                    throw error
                }
            }
        }
    }
}
