extension LabHost {
    /// The addresses that the host has on its interfaces now, each with its prefix length (`10.77.0.11/24`), read from
    /// the machine below it: a frozen host has them, too.
    package func addresses() async throws -> [String] {
        let output = try await Command.output(
            ["ip", "-netns", lab.name.namespace(ofHost: name), "-brief", "address", "show"])
        return output.split(separator: "\n").flatMap { $0.split(separator: " ").dropFirst(2).map(String.init) }
    }
}
