import ArgumentParser
import Deploy
import Glibc

/// `skein unreadable`: the objects that the controllers cannot read.
struct UnreadableCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unreadable",
        abstract: "Show and delete the objects in the store that the controllers cannot read.",
        discussion: """
            An object that is damaged, or that a newer version of Skein has written, is set aside: all others are served, \
            and nothing that this one holds is given to another. After an upgrade to a version that can read it, it is \
            served again. Without an option this lists them with the reasons.
            """)

    @OptionGroup var arguments: DeploymentArguments

    @Option(help: ArgumentHelp("Print this object as it is in the store.", valueName: "key"))
    var show: String?

    @Option(
        help: ArgumentHelp(
            "Delete this object, with its name and the addresses and numbers that it holds; prints what it was.",
            valueName: "key"))
    var delete: String?

    @Option(help: "How to print the list: text or json.")
    var format = StatusCommand.Format.text

    @Flag(name: .shortAndLong, help: "Do not ask.")
    var yes = false

    func validate() throws {
        guard show == nil || delete == nil else {
            throw ValidationError("only one of --show and --delete is possible")
        }
    }

    func run() async throws {
        if let delete {
            try DeploymentArguments.confirm(
                "The object \(delete) will be deleted for good.", yes: yes, command: "skein unreadable")
        }
        let text = try await arguments.withDeployment { deployment in
            if let show { return String(decoding: try await deployment.unreadableObject(show), as: UTF8.self) + "\n" }
            if let delete {
                let content = try await deployment.deleteUnreadableObject(delete)
                return "Deleted:\n\(String(decoding: content, as: UTF8.self))\n"
            }
            return try await deployment.unreadableObjects(asJSON: format == .json)
        }
        StandardStream.write(text, to: STDOUT_FILENO)
    }
}
