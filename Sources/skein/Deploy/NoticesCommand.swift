import ArgumentParser
import Deploy
import Glibc

/// `skein notices`: the notices that could not be published.
struct NoticesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "notices",
        abstract: "Show and drop the notices that could not be published.",
        discussion: """
            A notice that cannot be read, or that RabbitMQ refuses for good, is set aside so that the others go on. \
            `skein status` says how many there are. Without an option this lists the oldest 50 with the reasons.
            """)

    @OptionGroup var arguments: DeploymentArguments

    @Option(help: ArgumentHelp("Print this notice as it was to be published.", valueName: "id"))
    var show: String?

    @Option(help: ArgumentHelp("Drop this notice.", valueName: "id"))
    var drop: String?

    @Flag(help: "Drop all of them, and begin anew to count what was given up because too many notices waited.")
    var dropAll = false

    @Flag(name: .shortAndLong, help: "Do not ask.")
    var yes = false

    func validate() throws {
        guard [show != nil, drop != nil, dropAll].count(where: \.self) <= 1 else {
            throw ValidationError("only one of --show, --drop and --drop-all is possible")
        }
    }

    func run() async throws {
        if drop != nil || dropAll {
            try DeploymentArguments.confirm(
                drop.map { "The notice \($0) will be dropped." } ?? "All notices that are set aside will be dropped.",
                yes: yes, command: "skein notices")
        }
        let text = try await arguments.withDeployment { deployment in
            if let show { return try await deployment.setAsideNotice(show) }
            if drop != nil || dropAll { return try await deployment.dropSetAsideNotices(drop) }
            return try await deployment.setAsideNotices()
        }
        StandardStream.write(text, to: STDOUT_FILENO)
    }
}
