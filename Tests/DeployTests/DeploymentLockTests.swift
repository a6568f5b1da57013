import Foundation
import Testing

@testable import Deploy

@Suite struct DeploymentLockTests {
    static let holder = DeploymentLock.Holder(command: "skein up", user: "o'neil", machine: "build1", process: 812)

    /// Runs as the first of two operators, until the pipe to its shell is closed.
    private static func first(path: String) throws -> Process {
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = ["-euc", DeploymentLock.script(holder, path: path)]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let word = output.fileHandleForReading.availableData
        try #require(String(decoding: word, as: UTF8.self) == "held\n")
        return process
    }

    @Test func theSecondIsToldWhoHoldsItSinceWhen() throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "skein-lock-\(UUID().uuidString)").path()
        defer { try? FileManager.default.removeItem(atPath: path) }
        let process = try Self.first(path: path)
        let second = DeploymentLock.Holder(command: "skein down", user: "b", machine: "build2", process: 9)
        let refused = try Shell.run(DeploymentLock.script(second, path: path))
        #expect(refused.status == DeploymentLock.isTaken)
        let refusal = try #require(DeploymentLock.refusal(host: "controller1", words: refused.errors))
        #expect(refusal.hasPrefix("`skein up` of o'neil on build1 (process 812) changes this deployment since 2"))
        #expect(refusal.contains(" UTC (") && refusal.contains("; controller1 says so"))
        // One that is killed leaves nothing behind: the next is free to go on.
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        kill(try Self.first(path: path).processIdentifier, SIGKILL)
    }

    @Test func holdersAreReadBack() {
        #expect(DeploymentLock.Holder(Self.holder.text) == Self.holder)
        #expect(DeploymentLock.Holder("") == nil)
        #expect(DeploymentLock.Holder("{}") == nil)
    }

    @Test(arguments: ["", "flock: not found", "2026-12-01 01:02:03 UTC\nnonsense"])
    func otherWordsAreNoRefusal(words: String) {
        #expect(DeploymentLock.refusal(host: "a", words: words) == nil)
    }

    @Test func aHolderWithoutANameIsARefusal() {
        let text = DeploymentLock.refusal(host: "a", words: "2026-12-01 01:02:03 UTC\n300\n")
        #expect(
            text?.hasPrefix("another run of skein changes this deployment since 2026-12-01 01:02:03 UTC (5 min)")
                == true)
    }
}
