import FoundationEssentials
import Glibc
import Subprocess

/// A host that is reached by OpenSSH. All commands to it share one connection.
///
/// Everything runs as root: the user logs in as root, or may use `sudo` without a password.
package struct RemoteHost: Sendable {
    /// What a command printed, and its exit code.
    package struct Output: Hashable, Sendable {
        package var status: Int
        package var output: String
        package var errors: String

        package init(status: Int, output: String, errors: String) {
            self.status = status
            self.output = output
            self.errors = errors
        }

        package var succeeded: Bool { status == 0 }

        /// The last lines of what it printed, errors preferred, for messages.
        package func lastLines(_ count: Int = 8) -> String {
            let text = errors.contains { !$0.isWhitespace } ? errors : output
            return text.split(whereSeparator: \.isNewline).suffix(count).joined(separator: "\n")
        }
    }

    /// The host's name in the testbed.
    package let name: String
    private let user: String
    private let address: String
    private let password: String?
    private let settings: ConnectionSettings

    package init(name: String, user: String, address: String, password: String? = nil, settings: ConnectionSettings) {
        self.name = name
        self.user = user
        self.address = address
        self.password = password
        self.settings = settings
        _ = Self.brokenPipesAreErrors
    }

    /// A program that ends while it is written to must not end this process, too.
    private static let brokenPipesAreErrors: Void = { signal(SIGPIPE, SIG_IGN) }()

    /// Runs a shell script (`/bin/sh -eu`, as root, without input) to its end, whatever that is.
    ///
    /// The script travels by standard input, so that nothing of it shows in a process list. It ends with this run: see
    /// ``RemoteStep``. Its `EXIT` traps are run then, too.
    ///
    /// - Parameters:
    ///   - seconds: after this time it is ended on both sides.
    ///   - changes: whether it changes the host, so that another run waits for its end.
    /// - Throws: ``RemoteError`` when it could not be run or took too long; a script that fails is no error here.
    package func run(_ script: String, seconds: Int = 60, changes: Bool = false) async throws(RemoteError) -> Output {
        try await ssh(
            "/bin/sh -eu", input: Data(RemoteStep.input(script: script).utf8), purpose: changes ? .changes : .looks,
            seconds: seconds)
    }

    /// Runs a program of the host as root with an input of its own. It ends with this run.
    ///
    /// - Throws: ``RemoteError`` when it could not be run or took too long.
    package func run(
        program arguments: [String], input: String, seconds: Int
    ) async throws(RemoteError) -> Output {
        try await ssh(
            arguments.map { shellWord($0) }.joined(separator: " "), input: Data(input.utf8), purpose: .looks,
            seconds: seconds)
    }

    /// Starts a shell script, as ``run(_:seconds:changes:)`` does, that goes on until it is released, or until this process
    /// or the connection ends.
    ///
    /// - Parameter script: prints something once it holds what it is for; before that it may fail.
    /// - Throws: ``RemoteError`` when it could not be run, `failed` with its last lines when it ended without a word.
    package func hold(_ script: String) async throws(RemoteError) -> HeldStep {
        let (starts, start) = AsyncStream.makeStream(of: Result<Void, RemoteError>.self)
        let work = Task {
            do throws(RemoteError) {
                let output = try await ssh(
                    "/bin/sh -eu", input: Data(RemoteStep.input(script: script).utf8), purpose: .looks,
                    seconds: RemoteStep.longest, heard: { start.yield(.success(())) })
                start.yield(.failure(RemoteError(.failed, host: name, output.lastLines(4))))
            } catch {
                start.yield(.failure(error))
            }
            start.finish()
        }
        guard let result = await starts.first(where: { _ in true }) else {
            work.cancel()
            throw RemoteError(.failed, host: name, "it was cancelled")
        }
        try result.get()
        return HeldStep(work: work)
    }

    /// Copies a file of the build host. The new content takes the old one's place in one step, once it is complete.
    ///
    /// - Throws: ``RemoteError``
    package func copy(file local: String, to path: String, mode: String, seconds: Int) async throws(RemoteError) {
        guard let content = try? Data(contentsOf: URL(filePath: local), options: .mappedIfSafe) else {
            throw RemoteError(.missing, host: name, "\(local) on the build host cannot be read")
        }
        let script = Self.receivingScript(path: path, mode: mode, bytes: content.count)
        let output = try await ssh(
            "/bin/sh -ceu \(shellWord(script))", input: content, purpose: .changes, seconds: seconds)
        guard output.succeeded else {
            throw RemoteError(.failed, host: name, "copying to \(path) failed: \(output.lastLines(3))")
        }
    }

    /// Takes a file's content from its input, which ends early when the connection does.
    static func receivingScript(path: String, mode: String, bytes: Int) -> String {
        let temporary = shellWord(path + ".skein-new")
        return """
            cat >\(temporary)
            if [ "$(wc -c <\(temporary))" != \(bytes) ]; then rm -f \(temporary); echo "it did not arrive whole" >&2; exit 1; fi
            chmod \(mode) \(temporary)
            mv -f \(temporary) \(shellWord(path))
            """
    }

    /// Ends the shared connection.
    package func disconnect() async {
        _ = try? await local(command(["-O", "exit"]), input: Data(), seconds: 5)
    }

    private static func asRoot(user: String, _ command: String) -> String {
        user == "root" ? "exec \(command)" : "exec sudo -n --preserve-env=SSH_CONNECTION \(command)"
    }

    /// - Parameter command: the program and its arguments, as words of a shell.
    private func ssh(
        _ command: String, input: Data, purpose: RemoteStep.Purpose, seconds: Int,
        heard: @escaping @Sendable () -> Void = {}
    ) async throws(RemoteError) -> Output {
        let step = RemoteStep(purpose: purpose, command: command, inputBytes: input.count, seconds: seconds)
        // The remote side ends first and says so; this side's limit is for a host that has gone.
        let output = try await local(
            self.command([Self.asRoot(user: user, step.commandLine)]), input: input,
            seconds: seconds + settings.connectTimeout + 10, heard: heard)
        switch output.status {
        case 255: throw connectionError(output)
        case RemoteStep.outOfTime:
            throw RemoteError(.timedOut, host: name, "no end within \(seconds) s. \(output.lastLines(4))")
        case RemoteStep.abandoned:
            throw RemoteError(
                .unreachable, host: name,
                "it heard nothing of this run for \(RemoteStep.usualSilence) s and ended the step")
        case 1 where output.errors.contains("sudo: a password is required"):
            throw RemoteError(
                .notRoot, host: name,
                "user \(user) is not root and may not use sudo without a password; log in as root, or add a NOPASSWD rule"
            )
        default: return output
        }
    }

    /// The program and arguments that reach the host, ssh's own options first.
    private func command(_ arguments: [String]) -> [String] {
        var words = settings.networkNamespace.map { ["ip", "netns", "exec", $0] } ?? []
        words += ["ssh", "-T", "-o", "LogLevel=ERROR", "-o", "ConnectTimeout=\(settings.connectTimeout)"]
        words += ["-o", "ServerAliveInterval=2", "-o", "ServerAliveCountMax=5"]
        words += ["-o", "StrictHostKeyChecking=accept-new", "-o", "UserKnownHostsFile=\(settings.knownHostsFile)"]
        words += ["-o", "GlobalKnownHostsFile=/dev/null", "-o", "UpdateHostKeys=no", "-o", "ForwardAgent=no"]
        words += ["-o", "ControlMaster=auto", "-o", "ControlPersist=60"]
        words += ["-o", "ControlPath=\(settings.controlDirectory)/%C"]
        if let keyFile = settings.keyFile { words += ["-i", keyFile, "-o", "IdentitiesOnly=yes"] }
        if password == nil {
            words += ["-o", "BatchMode=yes"]
        } else {
            words += ["-o", "NumberOfPasswordPrompts=1"]
        }
        return words + ["-l", user] + arguments.prefix { $0.hasPrefix("-") || $0 == "exit" } + ["--", address]
            + arguments.drop { $0.hasPrefix("-") || $0 == "exit" }
    }

    private func connectionError(_ output: Output) -> RemoteError {
        let reason = output.lastLines(2)
        if reason.contains("Permission denied") {
            let what =
                password == nil
                ? "no key is accepted and the testbed has no password; set env.key_filename or env.passwords"
                : "neither a key nor the testbed's password is accepted; correct env.passwords or env.key_filename"
            return RemoteError(.refused, host: name, "login as \(user)@\(address): \(what)")
        }
        if output.errors.contains("REMOTE HOST IDENTIFICATION HAS CHANGED")
            || output.errors.contains("Host key verification failed")
        {
            return RemoteError(
                .hostKeyChanged, host: name,
                "\(address) shows another host key than before; if the host was installed anew, forget the old one: "
                    + "ssh-keygen -f \(settings.knownHostsFile) -R \(address)")
        }
        return RemoteError(
            .unreachable, host: name,
            "\(address) cannot be reached by SSH: \(reason.isEmpty ? "the connection was lost" : reason)")
    }

    /// Runs a program of the build host; its input stays open until it ends.
    ///
    /// - Parameter heard: called at the first word of its output.
    private func local(
        _ words: [String], input: Data, seconds: Int, heard: @escaping @Sendable () -> Void = {}
    ) async throws(RemoteError) -> Output {
        var environment: [Environment.Key: String] = [:]
        for name in ["PATH", "HOME", "USER", "SSH_AUTH_SOCK"] {
            if let value = ProcessInfo.processInfo.environment[name] { environment[.init(stringLiteral: name)] = value }
        }
        environment["LC_ALL"] = "C.UTF-8"
        if let password {
            environment["SSH_ASKPASS"] = try passwordProgram()
            environment["SSH_ASKPASS_REQUIRE"] = "force"
            environment["SKEIN_SSH_PASSWORD"] = password
        }
        do {
            return try await Self.execute(
                words, environment: environment, input: input, seconds: seconds, heard: heard)
        } catch let error as RemoteError {
            throw error
        } catch is Expired {
            throw RemoteError(.timedOut, host: name, "\(address) did not answer within \(seconds) s")
        } catch {
            throw RemoteError(.missing, host: name, "\(words.first ?? "ssh") could not be run: \(error)")
        }
    }

    private struct Expired: Error {}

    /// Some content, and then a line now and then for as long as this process is there and waits: what a ``RemoteStep``
    /// reads.
    private struct LiveInput: InputProtocol {
        var content: Data

        /// A program that takes no more input ends soon; how it ended says more than that it took none.
        func write(with writer: StandardInputWriter) async {
            var rest = content[...]
            while !rest.isEmpty {
                let part = rest.prefix(1 << 20)
                guard (try? await writer.write(Array(part))) != nil else { return }
                rest = rest.dropFirst(part.count)
            }
            while (try? await Task.sleep(for: .seconds(RemoteStep.period))) != nil {
                guard (try? await writer.write([UInt8(ascii: "\n")])) != nil else { return }
            }
        }
    }

    /// The most that a command may print, in bytes: an answer that is longer is no answer to a question of this program.
    private static let outputLimit = 1 << 23

    private struct TooLong: Error {}

    private static func execute(
        _ words: [String], environment: [Environment.Key: String], input: Data, seconds: Int,
        heard: @escaping @Sendable () -> Void
    ) async throws -> Output {
        try await withThrowingTaskGroup(of: Output.self) { group in
            group.addTask {
                let result = try await Subprocess.run(
                    .name(words.first ?? "ssh"), arguments: Arguments(Array(words.dropFirst())),
                    environment: .custom(environment), input: LiveInput(content: input), output: .sequence,
                    error: .string(limit: 1 << 20)
                ) { execution in
                    var printed: [UInt8] = []
                    for try await part in execution.standardOutput {
                        if printed.isEmpty { heard() }
                        part.withUnsafeBytes { printed += $0 }
                        guard printed.count <= Self.outputLimit else { throw TooLong() }
                    }
                    return String(decoding: printed, as: UTF8.self)
                }
                let status =
                    switch result.terminationStatus {
                    case .exited(let code): Int(code)
                    case .signaled(let signal): 128 + Int(signal)
                    }
                return Output(status: status, output: result.closureResult, errors: result.standardError)
            }
            group.addTask {
                try await Task.sleep(for: .seconds(seconds))
                throw Expired()
            }
            defer { group.cancelAll() }
            guard let output = try await group.next() else { throw Expired() }
            return output
        }
    }

    /// A program that prints the password which ssh asks for; the password itself is only in the environment.
    private func passwordProgram() throws(RemoteError) -> String {
        let path = settings.controlDirectory + "/askpass"
        guard !FileManager.default.fileExists(atPath: path) else { return path }
        do {
            try Data("#!/bin/sh\nprintf '%s\\n' \"$SKEIN_SSH_PASSWORD\"\n".utf8).write(
                to: URL(filePath: path), options: .atomic)
            try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: path)
        } catch {
            throw RemoteError(.missing, host: name, "\(path) could not be written: \(error)")
        }
        return path
    }
}
