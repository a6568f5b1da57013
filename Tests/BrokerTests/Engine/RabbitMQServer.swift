import Broker
import Foundation
import Testing

/// A real RabbitMQ of one node on ports of the kernel's choice and in a temporary folder; killed with the test process.
final class RabbitMQServer: Sendable {
    static let executable = "/usr/lib/rabbitmq/bin/rabbitmq-server"

    let port: Int
    /// A listener with a certificate for the address 127.0.0.1, which asks for a client's certificate.
    let tlsPort: Int
    let certificates: TestCertificates
    private let folder: URL
    private let node: String
    private let environment: [String: String]
    private let portMapper: Int32
    private let broker: Int32

    /// Starts it and waits until it accepts connections.
    init() async throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "skein-rabbitmq-\(UUID().uuidString)")
        let home = folder.appending(path: "home")
        try FileManager.default.createDirectory(at: home, withIntermediateDirectories: true)
        let ports = try Self.freePorts(4)
        port = ports[0]
        tlsPort = ports[3]
        certificates = try TestCertificates(in: folder.appending(path: "certificates"))
        node = "skein\(ports[0])@localhost"

        let cookie = home.appending(path: ".erlang.cookie")
        try Data(UUID().uuidString.utf8).write(to: cookie)
        try FileManager.default.setAttributes([.posixPermissions: 0o400], ofItemAtPath: cookie.path)
        try Data("[].".utf8).write(to: folder.appending(path: "enabled_plugins"))
        let configuration = """
            listeners.tcp.1 = 127.0.0.1:\(port)
            default_user = skein
            default_pass = secret
            loopback_users = none
            log.file = false
            log.console = true
            listeners.ssl.1 = 127.0.0.1:\(tlsPort)
            ssl_options.cacertfile = \(certificates.authority)
            ssl_options.certfile = \(certificates.certificate)
            ssl_options.keyfile = \(certificates.key)
            ssl_options.verify = verify_peer
            ssl_options.fail_if_no_peer_cert = true

            """
        try Data(configuration.utf8).write(to: folder.appending(path: "rabbitmq.conf"))
        environment = [
            "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin", "HOME": home.path,
            "LANG": "C.UTF-8", "ERL_EPMD_PORT": "\(ports[1])", "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": node, "RABBITMQ_DIST_PORT": "\(ports[2])",
            "RABBITMQ_MNESIA_BASE": folder.appending(path: "mnesia").path, "RABBITMQ_LOG_BASE": folder.path,
            "RABBITMQ_CONFIG_FILE": folder.appending(path: "rabbitmq").path,
            "RABBITMQ_ENABLED_PLUGINS_FILE": folder.appending(path: "enabled_plugins").path,
            "RABBITMQ_CONF_ENV_FILE": "/dev/null", "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 2:2 +sbwt none",
            // Then the script becomes the broker instead of waiting for it, so that its process id is the broker's.
            "RUNNING_UNDER_SYSTEMD": "true",
        ]
        let log = folder.appending(path: "log").path
        try Data().write(to: URL(filePath: log))
        portMapper = try Self.spawn(["epmd", "-port", "\(ports[1])", "-address", "127.0.0.1"], environment, log: log)
        broker = try Self.spawn([Self.executable], environment, log: log)
        let deadline = ContinuousClock.now + .seconds(120)
        while true {
            if Self.accepts(port), try await Self.isBooted(node, environment) { break }
            guard ContinuousClock.now < deadline else {
                let text = (try? String(contentsOfFile: log, encoding: .utf8)) ?? ""
                stop()
                throw BrokerError(.unavailable, "RabbitMQ did not start: \(text.suffix(2000))")
            }
            try await Task.sleep(for: .milliseconds(100))
        }
    }

    func stop() {
        for process in [broker, portMapper] {
            kill(process, SIGKILL)
            var status: Int32 = 0
            waitpid(process, &status, 0)
        }
        try? FileManager.default.removeItem(at: folder)
    }

    func configuration(_ change: (inout RabbitMQConfiguration) -> Void = { _ in }) -> RabbitMQConfiguration {
        var configuration = RabbitMQConfiguration(
            endpoints: [.init(host: "127.0.0.1", port: port)],
            credentials: .init(user: "skein", password: "secret"))
        configuration.limits.heartbeat = .seconds(2)
        configuration.limits.reconnectPause = Backoff(first: .milliseconds(50), longest: .milliseconds(500))
        change(&configuration)
        return configuration
    }

    /// Evaluates an Erlang expression inside the broker.
    @discardableResult
    func evaluate(_ expression: String) async throws -> String {
        try await Self.evaluate(expression, node, environment)
    }

    /// Stops the whole process, as a machine that is frozen.
    func freeze() { kill(broker, SIGSTOP) }
    func thaw() { kill(broker, SIGCONT) }

    /// Raises or clears the broker's memory alarm.
    func setMemoryAlarm(_ isRaised: Bool) async throws {
        try await evaluate("vm_memory_monitor:set_vm_memory_high_watermark(\(isRaised ? "0.0" : "0.4")).")
    }

    func closeAllConnections() async throws {
        try await evaluate("rabbit_networking:close_all_connections(\"test\").")
    }

    /// How many messages a queue has; -1 when there is none.
    func depth(of queue: String) async throws -> Int {
        let text = try await evaluate(
            """
            case rabbit_amqqueue:lookup(\(Self.term(queue))) of {ok, Q} -> \
            [{messages, N}] = rabbit_amqqueue:info(Q, [messages]), N; _ -> -1 end.
            """)
        return Int(text.filter { $0.isNumber || $0 == "-" }) ?? -1
    }

    func deleteQueue(_ queue: String) async throws {
        try await evaluate(
            "{ok, Q} = rabbit_amqqueue:lookup(\(Self.term(queue))), rabbit_amqqueue:delete(Q, false, false, <<\"test\">>)."
        )
    }

    // MARK: - Inside

    private static func term(_ queue: String) -> String { "rabbit_misc:r(<<\"/\">>, queue, <<\"\(queue)\">>)" }

    private static func isBooted(_ node: String, _ environment: [String: String]) async throws -> Bool {
        try await evaluate("rabbit:is_running().", node, environment).contains("true")
    }

    private static func evaluate(
        _ expression: String, _ node: String, _ environment: [String: String]
    ) async throws -> String {
        let home = environment["HOME"] ?? ""
        let cookie = try String(contentsOfFile: home + "/.erlang.cookie", encoding: .utf8)
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/erl_call")
        process.arguments = ["-n", node, "-c", cookie, "-e"]
        process.environment = environment
        let (input, output) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        process.standardError = output
        return try await withCheckedThrowingContinuation { continuation in
            process.terminationHandler = { _ in
                let data = output.fileHandleForReading.readDataToEndOfFile()
                continuation.resume(returning: String(decoding: data, as: UTF8.self))
            }
            do {
                try process.run()
                input.fileHandleForWriting.write(Data((expression + "\n").utf8))
                try input.fileHandleForWriting.close()
            } catch {
                process.terminationHandler = nil
                continuation.resume(throwing: error)
            }
        }
    }

    /// Starts a process that dies with this one. The kernel ties it to the thread that starts it, so that thread must
    /// live as long as the tests: it sleeps for ever.
    private static func spawn(_ command: [String], _ environment: [String: String], log: String) throws -> Int32 {
        let outcome = Outcome()
        let thread = Thread {
            outcome.set(posixSpawn(["setpriv", "--pdeathsig", "KILL"] + command, environment, log: log))
            while true { Thread.sleep(forTimeInterval: 3600) }
        }
        thread.start()
        let pid = outcome.get()
        guard pid > 0 else { throw BrokerError(.unavailable, "cannot start \(command)") }
        return pid
    }

    private static func posixSpawn(_ command: [String], _ environment: [String: String], log: String) -> Int32 {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_APPEND, 0)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        var arguments: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) } + [nil]
        var variables: [UnsafeMutablePointer<CChar>?] = environment.map { strdup("\($0)=\($1)") } + [nil]
        defer { for pointer in arguments + variables { free(pointer) } }
        var pid: pid_t = 0
        return posix_spawnp(&pid, command[0], &actions, nil, &arguments, &variables) == 0 ? pid : -1
    }

    private final class Outcome: @unchecked Sendable {
        // Guarded by the semaphore: written once before it is signalled, read once after.
        private var pid: Int32 = -1
        private let semaphore = DispatchSemaphore(value: 0)
        func set(_ pid: Int32) {
            self.pid = pid
            semaphore.signal()
        }
        func get() -> Int32 {
            semaphore.wait()
            return pid
        }
    }

    private static func accepts(_ port: Int) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        return withAddress(port: port) { connect(descriptor, $0, $1) } == 0
    }

    /// Ports that were free a moment ago.
    static func freePorts(_ count: Int) throws -> [Int] {
        var descriptors: [Int32] = []
        defer { for descriptor in descriptors { close(descriptor) } }
        return try (0..<count).map { _ in
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            descriptors.append(descriptor)
            guard withAddress(port: 0, { bind(descriptor, $0, $1) }) == 0 else {
                throw BrokerError(.unavailable, "no free port")
            }
            var address = sockaddr_in()
            var size = socklen_t(MemoryLayout<sockaddr_in>.size)
            withUnsafeMutablePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { _ = getsockname(descriptor, $0, &size) }
            }
            return Int(UInt16(bigEndian: address.sin_port))
        }
    }

    private static func withAddress<R>(port: Int, _ body: (UnsafePointer<sockaddr>, socklen_t) -> R) -> R {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(clamping: port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }
}

/// Runs a suite beside one RabbitMQ, which its tests find in ``current``.
struct RabbitMQRunning: SuiteTrait, TestScoping {
    @TaskLocal static var current: RabbitMQServer?

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        let server = try await RabbitMQServer()
        defer { server.stop() }
        try await Self.$current.withValue(server) { try await function() }
    }
}

extension Trait where Self == RabbitMQRunning {
    static var rabbitMQ: RabbitMQRunning { RabbitMQRunning() }
}

/// Waits until a condition holds, and fails the test when it does not in time.
func eventually(
    _ what: Comment, within time: Duration = .seconds(30), sourceLocation: SourceLocation = #_sourceLocation,
    _ condition: () async throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + time
    while try await !condition() {
        guard ContinuousClock.now < deadline else {
            Issue.record("did not happen within \(time): \(what)", sourceLocation: sourceLocation)
            return
        }
        try await Task.sleep(for: .milliseconds(20))
    }
}
