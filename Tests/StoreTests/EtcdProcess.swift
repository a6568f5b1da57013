import EtcdStore
import Foundation
import Store
import Synchronization

/// One etcd process that can be killed, frozen and started again on the same data.
final class EtcdProcess: Sendable {
    let name: String
    let clientURL: String
    private let arguments: [String]
    private let identifier = Mutex<Int32?>(nil)

    init(
        name: String, folder: String, clientPort: Int, peerPort: Int, cluster: String, tls: TLSFiles?, flags: [String]
    ) {
        self.name = name
        clientURL = "\(tls == nil ? "http" : "https")://127.0.0.1:\(clientPort)"
        let peerURL = "http://127.0.0.1:\(peerPort)"
        var arguments = [
            "--name", name, "--data-dir", "\(folder)/\(name)", "--listen-client-urls", clientURL,
            "--advertise-client-urls", clientURL, "--listen-peer-urls", peerURL, "--initial-advertise-peer-urls",
            peerURL,
            "--initial-cluster", cluster, "--initial-cluster-state", "new", "--max-txn-ops", "8192",
            "--heartbeat-interval", "100", "--election-timeout", "500", "--logger", "zap",
            "--log-outputs", "\(folder)/\(name).log",
        ]
        if let tls {
            arguments += [
                "--cert-file", tls.certificate, "--key-file", tls.key, "--trusted-ca-file", tls.authority,
                "--client-cert-auth",
            ]
        }
        self.arguments = arguments + flags
    }

    /// Starts the process, which dies with this one.
    func start() throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/setpriv")
        process.arguments = ["--pdeathsig", "KILL", "etcd"] + arguments
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        let started = DispatchSemaphore(value: 0)
        // The kernel sends the signal of `--pdeathsig` when the thread ends that made the process, so one waits for it.
        let thread = Thread { [self] in
            if (try? process.run()) != nil { identifier.withLock { $0 = process.processIdentifier } }
            started.signal()
            if process.isRunning { process.waitUntilExit() }
        }
        thread.start()
        started.wait()
        guard identifier.withLock({ $0 != nil }) else { throw StoreError(.unavailable, "etcd cannot be started") }
    }

    /// Ends it without a chance to say so.
    func kill() {
        signal(SIGKILL)
        identifier.withLock { $0 = nil }
    }

    /// Stops it from answering, with its connections open.
    func freeze() {
        signal(SIGSTOP)
    }

    func thaw() {
        signal(SIGCONT)
    }

    private func signal(_ number: Int32) {
        identifier.withLock { identifier in
            if let identifier { _ = Foundation.kill(identifier, number) }
        }
    }
}
