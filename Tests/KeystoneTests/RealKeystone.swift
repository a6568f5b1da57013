import Foundation
import Subprocess
import Testing

/// A real Keystone for the tests of one suite: its own database, a port that the kernel chooses.
struct RealKeystone: Sendable {
    let port: Int

    var url: String { "http://127.0.0.1:\(port)/v3" }

    /// The one that runs for the current suite.
    @TaskLocal static var current: RealKeystone?

    static let cache = "/var/cache/skein-test"
    static let isInstalled =
        FileManager.default.fileExists(atPath: "\(cache)/keystone-template/.complete")

    static let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    /// Runs a Keystone as long as the body.
    static func run(_ body: @Sendable @escaping () async throws -> Void) async throws {
        let state = FileManager.default.temporaryDirectory.appending(path: "keystone-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: state, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: state) }
        let script = repository.appending(path: "Scripts/run-keystone").path
        let result = try await Subprocess.run(
            .name("setpriv"), arguments: ["--pdeathsig", "KILL", script, state.path], input: .none,
            output: .sequence, error: .discarded
        ) { execution in
            for try await line in execution.standardOutput.strings() {
                guard line.hasPrefix("port "), let port = Int(line.dropFirst(5).trimmingCharacters(in: .whitespaces))
                else { continue }
                let outcome: Result<Void, any Error>
                do {
                    outcome = .success(try await $current.withValue(RealKeystone(port: port)) { try await body() })
                } catch {
                    outcome = .failure(error)
                }
                try execution.send(signal: .kill)
                return outcome
            }
            return .failure(KeystoneDidNotStart())
        }
        try result.takeClosureResult().get()
    }

    struct KeystoneDidNotStart: Error {}
}

/// Runs a suite's tests beside one real Keystone, when it is installed (`Scripts/install-keystone`).
struct RealKeystoneTrait: SuiteTrait, TestScoping {
    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
    ) async throws {
        guard RealKeystone.isInstalled else { return try await function() }
        try await withoutActuallyEscaping(function) { function in
            try await RealKeystone.run(function)
        }
    }
}

extension Trait where Self == RealKeystoneTrait {
    static var realKeystone: Self { RealKeystoneTrait() }
}
