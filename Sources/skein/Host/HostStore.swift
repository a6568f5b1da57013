import Blueprint
import EtcdStore
import Logging
import Store

/// The store of the installation that this host is part of.
struct HostStore {
    /// Reads the host's configuration and works on the store; the connection ends after it.
    ///
    /// - Parameter path: the configuration of the host's controller.
    /// - Throws: what cannot be read, ``StoreError``, what `body` throws.
    static func with<Value>(
        configuration path: String = DeploymentPath.controller, _ body: (EtcdStore) async throws -> Value
    ) async throws -> Value {
        let configuration = try ClusterController.read(path)
        let store = try ClusterController(
            configuration: configuration, logger: Logger(label: "skein") { _ in SwiftLogNoOpLogHandler() }
        )
        .makeStore()
        do {
            let value = try await body(store)
            await store.close()
            return value
        } catch {
            await store.close()
            throw error
        }
    }

    /// What the store's call gives within the time that it takes to connect.
    static func whenConnected<Value>(_ call: () async throws(StoreError) -> Value) async throws(StoreError) -> Value {
        for _ in 0..<50 {
            do throws(StoreError) { return try await call() } catch {
                guard error.code == .unavailable else { throw error }
                try? await Task.sleep(for: .milliseconds(100))
            }
        }
        return try await call()
    }
}
