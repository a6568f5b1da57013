import Glibc

/// Running a user's command in a lab, with the user's terminal.
package enum LabShell {
    /// What to execute, and with which environment.
    package struct Invocation: Hashable, Sendable {
        /// The program and its arguments.
        package var arguments: [String]
        /// The whole environment of the program.
        package var environment: [String: String]
    }

    /// The invocation for a host, or with the host name `fabric` for the networks that connect the hosts.
    ///
    /// OpenStack's variables are set on the client and in the fabric. Throws `notFound` for an unknown host and
    /// `wrongState` for one that is off.
    package static func invocation(_ lab: Lab, host name: String, command: [String], terminal: String?) throws(LabError)
        -> Invocation
    {
        var environment = [
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LANG": "C.UTF-8",
            "SHELL": "/bin/bash", "USER": "root",
        ]
        environment["TERM"] = terminal
        // In the environment, not among the arguments: those are for everyone to see.
        func addCredentials() {
            for (name, value) in ClientFiles.environment(lab.plan, adminPassword: lab.adminPassword) {
                environment[name] = value
            }
        }
        let wanted = command.isEmpty ? ["/bin/bash", "-l"] : command
        if name == "fabric" {
            addCredentials()
            return Invocation(arguments: lab.fabric.inside(wanted), environment: environment)
        }
        let host = try lab.host(name)
        if host.host.kind == .client { addCredentials() }
        return Invocation(arguments: try host.inside(wanted), environment: environment)
    }

    /// Becomes the invocation's program: terminal, standard streams, signals and exit code are the program's own.
    /// Returns only when that is not possible, with the reason.
    package static func become(_ invocation: Invocation) -> LabError {
        clearenv()
        for (name, value) in invocation.environment { setenv(name, value, 1) }
        var arguments: [UnsafeMutablePointer<CChar>?] = invocation.arguments.map { strdup($0) }
        arguments.append(nil)
        let program = invocation.arguments.first ?? ""
        execvp(program, arguments)
        return LabError(.commandFailed, "cannot run \(program): \(String(cString: strerror(errno)))")
    }
}
