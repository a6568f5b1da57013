import Foundation
import JSON
import Testing

/// The executable itself, which `swift test` builds beside the tests.
@Suite("skein check", .enabled(if: SkeinExecutable.url != nil))
struct CheckCommandTests {
    private struct Result {
        var exitCode: Int32
        var output: String
        var errors: String
    }

    private static func run(_ arguments: [String]) throws -> Result {
        let process = Process()
        process.executableURL = SkeinExecutable.url
        process.arguments = ["check"] + arguments
        let (output, errors) = (Pipe(), Pipe())
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        let errorText = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationReason == .exit)
        return Result(exitCode: process.terminationStatus, output: text, errors: errorText)
    }

    private static func withFile(_ bytes: [UInt8], _ body: (String) throws -> Void) throws {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("testbed-\(UUID().uuidString).py")
        try Data(bytes).write(to: path)
        defer { try? FileManager.default.removeItem(at: path) }
        try body(path.path)
    }

    @Test("ends with 0 when the file can be used, and shows what would be deployed")
    func usable() throws {
        try Self.withFile(Array((Sample.settled + "env.mail_to = 'x'\n").utf8)) { path in
            let text = try Self.run([path])
            #expect(text.exitCode == 0)
            #expect(text.output.contains("1 note: the file can be used\n\nHOST "))
            #expect(text.errors.isEmpty)
            let json = try Self.run([path, "--format", "json"])
            #expect(json.exitCode == 0)
            #expect(try JSONValue(parsing: json.output)["usable"] == true)
        }
    }

    @Test("ends with 1 when the file has an error")
    func unusable() throws {
        try Self.withFile(Array("x = (\n".utf8)) { path in
            let text = try Self.run([path])
            #expect(text.exitCode == 1)
            #expect(text.output.contains("[syntax]"))
            let json = try Self.run(["--format", "json", path])
            #expect(json.exitCode == 1)
            #expect(try JSONValue(parsing: json.output)["usable"] == false)
        }
    }

    @Test("takes environment variables from its option only")
    func environment() throws {
        let source = Sample.clean.replacing("'192.0.2.31'", with: "os.getenv('HOME', 'x.y.z.a')")
        try Self.withFile(Array(source.utf8)) { (path) throws in
            #expect(try Self.run([path]).exitCode == 1)
            #expect(try Self.run([path, "--env", "HOME=192.0.2.31"]).exitCode == 0)
            #expect(try Self.run([path, "--env", "HOME"]).output.contains("[bad-option]"))
        }
    }

    @Test(
        "ends with 1 for a file that is none, and for a wrong command line",
        arguments: [
            (["/nonexistent/testbed.py"], "unreadable-file"), (["/"], "unreadable-file"),
            (["/dev/zero"], "limit-exceeded"), ([], ""),
            (["--format", "xml", "x"], ""), (["--nonsense"], ""), (["a", "b"], ""), (["--env"], ""),
        ])
    func broken(arguments: [String], code: String) throws {
        let result = try Self.run(arguments)
        #expect(result.exitCode == 1)
        #expect(code.isEmpty ? !result.errors.isEmpty : result.output.contains("[\(code)]"))
    }

    @Test("ends with 1 for bytes that are not UTF-8")
    func notText() throws {
        try Self.withFile([0x61, 0xff]) { path in
            let result = try Self.run([path, "--format", "json"])
            #expect(result.exitCode == 1)
            #expect(try JSONValue(parsing: result.output)["diagnostics"]?.arrayValue?.first?["code"] == "not-utf8")
        }
    }
}

private enum SkeinExecutable {
    static let url: URL? = {
        let folder = URL(fileURLWithPath: CommandLine.arguments.first ?? "").deletingLastPathComponent()
        let candidate = folder.appendingPathComponent("skein")
        return FileManager.default.isExecutableFile(atPath: candidate.path) ? candidate : nil
    }()
}
