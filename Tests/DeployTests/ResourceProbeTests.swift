import Blueprint
import Foundation
import Testing

@testable import Deploy

/// The probe's and the steps' scripts, run for real by /bin/sh on files in a temporary directory.
@Suite struct ResourceProbeTests {
    let directory = FileManager.default.temporaryDirectory.appending(path: "skein-probe-\(UUID().uuidString)").path()

    init() throws {
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    }

    private func finish() { try? FileManager.default.removeItem(atPath: directory) }

    private func states(_ resources: [Resource], executable: String = "none") throws -> [ResourceState] {
        let result = try Shell.run(ResourceProbe.script(resources, executable: executable))
        return try #require(
            ResourceProbe.states(result.output, count: resources.count), "\(result.output)\(result.errors)")
    }

    @Test(.enabled(if: geteuid() == 0)) func filesAreCreatedAndFoundInPlace() throws {
        defer { finish() }
        let file = Resource.File(
            path: "\(directory)/a dir/it's.conf",
            content: "line 1\n$HOME `x` \"q\" 'q'\nSKEIN_END\nlast without newline",
            mode: 0o640)
        let resource = Resource.file(file)
        #expect(try states([resource]) == [.missing([])])

        try Shell.succeed(try #require(ResourceStep.script(resource)))
        #expect(try String(contentsOfFile: file.path, encoding: .utf8) == file.content)
        #expect(try states([resource]) == [.present])

        try Shell.succeed("chmod 644 \"\(file.path)\"")
        #expect(try states([resource]) == [.access])
        try Shell.succeed("echo more >>\"\(file.path)\"")
        #expect(try states([resource]) == [.differs])
        try Shell.succeed(try #require(ResourceStep.script(resource)))
        #expect(try states([resource]) == [.present])
    }

    /// A run that was killed outright leaves its policy, which would keep every later package's services from starting.
    @Test(arguments: [
        (nil, false), ("#!/bin/sh\n# Made by skein for the time of an installation.\nexit 101\n", false),
        ("#!/bin/sh\nexit 0\n", true),
    ]) func onlyAPolicyOfSomebodyElseStays(before: String?, stays: Bool) throws {
        defer { finish() }
        let policy = "\(directory)/policy-rc.d"
        try before?.write(toFile: policy, atomically: true, encoding: .utf8)
        // dpkg stands for the installation: it shows what policy there is for its time.
        for (name, content) in [("dpkg", "cat \(policy)"), ("apt-get", ":")] {
            try Shell.succeed(
                "mkdir -p \(directory)/bin; printf '#!/bin/sh\\n%s\\n' '\(content)' >\(directory)/bin/\(name); "
                    + "chmod 755 \(directory)/bin/\(name)")
        }
        let meanwhile = try Shell.run(
            "PATH=\(directory)/bin:$PATH\n"
                + ResourceStep.packages(["etcd-server"], policy: policy, record: "\(directory)/state/packages"))
        #expect(meanwhile.status == 0)
        #expect(meanwhile.output.contains("exit 101") == !stays)
        #expect(FileManager.default.fileExists(atPath: policy) == stays)
    }

    /// `there` is installed before, `etcd-server` not. The first run is killed by apt-get, the second one ends.
    @Test func onlyWhatItInstallsIsSwitchedOffAndNotedDown() throws {
        defer { finish() }
        let bin = "\(directory)/bin"
        let programs = [
            ("dpkg", ":"), ("systemctl", "echo \"$*\" >>\(directory)/systemctl"),
            (
                "dpkg-query",
                "case \"$3\" in there) printf installed ;; *) [ ! -e \(directory)/$3 ] || printf installed ;; esac"
            ),
            (
                "apt-get",
                "case \"$*\" in *--simulate*) exit 0 ;; esac; touch \(directory)/etcd-server; "
                    + "[ -e \(directory)/again ] || { touch \(directory)/again; kill -KILL $PPID; }"
            ),
        ]
        for (name, content) in programs {
            try Shell.succeed(
                "mkdir -p \(bin); cat >\(bin)/\(name) <<'END'\n#!/bin/sh\n\(content)\nEND\nchmod 755 \(bin)/\(name)"
                    .replacing("\\n", with: "\n"))
        }
        let record = "\(directory)/state/packages"
        let script =
            "PATH=\(bin):$PATH\n"
            + ResourceStep.packages(["there", "etcd-server"], policy: "\(directory)/policy-rc.d", record: record)
        #expect(try Shell.run(script).status != 0)
        #expect(FileManager.default.fileExists(atPath: record + ".unsettled"))
        #expect(try Shell.run(script).status == 0)
        #expect(try String(contentsOfFile: record, encoding: .utf8) == "etcd-server\n")
        #expect(!FileManager.default.fileExists(atPath: record + ".unsettled"))
        #expect(
            try String(contentsOfFile: "\(directory)/systemctl", encoding: .utf8)
                == "disable --now --quiet etcd.service\n")
    }

    @Test(.enabled(if: geteuid() == 0)) func aRefusedFileLeavesTheOldOneInPlace() throws {
        defer { finish() }
        let path = "\(directory)/checked.conf"
        func resource(_ content: String) -> Resource {
            .file(
                .init(path: path, content: content, validation: "grep -q good \"$1\" || { echo bad line 7; exit 1; }"))
        }
        try Shell.succeed(try #require(ResourceStep.script(resource("good 1\n"))))
        let refused = try Shell.run(try #require(ResourceStep.script(resource("wrong\n"))))
        #expect(refused.status != 0)
        #expect(refused.errors.contains("bad line 7"))
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "good 1\n")
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory) == ["checked.conf"])
    }

    @Test(.enabled(if: geteuid() == 0)) func directoriesAreCreatedWithTheirMode() throws {
        defer { finish() }
        let resource = Resource.directory(path: "\(directory)/state", owner: "root", mode: 0o700)
        #expect(try states([resource]) == [.missing([])])
        try Shell.succeed(try #require(ResourceStep.script(resource)))
        #expect(try states([resource]) == [.present])
        try Shell.succeed("chmod 755 \(directory)/state")
        #expect(try states([resource]) == [.access])
    }

    @Test func packagesThatAreMissingAreNamed() throws {
        defer { finish() }
        #expect(try states([.packages(["bash"])]) == [.present])
        #expect(
            try states([.packages(["bash", "skein-no-such-package"])]) == [.missing(["skein-no-such-package"])])
    }

    @Test func commandsAreCheckedAndApplied() throws {
        defer { finish() }
        let marker = "\(directory)/marker"
        let resource = Resource.command(
            .init(title: "marker", check: "test -e \(marker)", apply: "touch \(marker)", seconds: 5))
        #expect(try states([resource]) == [.missing([])])
        try Shell.succeed(try #require(ResourceStep.script(resource)))
        #expect(try states([resource]) == [.present])
    }

    @Test func aCommandThatDoesNotHelpIsAFailure() throws {
        defer { finish() }
        let resource = Resource.command(.init(title: "nothing", check: "false", apply: "true", seconds: 1))
        let result = try Shell.run(try #require(ResourceStep.script(resource)))
        #expect(result.status != 0)
        #expect(result.errors.contains("it was done and does not show: nothing"))
    }

    @Test func executablesAreComparedByTheirContent() throws {
        defer { finish() }
        let path = "\(directory)/skein"
        try Data("program".utf8).write(to: URL(filePath: path))
        #expect(try states([.executable(path: path)], executable: ResourceProbe.digest("program")) == [.present])
        #expect(try fileDigest(path) == ResourceProbe.digest("program"))
        #expect(try states([.executable(path: path)], executable: ResourceProbe.digest("newer")) == [.differs])
    }

    @Test func aScriptThatStopsHalfWayIsNoAnswer() {
        #expect(ResourceProbe.states("0\tok\n", count: 2) == nil)
        #expect(ResourceProbe.states("0\tok\n1\tnonsense\n", count: 2) == nil)
        #expect(ResourceProbe.states("1\tcontent\n0\tok\n", count: 2) == [.present, .differs])
    }
}

/// Runs shell scripts as the hosts would.
enum Shell {
    struct Failure: Error {
        var errors: String
    }

    static func run(_ script: String) throws -> (status: Int32, output: String, errors: String) {
        let process = Process()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = ["-eu", "-c", script]
        let (output, errors) = (Pipe(), Pipe())
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        let text = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        let errorText = String(decoding: try errors.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationStatus, text, errorText)
    }

    static func succeed(_ script: String) throws {
        let result = try run(script)
        if result.status != 0 { throw Failure(errors: result.errors) }
    }
}
