import Controller
import HTTPService
import Model
import NeutronAPI
import SeededChance
import Simulator

/// The proxy: knows by checks which controllers serve, gives each request an id, and sends it again, with the same id, to
/// another controller when the first does not answer. The figures are those of `Blueprint.TimingBudget`.
// Sendable by confinement: used only by the jobs and timers of one scheduler.
final class SimulatedProxy: @unchecked Sendable {
    private static let retries = 3
    private static let checkInterval: SimulatedTime = 200 * .millisecond
    /// A hanging controller is noticed later than a dead one, because the check has to wait for its time limit.
    private static let hangingChecks = 9

    private let world: World
    private var state: [State]
    private var next = 0
    private var requests = 0
    /// What waits for an answer, by connection.
    private var open: [Int: Connection] = [:]
    private var connections = 0

    private struct State {
        var isUp = false
        var failures = 0
        var successes = 0
    }

    private struct Connection {
        let controller: Int
        let continuation: CheckedContinuation<APIAnswer?, Never>
    }

    init(world: World) {
        self.world = world
        state = Array(repeating: State(), count: world.controllers.count)
        for index in state.indices { check(index) }
    }

    /// The answer, nil when the client never gets one.
    func respond(to request: APIRequest) async -> APIAnswer? {
        requests += 1
        var request = request
        request.requestID = "p-\(requests)"
        var answer: APIAnswer?
        for attempt in 0...Self.retries {
            guard let controller = chooseController() else {
                // All servers are down: the proxy's own 503, at once.
                answer = APIAnswer(status: 503)
                break
            }
            if attempt > 0, world.defect == .proxyRenamesRetries { request.requestID = "p-\(requests)-\(attempt)" }
            world.scheduler.note(
                "proxy: \(request.method) \(request.path) \(request.requestID ?? "") to \(world.controllers[controller].name)"
            )
            answer = await send(request, to: controller)
            world.scheduler.note(
                "proxy: \(request.requestID ?? ""): \(answer.map { "\($0.status)" } ?? "connection lost")")
            if let answer, answer.status != 503 { break }
        }
        if world.scheduler.chance.happens(world.weather.lostReplies) { return nil }
        return answer
    }

    private func chooseController() -> Int? {
        let up = state.indices.filter { state[$0].isUp }
        guard !up.isEmpty else { return nil }
        next += 1
        return up[next % up.count]
    }

    /// The controller's answer, nil when the connection is lost before.
    private func send(_ request: APIRequest, to index: Int) async -> APIAnswer? {
        let controller = world.controllers[index]
        connections += 1
        let connection = connections
        return await withCheckedContinuation { continuation in
            open[connection] = Connection(controller: index, continuation: continuation)
            world.scheduler.after(world.scheduler.chance.time(100...2_000)) {
                guard let incarnation = controller.current else { return self.close(connection, nil) }
                incarnation.process.onDeath { self.close(connection, nil) }
                let (scheduler, process) = (self.world.scheduler, incarnation.process)
                incarnation.start {
                    let answer: APIAnswer
                    do {
                        answer = try await incarnation.respond(to: request)
                    } catch {
                        scheduler.note("\(process.name): \(request.requestID ?? ""): \(error)")
                        answer = APIAnswer(status: error.status)
                    }
                    scheduler.after(scheduler.chance.time(100...2_000)) { self.close(connection, answer) }
                }
            }
        }
    }

    private func close(_ connection: Int, _ answer: APIAnswer?) {
        open.removeValue(forKey: connection)?.continuation.resume(returning: answer)
    }

    private func check(_ index: Int) {
        world.scheduler.after(Self.checkInterval) {
            guard !self.world.isOver else { return }
            let incarnation = self.world.controllers[index].current
            let isReady = incarnation?.process.condition == .running && incarnation?.service.unreadiness == nil
            self.note(isReady, of: index, isHanging: incarnation?.process.condition == .paused)
            self.check(index)
        }
    }

    private func note(_ isReady: Bool, of index: Int, isHanging: Bool) {
        if isReady {
            state[index].failures = 0
            state[index].successes += 1
            if state[index].successes >= 2 { state[index].isUp = true }
        } else {
            state[index].successes = 0
            state[index].failures += 1
            guard state[index].failures >= (isHanging ? Self.hangingChecks : 3), state[index].isUp else { return }
            state[index].isUp = false
            // `on-marked-down shutdown-sessions`
            for connection in open.filter({ $0.value.controller == index }).keys.sorted() { close(connection, nil) }
        }
    }
}
