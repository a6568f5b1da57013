import Foundation
import Testing

@testable import Deploy
@testable import Remote

/// The watch over a step, run for real by a shell of this machine; the end of the input stands for the connection's.
@Suite(.timeLimit(.minutes(1))) struct RemoteStepTests {
    /// A step that runs, and both ends of its connection.
    private final class Running {
        let process = Process()
        let input = Pipe()
        let output = Pipe()

        init(
            _ script: String, purpose: RemoteStep.Purpose = .looks, droppedBytes: Int = 0, seconds: Int = 50,
            silence: Int = RemoteStep.usualSilence
        ) throws {
            let text = Data(RemoteStep.input(script: script).utf8)
            var step = RemoteStep(
                purpose: purpose, command: "/bin/sh -eu", inputBytes: text.count, seconds: seconds)
            step.silence = silence
            process.executableURL = URL(filePath: "/bin/sh")
            // Foundation starts a process with most signals blocked; what dash starts has none.
            process.arguments = ["-c", step.commandLine + "; exit $?"]
            process.standardInput = input
            process.standardOutput = output
            process.standardError = FileHandle.nullDevice
            try process.run()
            try input.fileHandleForWriting.write(contentsOf: text.dropLast(droppedBytes))
        }

        /// Reads until the script has printed a line.
        func awaitLine() -> String { String(decoding: output.fileHandleForReading.availableData, as: UTF8.self) }

        func loseConnection() throws { try input.fileHandleForWriting.close() }

        /// Waits until nobody is left who could print something, and then for the exit code.
        func end() throws -> (status: Int, output: String) {
            let rest = try output.fileHandleForReading.readToEnd() ?? Data()
            process.waitUntilExit()
            return (Int(process.terminationStatus), String(decoding: rest, as: UTF8.self))
        }
    }

    /// The ways in which a process leaves the step's process group or session, or its parents.
    private static let stubborn = """
        trap 'echo cleaned up' EXIT
        setsid sleep 300 &
        timeout 300 sleep 300 &
        sh -c 'sleep 300 & exit 0'
        echo begun
        sleep 300
        """

    @Test func theCommandsOwnEndIsTheSteps() throws {
        let step = try Running("echo done; exit 7")
        #expect(try step.end() == (7, "done\n"))
    }

    /// Also what is deaf to the first, polite signal.
    @Test func everythingEndsWithTheConnection() throws {
        let step = try Running("(trap '' TERM; sleep 300; sleep 300) &\n" + Self.stubborn)
        #expect(step.awaitLine() == "begun\n")
        try step.loseConnection()
        let end = try step.end()
        #expect(end.status == RemoteStep.abandoned)
        #expect(end.output == "cleaned up\n")
    }

    @Test func everythingEndsWhenTheRunIsSilent() throws {
        let step = try Running(Self.stubborn, silence: 1)
        #expect(try step.end().status == RemoteStep.abandoned)
    }

    @Test func everythingEndsWhenTheTimeIsOver() throws {
        let step = try Running(Self.stubborn, seconds: 1)
        #expect(try step.end().status == RemoteStep.outOfTime)
    }

    @Test(arguments: [2, 12, 20, 60]) func aScriptThatArrivesInPartIsNotBegun(missing: Int) throws {
        let step = try Running("echo begun", droppedBytes: missing)
        try step.loseConnection()
        #expect(try step.end().output == "")
    }

    @Test func aFileThatArrivesInPartLeavesTheOldOne() throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "skein-copy-\(UUID().uuidString)").path()
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data("old".utf8).write(to: URL(filePath: path))
        func receive(_ content: String, of bytes: Int) throws -> Int32 {
            let script = RemoteHost.receivingScript(path: path, mode: "755", bytes: bytes)
            return try Shell.run("printf %s \(shellWord(content)) | /bin/sh -ceu \(shellWord(script))").status
        }
        #expect(try receive("new cont", of: 11) != 0)
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "old")
        #expect(!FileManager.default.fileExists(atPath: path + ".skein-new"))
        #expect(try receive("new content", of: 11) == 0)
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "new content")
    }

    @Test func aStepThatChangesSomethingIsFoundByAnotherRun() throws {
        func steps() throws -> [OngoingWork] {
            OngoingWork.all(try Shell.run(OngoingWork.script(locks: [])).output).filter { $0.kind == .step }
        }
        let looking = try Running("echo begun; sleep 300")
        let changing = try Running("echo begun; sleep 300", purpose: .changes)
        _ = (looking.awaitLine(), changing.awaitLine())
        #expect(try steps().count == 1)
        for step in [looking, changing] {
            try step.loseConnection()
            _ = try step.end()
        }
        #expect(try steps() == [])
    }
}
