import Blueprint
import Foundation
import Testing

/// The watch's rule, by the script itself: what the system would say is played by programs of the test's own.
@Suite struct BrokerWatchTests {
    /// What the watch of one node sees at a look.
    struct Look: CustomStringConvertible {
        var isActive = true
        /// Nodes that take connections and have none with this one, by their number.
        var lost: Set<Int> = []
        /// Nodes that do not answer at all.
        var away: Set<Int> = []
        /// Whether the broker takes clients; a paused one does not.
        var listens = true
        /// What the broker answers when it is asked.
        var answer = "true 0"

        var description: String {
            "active \(isActive), listens \(listens), lost \(lost.sorted()), away \(away.sorted()), \(answer)"
        }
    }

    /// - Parameters:
    ///   - node: whose watch it is, of three.
    ///   - restart: at which look of a long row the node is restarted for the first time; nil for never.
    @Test(arguments: [
        (1, Look(), nil),
        (1, Look(lost: [2, 3]), 4),
        (2, Look(lost: [1, 3]), 5),
        (3, Look(lost: [1, 2]), 6),
        // Nobody to return to: what is off or cut off does not come back by a restart here.
        (1, Look(away: [2, 3]), nil),
        (1, Look(away: [2], answer: "false 0"), 10),
        // One is off and the other one lost: no majority, and one that can be reached.
        (1, Look(lost: [3], away: [2]), 4),
        // Two that miss only each other: the later one gives way.
        (1, Look(lost: [3]), nil),
        (3, Look(lost: [1]), 6),
        (2, Look(lost: [3]), nil),
        // Connected, and the partition stays in memory: the smaller side.
        (1, Look(answer: "true 2"), 10),
        (2, Look(answer: "true 1"), nil),
        (1, Look(answer: "false 0"), 10),
        // A closed port is a reason to ask at once.
        (1, Look(listens: false, answer: "false 0"), 3),
        (3, Look(listens: false, answer: "false 0"), 5),
        (1, Look(listens: false), nil),
        (1, Look(away: [2, 3], listens: false, answer: "false 0"), nil),
        // Paused while a majority is away is right.
        (1, Look(away: [2, 3], answer: "false 0"), nil),
        (1, Look(answer: "Error: timeout"), nil),
        (1, Look(answer: ""), nil),
        // A node that starts is left alone for as long as it takes.
        (1, Look(isActive: false, lost: [2, 3]), nil),
    ])
    func restart(node: Int, look: Look, at restart: Int?) throws {
        let watch = try Watch(node: node)
        defer { watch.remove() }
        let restarts = try (1...20).first { _ in try watch.look(look) }
        #expect(restarts == restart)
    }

    @Test func oneGoodLookBeginsAnew() throws {
        let watch = try Watch(node: 1)
        defer { watch.remove() }
        let cut = Look(lost: [2, 3])
        for _ in 0..<3 { #expect(try !watch.look(cut)) }
        #expect(try !watch.look(Look()))
        for _ in 0..<3 { #expect(try !watch.look(cut)) }
        #expect(try watch.look(cut))
        // And so does the restart itself.
        for _ in 0..<3 { #expect(try !watch.look(cut)) }
    }

    @Test func thereIsNoneWithoutAMajorityToReturnTo() throws {
        let hosts = try (1...2).map { try Fixture.host($0) }
        let blueprint = try Fixture.blueprint(Fixture.testbed(hosts: hosts))
        #expect(blueprint.file(DeploymentPath.brokerWatch, "c1") == nil)
    }
}

/// One node's script in a folder with programs that answer as a look says.
private struct Watch {
    private let folder: URL
    private let script: URL

    init(node: Int) throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "skein-watch-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        script = folder.appending(path: "broker-watch")
        let file = try #require(Fixture.blueprint(Fixture.testbed()).file(DeploymentPath.brokerWatch, "c\(node)"))
        try Data(file.content.utf8).write(to: script)
        try program(
            "systemctl", #"[ "$1" = restart ] && echo restart >>"$FOLDER/restarts"; [ "$1" = restart ] || $ACTIVE"#)
        try program(
            "ss",
            #"[ "$1" != -Hltn ] || { $LISTENS && echo "LISTEN 0 own:5671"; exit 0; }; case " $NOT_CONNECTED " in *" $5 "*) ;; *) echo "0 0 own:1 $5:25672" ;; esac"#
        )
        try program(
            "timeout",
            #"case "$2" in *rabbitmqctl) echo "\"$ANSWER\"" ;; *) case "$AWAY" in *"$5"*) exit 1 ;; esac ;; esac"#)
        try program("nice", #"shift 2; exec "$@""#)
    }

    func remove() { try? FileManager.default.removeItem(at: folder) }

    /// - Returns: whether the node was restarted.
    func look(_ look: BrokerWatchTests.Look) throws -> Bool {
        func addresses(_ nodes: Set<Int>) -> [String] { nodes.sorted().map { "172.16.41.\($0)" } }
        let process = Process()
        process.executableURL = URL(filePath: "/bin/bash")
        process.arguments = [script.path()]
        process.environment = [
            "PATH": "\(folder.path()):/usr/bin:/bin", "FOLDER": folder.path(), "RUNTIME_DIRECTORY": folder.path(),
            "ACTIVE": look.isActive ? "true" : "false", "LISTENS": look.listens ? "true" : "false",
            "NOT_CONNECTED": addresses(look.lost.union(look.away)).joined(separator: " "),
            "AWAY": addresses(look.away).map { "/dev/tcp/\($0)/25672" }.joined(separator: " "), "ANSWER": look.answer,
        ]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = output
        try process.run()
        let text = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        process.waitUntilExit()
        let restarts = folder.appending(path: "restarts")
        let restarted = FileManager.default.fileExists(atPath: restarts.path())
        // It says why, and is silent else.
        #expect(text.hasPrefix("RabbitMQ is ") == restarted && text.isEmpty != restarted, "\(text)")
        try? FileManager.default.removeItem(at: restarts)
        return restarted
    }

    private func program(_ name: String, _ body: String) throws {
        let path = folder.appending(path: name)
        try Data("#!/bin/sh\n\(body)\n".utf8).write(to: path)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path.path())
    }
}
