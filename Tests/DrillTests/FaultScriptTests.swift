import Addressing
import Foundation
import JSON
import Testing

@testable import Blueprint
@testable import Drill

/// What the drill's scripts make of the installation's own files.
@Suite struct FaultScriptTests {
    private static func edited(_ text: String, _ edit: [String]) throws -> String {
        let file = FileManager.default.temporaryDirectory.appending(path: "skein-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: file) }
        try Data(text.utf8).write(to: file)
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(filePath: "/bin/sed")
        process.arguments = edit.flatMap { ["-e", $0] } + [file.path()]
        process.standardOutput = output
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        return String(decoding: data, as: UTF8.self)
    }

    /// A keepalived that advertises once a second is not one that hangs.
    @Test func theUsualSettingsAreNotWatched() throws {
        let own = VIPHealthConfiguration(
            proxyPort: 9001, stateFile: "/run/skein/vip.state", echoPort: 9010, key: "key",
            timing: .init(TimingBudget()), networks: [.init(address: "192.0.2.11", peers: ["192.0.2.12"])],
            keepalived: .init(
                unit: "keepalived.service", virtualIPs: ["192.0.2.100", "198.51.100.100"], TimingBudget()))
        let text = try Self.edited(own.json.prettyText(), FaultScript.unwatchedHealthEdit)
        var expected = own
        expected.keepalived = nil
        #expect(try VIPHealthConfiguration(json: JSONValue(parsing: Array(text.utf8))) == expected)
    }

    @Test(arguments: [1, 2]) func theUsualSettingsKnowNoHealthAndOneSecond(addresses: Int) throws {
        let own = try #require(IPAddress("192.0.2.11"))
        let instances = (0..<addresses).map { index in
            KeepalivedConfiguration.Instance(
                name: "VIP_\(index)", virtualIP: own, virtualRouterID: 50 + index, interface: "eth\(index)",
                prefixLength: 24, source: own, peers: [own])
        }
        let text = try Self.edited(
            KeepalivedConfiguration(
                routerName: "one", instances: instances, priority: 200, timing: TimingBudget(),
                stateFile: "/run/skein/vip.state"
            ).text, FaultScript.usualVRRPEdit)
        #expect(!text.contains("track_file") && !text.contains("health") && !text.contains("down_timer"))
        #expect(text.split(separator: "\n").count { $0.hasSuffix("advert_int 1") } == addresses)
        #expect(text.count { $0 == "{" } == text.count { $0 == "}" })
    }
}
