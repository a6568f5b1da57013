import Foundation
import JSON
import Testing

@testable import Drill

/// What the drill's scripts make of the installation's own files.
@Suite struct FaultScriptTests {
    /// A file that the blueprint writes, and what an edit makes of it.
    private static func golden(_ name: String, edited edit: [String]) throws -> (own: String, edited: String) {
        let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "BlueprintTests/Golden/\(name)")
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(filePath: "/bin/sed")
        process.arguments = edit.flatMap { ["-e", $0] } + [file.path()]
        process.standardOutput = output
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
        return (try String(contentsOf: file, encoding: .utf8), String(decoding: data, as: UTF8.self))
    }

    /// A keepalived that advertises once a second is not one that hangs.
    @Test func theUsualSettingsAreNotWatched() throws {
        let (own, edited) = try Self.golden("vip-health.json", edited: FaultScript.unwatchedHealthEdit)
        var expected = try #require(JSONValue(parsing: Array(own.utf8)).objectValue)
        #expect(expected["keepalived"]?.objectValue != nil)
        expected["keepalived"] = .null
        #expect(try JSONValue(parsing: Array(edited.utf8)) == .object(expected))
    }

    @Test func theUsualSettingsKnowNoHealthAndOneSecond() throws {
        let (own, edited) = try Self.golden("keepalived.conf", edited: FaultScript.usualVRRPEdit)
        for setting in ["track_file", "health", "down_timer_adverts"] {
            #expect(own.contains(setting) && !edited.contains(setting))
        }
        let instances = own.split(separator: "\n").count { $0.hasPrefix("vrrp_instance") }
        #expect(edited.split(separator: "\n").count { $0.hasSuffix(" advert_int 1") } == instances && instances == 2)
        #expect(edited.count { $0 == "{" } == edited.count { $0 == "}" })
    }
}
