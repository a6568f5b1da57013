import Blueprint
import Broker
import ConfigAPI
import Controller
import EtcdStore
import Foundation
import HTTPService
import JSON
import Keystone
import Logging
import Model
import NeutronAPI
import ServiceLifecycle
import StatusAPI
import Store

/// A controller of a cluster: etcd, RabbitMQ and Keystone, at the place that its configuration file gives it.
struct ClusterController {
    var configuration: ControllerConfiguration
    var logger: Logger

    /// How long the proxy has to notice a stop: two of its checks and a little more.
    static let drainTime = Duration.milliseconds(700)
    /// How long a start waits for Keystone at most, which no other part of it needs.
    static let preparationTime = Duration.seconds(2)

    /// Reads the file that `skein up` wrote.
    static func read(_ path: String) throws -> ControllerConfiguration {
        guard let bytes = FileManager.default.contents(atPath: path) else {
            throw CocoaError(.fileReadNoSuchFile, userInfo: [NSFilePathErrorKey: path])
        }
        return try ControllerConfiguration(parsing: bytes)
    }

    func makeStore() throws(StoreError) -> EtcdStore {
        try EtcdStore(
            endpoints: localFirst(configuration.storeEndpoints),
            tls: TLSFiles(
                authority: configuration.authorityFile, certificate: configuration.certificateFile,
                key: configuration.privateKeyFile),
            identity: try Self.identity(), logger: logger)
    }

    func run() async throws {
        let store = try makeStore()
        let schema = try Schema.standard()
        let service = ConfigService(
            store: store, schema: schema, logger: logger, clock: ControllerProcess.now,
            recordsNotices: !configuration.brokerEndpoints.isEmpty, share: share,
            addFirstObjects: { try Bootstrap.addMissingObjects(to: &$0) })
        let stallWatch = StallWatch()
        let validator = try makeValidator()
        let preparation = TokenPreparation(limit: Self.preparationTime) { await validator.prepare() }
        let readiness = Readiness(stallWatch: stallWatch) { service.unreadiness ?? preparation.unreadiness }
        let broker = try makeBroker()
        // A consumer that the broker holds back because of an alarm must not hold back a publisher: two connections.
        let collecting = configuration.roles.contains(ProxiedService.collector.rawValue) ? try makeBroker() : nil
        let history = await makeHistory(collecting)
        let process = ControllerProcess(
            service: service, readiness: readiness, validator: validator,
            listeners: listeners(service: service, schema: schema, broker: broker, history: history),
            others: [stallWatch, preparation]
                + (try services(service: service, broker: broker, history: history, readiness: readiness)),
            logger: logger, drainTime: Self.drainTime)
        try await process.run()
        await collecting?.close()
        await broker?.close()
        await store.close()
    }

    /// The store that `skein up` made this controller for; nil on a host where it has not noted one.
    private static func identity() throws(StoreError) -> StoreIdentity? {
        guard let bytes = FileManager.default.contents(atPath: DeploymentPath.storeIdentity) else { return nil }
        let text = String(decoding: bytes, as: UTF8.self).filter { !$0.isWhitespace }
        guard let identity = StoreIdentity(text: text) else {
            throw StoreError(.invalid, "\(DeploymentPath.storeIdentity) holds no id of a store: \(text)")
        }
        return identity
    }

    /// By this node's place among the controllers.
    private var share: AllocationShare {
        let names = configuration.controllers.map(\.name)
        return names.firstIndex(of: configuration.nodeName).map { AllocationShare(index: $0, count: names.count) }
            ?? .whole
    }

    /// A member on this node is asked first.
    private func localFirst(_ endpoints: [String]) -> [String] {
        let isLocal = { (endpoint: String) in endpoint.contains("//\(configuration.bindAddress):") }
        return endpoints.filter(isLocal) + endpoints.filter { !isLocal($0) }
    }

    private func makeValidator() throws -> KeystoneTokenValidator {
        guard let keystone = configuration.keystone else {
            throw KeystoneError(.misconfigured, "the configuration file names no Keystone; a cluster needs one")
        }
        return try KeystoneTokenValidator(
            url: keystone.url,
            credentials: Credentials(
                user: keystone.user, password: keystone.password, userDomain: keystone.userDomain,
                project: keystone.project, projectDomain: keystone.projectDomain),
            tls: KeystoneTLS(insecure: keystone.insecure, authorityFile: keystone.authorityFile), logger: logger)
    }

    private func makeBroker() throws -> RabbitMQBroker? {
        guard !configuration.brokerEndpoints.isEmpty else { return nil }
        let endpoints = localFirst(configuration.brokerEndpoints).compactMap { text in
            text.lastIndex(of: ":").flatMap { colon in
                Int(text[text.index(after: colon)...]).map {
                    RabbitMQConfiguration.Endpoint(host: String(text[..<colon]), port: $0)
                }
            }
        }
        return try RabbitMQBroker(
            RabbitMQConfiguration(
                endpoints: endpoints,
                credentials: .init(user: configuration.brokerUser, password: configuration.brokerPassword),
                tls: .init(
                    authority: configuration.authorityFile, certificate: configuration.certificateFile,
                    key: configuration.privateKeyFile),
                name: "skein \(configuration.nodeName)"))
    }

    /// One listener for each of the node's roles that has an API, and the status API on every node: the console asks
    /// each of them, while the proxy leads to collectors only.
    private func listeners(
        service: ConfigService, schema: Schema, broker: RabbitMQBroker?, history: EventHistory?
    ) -> [ControllerProcess.Listener] {
        let status = StatusHandler(
            node: configuration.nodeName, service: service, broker: { Self.describe(broker) },
            addresses: ConsoleAssembly.interfaceAddresses, history: history,
            services: { Self.states(roles: configuration.roles, service: service) })
        var handlers: [(ProxiedService, any APIHandler)] = [(.collector, status)]
        let largestPage = configuration.largestPage ?? LargestPage.standard
        if configuration.roles.contains(ProxiedService.config.rawValue) {
            let handler = ConfigAPIHandler(
                service: service, schema: schema, keystoneURL: configuration.keystone?.url, largestPage: largestPage)
            handlers.append((.config, handler))
        }
        if configuration.roles.contains(ProxiedService.neutron.rawValue) {
            handlers.append((.neutron, NeutronHandler(service: service, largestPage: largestPage)))
        }
        return handlers.map { .init(handler: $1, address: configuration.bindAddress, port: $0.backendPort) }
    }

    private func services(
        service: ConfigService, broker: RabbitMQBroker?, history: EventHistory?, readiness: Readiness
    ) throws -> [any Service] {
        var services: [any Service] = []
        if let broker {
            services.append(
                OutboxPublisher(
                    service: service, broker: broker,
                    topology: NoticeTopology.publisher(
                        collectors: configuration.controllers.filter(\.collects).map(\.name)),
                    node: configuration.nodeName,
                    backlog: configuration.noticeBacklog.map { .init(entries: $0.entries, bytes: $0.bytes) }
                        ?? .init(), logger: logger))
        }
        if let history { services.append(Collecting(history: history)) }
        if configuration.roles.contains(ProxiedService.console.rawValue) {
            services.append(
                try ConsoleAssembly.cluster(configuration, service: service, readiness: readiness, logger: logger))
        }
        return services
    }

    /// Where the unit file's `StateDirectory=` is; the same place when somebody starts the process by hand.
    private func makeHistory(_ broker: RabbitMQBroker?) async -> EventHistory? {
        guard let broker else { return nil }
        let folder = ProcessInfo.processInfo.environment["STATE_DIRECTORY"] ?? "/var/lib/skein/history"
        do {
            return EventHistory(
                log: try await HistoryLog.open(folder: folder), broker: broker, node: configuration.nodeName,
                logger: logger)
        } catch {
            // The APIs do not depend on it; events wait in this collector's queue.
            logger.error("no event history is kept", metadata: ["folder": "\(folder)", "reason": "\(error)"])
            return nil
        }
    }

    private static func states(roles: [String], service: ConfigService) -> [ServiceStatus] {
        let reason = service.unreadiness
        return roles.compactMap { ProxiedService(rawValue: $0) }.map { role in
            ServiceStatus(
                name: "skein-\(role.rawValue)", state: reason == nil ? .active : .initializing, reason: reason ?? "")
        }
    }

    /// The connection to the broker for the status API.
    private static func describe(_ broker: RabbitMQBroker?) -> JSONValue {
        guard let state = broker?.state else { return .null }
        return [
            "connected": .bool(state.phase == .connected), "endpoint": state.endpoint.map { .string($0) } ?? .null,
            "cluster": state.cluster.map { .string($0) } ?? .null,
            "blocked": state.blocked.map { .string("\($0)") } ?? .null,
            "last_error": state.lastError.map { .string("\($0)") } ?? .null,
            "publishing": .integer(state.publishing),
        ]
    }
}

/// The collector as a service.
private struct Collecting: Service {
    let history: EventHistory

    func run() async throws {
        await cancelWhenGracefulShutdown { await history.run() }
    }
}
