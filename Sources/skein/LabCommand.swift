import ArgumentParser
import FoundationEssentials
import Glibc
import JSON
import Lab

/// `skein lab`: real hosts on this machine.
struct LabCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lab",
        abstract:
            "Real hosts on this machine: controllers, an OpenStack with Keystone, a client; and their testbed file.",
        subcommands: [Up.self, Status.self, Shell.self, Fault.self, Down.self, RunForwarder.self])

    /// The option that all subcommands have.
    struct NameOption: ParsableArguments {
        @Option(
            name: .customLong("name"),
            help:
                "The lab's name: a letter, then letters and digits, 12 at most. Labs of different names do not touch.",
            transform: { text in
                guard let name = LabName(text) else {
                    throw ValidationError("'\(text)' is no lab name: lower-case letters and digits, a letter first")
                }
                return name
            })
        var name: LabName = .standard
    }

    struct Up: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Boot the hosts and write testbed.py, openrc and clouds.yaml.")

        @OptionGroup var lab: NameOption
        @Option(help: "How many controllers, 1 to 9.") var controllers = 3
        @Option(help: "How many compute hosts, 0 to 20.") var computes = 0
        @Flag(inversion: .prefixedNo, help: "With an OpenStack host and a client.") var openstack = true
        @Option(help: "Where openrc, clouds.yaml and .lab/testbed.py are written.") var directory = "."
        @Option(help: "Where else the testbed file is written.") var testbed: String?
        @Option(
            help: "The Debian packages that the hosts can install, besides what these need; separated by commas.",
            transform: { $0.split(separator: ",").map(String.init) })
        var packages = LabUp.defaultPackages
    }

    struct Status: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract:
                "Show hosts, power, addresses, faults and forwarded ports. Exit code 2 when something is off or broken."
        )

        enum Format: String, ExpressibleByArgument, CaseIterable {
            case text
            case json
        }

        @OptionGroup var lab: NameOption
        @Option(help: "text or json.") var format = Format.text
    }

    struct Shell: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Run a command (or a shell) in a host, or in the fabric that connects them.",
            usage: "skein lab shell [--name NAME] HOST [-- COMMAND …]")

        @OptionGroup var lab: NameOption
        @Argument(help: "A host's name, client, openstack, or fabric for the networks themselves.") var host: String
        @Argument(parsing: .postTerminator, help: "The command; a login shell without one.") var command: [String] = []
    }

    struct Down: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Remove every process, namespace, control group and file of the lab.")

        @OptionGroup var lab: NameOption
        @Flag(help: "Remove the cached images and packages too.") var wipe = false
    }

    struct RunForwarder: AsyncParsableCommand {
        static let configuration = CommandConfiguration(commandName: "forward", shouldDisplay: false)

        @OptionGroup var lab: NameOption
    }
}

extension LabCommand.Up {
    func run() async throws {
        let working = FileManager.default.currentDirectoryPath
        func absolute(_ path: String) -> String {
            path.hasPrefix("/") ? path : path == "." ? working : "\(working)/\(path)"
        }
        let progress = LabProgress()
        try await LabCommand.reporting {
            let plan = try LabPlan(
                name: lab.name, controllers: controllers, computes: computes, withOpenStack: openstack)
            let options = LabUp.Options(
                plan: plan, directory: absolute(directory), testbed: testbed.map(absolute), packages: packages,
                executable: try LabCommand.executable())
            let made = try await LabCommand.cancelledBySignals {
                try await LabUp.run(options) { progress.report($0) }
            }
            progress.report("lab '\(lab.name)' is up")
            print(try await LabStatus.read(made).text)
            print("testbed: \(absolute(directory))/.lab/testbed.py")
        }
    }
}

extension LabCommand.Status {
    func run() async throws {
        try await LabCommand.reporting {
            let status = try await LabStatus.read(try Lab.open(lab.name))
            switch format {
            case .text: print(status.text)
            case .json: print(status.json.prettyText())
            }
            if !status.isWhole { throw ExitCode(2) }
        }
    }
}

extension LabCommand.Shell {
    func run() async throws {
        try await LabCommand.reporting {
            let lab = try Lab.open(lab.name)
            let terminal = ProcessInfo.processInfo.environment["TERM"]
            throw LabShell.become(try LabShell.invocation(lab, host: host, command: command, terminal: terminal))
        }
    }
}

extension LabCommand.Down {
    func run() async throws {
        try await LabCommand.reporting {
            let found = try await LabDown.run(lab.name, wipe: wipe)
            print(found ? "removed lab '\(lab.name)'; nothing of it is left" : "there is no lab '\(lab.name)'")
        }
    }
}

extension LabCommand.RunForwarder {
    func run() async throws {
        try await LabCommand.reporting { try await Forwarder.run(lab.name) }
    }
}

extension LabCommand {
    /// Runs a subcommand: its errors become one line on standard error and exit code 1.
    static func reporting(_ body: () async throws -> Void) async throws {
        do {
            try await body()
        } catch let error as LabError {
            StandardStream.write("skein lab: \(error.message)\n", to: STDERR_FILENO)
            throw ExitCode(1)
        } catch is CancellationError {
            StandardStream.write("skein lab: interrupted\n", to: STDERR_FILENO)
            throw ExitCode(130)
        }
    }

    /// The path of this program, for the processes that it starts.
    static func executable() throws(LabError) -> String {
        guard let path = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") else {
            throw LabError(.fileSystem, "cannot read /proc/self/exe: the lab needs /proc")
        }
        return path
    }
}
