import AsyncHTTPClient
import FoundationEssentials
import JSON
import Logging
import NIOCore
import NIOPosix

/// Asks every controller's status API and every broker member, when somebody wants to know.
///
/// Whoever asks within two seconds gets the same answer, so a hundred watchers cost as much as one.
package actor ClusterPoller: ClusterStateSource {
    private let layout: ClusterLayout
    private let client: HTTPClient
    private let patience: Duration
    private let maximumAge: Duration
    private var last: (state: ClusterState, at: ContinuousClock.Instant)?
    private var inquiry: Task<ClusterState, Never>?

    private static let answerLimit = 1 << 20

    /// - Parameters:
    ///   - patience: how long a controller may take to answer.
    ///   - maximumAge: how long an answer serves.
    package init(
        layout: ClusterLayout, patience: Duration = .milliseconds(1500), maximumAge: Duration = .seconds(2)
    ) {
        self.layout = layout
        self.patience = patience
        self.maximumAge = maximumAge
        var configuration = HTTPClient.Configuration(
            redirectConfiguration: .disallow, timeout: .init(connect: TimeAmount(patience)))
        configuration.httpVersion = .http1Only
        configuration.connectionPool.retryConnectionEstablishment = false
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    deinit {
        client.shutdown { _ in }
    }

    package func state() async -> ClusterState {
        if let last, last.at.duration(to: .now) < maximumAge { return last.state }
        if let inquiry { return await inquiry.value }
        let task = Task { await self.ask() }
        inquiry = task
        let state = await task.value
        last = (state, .now)
        inquiry = nil
        return state
    }

    private enum Answer: Sendable {
        case report(String, Inquiry<StatusReport>)
        case broker(String, Inquiry<Bool>)
    }

    private nonisolated func ask() async -> ClusterState {
        var reports: [String: Inquiry<StatusReport>] = [:]
        var brokers: [String: Inquiry<Bool>] = [:]
        await withTaskGroup(of: Answer.self) { group in
            for controller in layout.controllers {
                group.addTask { .report(controller.name, await self.report(of: controller)) }
            }
            for endpoint in layout.brokerEndpoints {
                group.addTask { .broker(endpoint, await self.knock(at: endpoint)) }
            }
            for await answer in group {
                switch answer {
                case .report(let name, let inquiry): reports[name] = inquiry
                case .broker(let endpoint, let inquiry): brokers[endpoint] = inquiry
                }
            }
        }
        return ClusterState(layout: layout, reports: reports, brokers: brokers, time: .now)
    }

    private nonisolated func report(of controller: ClusterLayout.Controller) async -> Inquiry<StatusReport> {
        let host = controller.address.contains(":") ? "[\(controller.address)]" : controller.address
        let request = HTTPClientRequest(url: "http://\(host):\(layout.statusPort)/status")
        do {
            let document = try await withThrowingTaskGroup(of: JSONValue.self) { [client, patience] group in
                group.addTask {
                    let response = try await client.execute(request, timeout: TimeAmount(patience))
                    let body = try await response.body.collect(upTo: Self.answerLimit)
                    return try JSONValue(parsing: body.readableBytesView)
                }
                // The client's own limit ends with the head of the answer.
                group.addTask {
                    try await Task.sleep(for: patience)
                    throw HTTPClientError.deadlineExceeded
                }
                defer { group.cancelAll() }
                guard let document = try await group.next() else { throw CancellationError() }
                return document
            }
            guard let report = StatusReport(document) else {
                return .silent("its status API answers with something else")
            }
            return .answered(report)
        } catch {
            return .silent(Self.words(for: error, patience: patience))
        }
    }

    private nonisolated func knock(at endpoint: String) async -> Inquiry<Bool> {
        guard let colon = endpoint.lastIndex(of: ":"), let port = Int(endpoint[endpoint.index(after: colon)...]) else {
            return .silent("'\(endpoint)' is no address and port")
        }
        do {
            let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connectTimeout(TimeAmount(patience))
                .connect(host: String(endpoint[..<colon]), port: port).get()
            try? await channel.close()
            return .answered(true)
        } catch {
            return .silent(Self.words(for: error, patience: patience))
        }
    }

    private static func words(for error: any Error, patience: Duration) -> String {
        let text = String(describing: error)
        if error is JSONError { return "its status API answers with something that is not JSON" }
        if text.contains("Connection refused") { return "connection refused" }
        if text.contains("No route to host") { return "no route to host" }
        if text.contains("Network is unreachable") { return "network unreachable" }
        if text.contains("onnectTimeout") || text.contains("deadlineExceeded") { return "no answer within \(patience)" }
        return text
    }
}
