import ArgumentParser
import Deploy
import FoundationEssentials
import Glibc
import Lab
import Testbed

/// What all commands on a deployment take.
struct DeploymentArguments: ParsableArguments {
    @Argument(help: "The testbed file, usually testbed.py.")
    var testbed: String

    @Option(
        name: .customLong("env"),
        help: ArgumentHelp(
            "An environment variable for os.getenv in the file; may be repeated.", valueName: "NAME=VALUE"))
    var variables: [String] = []

    @Option(
        help: ArgumentHelp(
            "The network namespace from which the hosts are reached. A lab's is found by itself.", valueName: "name"))
    var viaNamespace: String?

    @Option(help: ArgumentHelp("The executable to install on the hosts; this one unless given.", valueName: "path"))
    var executable: String?

    /// Reads the testbed and opens the way to its hosts; `body` works on it, and all connections end after it.
    ///
    /// Every ``DeployError`` becomes its lines on standard error and exit code 1.
    func withDeployment<Value>(_ body: (Deployment) async throws -> Value) async throws -> Value {
        let testbed = try TestbedFile.load(path: testbed, environment: variables)
        do {
            let lab = Self.lab(of: testbed)
            let options = Deployment.Options(
                executable: try executable ?? Self.ownExecutable(),
                networkNamespace: viaNamespace ?? lab?.fabricNamespace,
                directory: lab.map { LabPaths($0).state + "/deployment" })
            let deployment = try Deployment(testbed: testbed, path: self.testbed, options: options)
            do {
                let value = try await body(deployment)
                await deployment.close()
                return value
            } catch {
                await deployment.close()
                throw error
            }
        } catch let error as DeployError {
            StandardStream.write(Self.lines(of: error), to: STDERR_FILENO)
            throw ExitCode(1)
        }
    }

    /// As ``withDeployment(_:)``, while no other run can change the deployment.
    ///
    /// - Parameter command: what is done, for an operator who comes second: `skein up`.
    func withLockedDeployment<Value>(
        _ command: String, _ body: (Deployment) async throws -> Value
    ) async throws -> Value {
        try await withDeployment { deployment in
            try await deployment.locked(by: command) { try await body(deployment) }
        }
    }

    /// Prints a plan, what it does in Keystone, and its notes.
    static func show(_ changes: ChangeSet, registration: [String]) {
        var text = changes.isEmpty && !registration.isEmpty ? "" : changes.text
        if !registration.isEmpty {
            text += "In Keystone:\n" + registration.map { "    \($0)\n" }.joined()
        }
        text += changes.notes.map { "Note: \($0)\n" }.joined() + changes.leftOutText
        StandardStream.write(text, to: STDOUT_FILENO)
    }

    /// Asks before something is changed.
    ///
    /// - Throws: ``DeployError`` without a terminal to ask on, `ExitCode(1)` when the answer is no.
    static func confirm(_ what: String, yes: Bool, command: String) throws {
        guard !yes else { return }
        guard isatty(STDIN_FILENO) == 1 else {
            throw DeployError(.localState, "nothing was changed: without a terminal, `\(command)` needs --yes")
        }
        StandardStream.write("\(what) Go on? [y/N] ", to: STDOUT_FILENO)
        guard let answer = readLine(), ["y", "yes"].contains(answer.lowercased()) else {
            StandardStream.write("Nothing was changed.\n", to: STDOUT_FILENO)
            throw ExitCode(1)
        }
    }

    private static func lines(of error: DeployError) -> String {
        error.reasons.map { "skein: error: \($0)\n" }.joined()
    }

    private static func ownExecutable() throws(DeployError) -> String {
        do {
            return try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        } catch {
            throw DeployError(.localState, "/proc/self/exe cannot be read: \(error)")
        }
    }

    /// The lab whose hosts the testbed names: they are in its network namespace, and what is kept about them goes with it.
    /// A lab's key stands in its own directory.
    static func lab(of testbed: Testbed) -> LabName? {
        guard let keyFile = testbed.keyFile, keyFile.hasPrefix(LabPaths.stateRoot + "/"),
            let name = LabName(String(keyFile.dropFirst(LabPaths.stateRoot.count + 1).prefix { $0 != "/" })),
            LabPaths(name).key == keyFile
        else { return nil }
        return name
    }
}
