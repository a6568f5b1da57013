import Foundation
import Subprocess
import Testing

@Suite struct ContrailClientTests {
    /// Needs `Scripts/install-contrail-client`, which `make test` runs; where it is missing, this fails and says so.
    @Test func `Contrail's own Python client, unmodified, finds everything it needs`() async throws {
        let python = "/var/cache/skein-test/contrail-client-venv/bin/python3"
        try #require(
            FileManager.default.fileExists(atPath: python), "run Scripts/install-contrail-client (it needs a network)")
        let script = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "vnc_client_check.py").path()
        let (output, status) = try await RunningConfigAPI.run { api in
            let token = api.token
            return try await api.listening { port in
                let record = try await Subprocess.run(
                    .name("setpriv"), arguments: ["--pdeathsig", "KILL", python, script, "\(port)", token],
                    output: .string(limit: 1 << 20), error: .string(limit: 1 << 20))
                return (
                    record.standardOutput + record.standardError, record.terminationStatus
                )
            }
        }
        #expect(status.isSuccess, "\(output)")
        #expect(output.contains("all checks hold"))
    }
}
