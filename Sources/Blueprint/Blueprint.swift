/// What a testbed means for each of its hosts: the resources that have to be there, in the order that quorum needs.
///
/// Made by ``Blueprint/init(testbed:facts:secrets:settings:)`` from values alone; `Deploy` compares it with what each
/// host has, and applies the difference.
package struct Blueprint: Hashable, Sendable {
    /// In the order of execution; a stage begins when the one before it has ended well on every host.
    package var stages: [Stage]
    /// What the operator should know before agreeing, such as a policy that this broker version does not have.
    package var notes: [String]
    /// `NAME=URL` of every member of the store with commas between them, as etcd takes it when one is formed.
    package var storeCluster: String

    package init(stages: [Stage], notes: [String] = [], storeCluster: String = "") {
        self.stages = stages
        self.notes = notes
        self.storeCluster = storeCluster
    }

    /// A step of the deployment that several hosts take, such as "store" or "broker".
    package struct Stage: Hashable, Sendable {
        /// A short stable name: `packages`, `certificates`, `store`, `broker`, `controller`, `proxy`, `vip`.
        package var name: String
        /// What it does, for people: "Forming the etcd cluster".
        package var title: String
        /// By host, in the order of the testbed.
        package var hosts: [HostResources]

        package init(name: String, title: String, hosts: [HostResources]) {
            self.name = name
            self.title = title
            self.hosts = hosts
        }
    }

    /// What one host needs in one stage, in order.
    package struct HostResources: Hashable, Sendable {
        /// ``Testbed/Testbed/Host/name``.
        package var host: String
        package var resources: [Resource]

        package init(host: String, resources: [Resource]) {
            self.host = host
            self.resources = resources
        }
    }
}

/// One thing that has to be on a host. It can be compared with what is there, and be brought about.
package enum Resource: Hashable, Sendable {
    /// Debian packages. The services of those that are installed for it neither start nor begin to start with the host; a
    /// package that is there already is somebody else's, and stays as it is.
    case packages([String])
    /// A system user with a group of its own, a home directory that is not created, and no shell.
    case user(String)
    case directory(path: String, owner: String, mode: Int)
    case file(File)
    /// A file that is encrypted with a key of the host's own (systemd-creds(1): root's, bound to a TPM where the host has
    /// one), for root only. A host without the program goes without the file.
    case sealed(path: String, content: String)
    /// The `skein` executable itself, copied from the build host to `/usr/local/bin/skein` (compared by SHA-256).
    case executable(path: String)
    /// A systemd unit that must be enabled and running.
    case service(Service)
    /// Something that only a command can tell and do. Both are run by `/bin/sh -ceu` as root.
    case command(Command)

    /// A file with known content.
    package struct File: Hashable, Sendable {
        package var path: String
        package var content: String
        package var owner: String
        package var mode: Int
        /// Its content is never shown: a plan says only that it differs.
        package var isSecret: Bool
        /// A command that must succeed on the new content, at the path in `$1`, before it replaces the old file, such as
        /// `haproxy -c -f "$1"`.
        package var validation: String?

        package init(
            path: String, content: String, owner: String = "root", mode: Int = 0o644, isSecret: Bool = false,
            validation: String? = nil
        ) {
            self.path = path
            self.content = content
            self.owner = owner
            self.mode = mode
            self.isSecret = isSecret
            self.validation = validation
        }
    }

    /// A running unit, and what makes it restart or reload.
    package struct Service: Hashable, Sendable {
        package var name: String
        /// Paths (files, executables) whose change in this run means a restart.
        package var restartsOn: [String]
        /// Paths whose change in this run means a reload only.
        package var reloadsOn: [String]
        /// A command that succeeds once the service serves; polled until `readySeconds` have passed.
        package var readiness: String?
        package var readySeconds: Int

        package init(
            name: String, restartsOn: [String] = [], reloadsOn: [String] = [], readiness: String? = nil,
            readySeconds: Int = 60
        ) {
            self.name = name
            self.restartsOn = restartsOn
            self.reloadsOn = reloadsOn
            self.readiness = readiness
            self.readySeconds = readySeconds
        }
    }

    /// A state that is not a file, a package or a service.
    package struct Command: Hashable, Sendable {
        /// What it brings about, for people: "policy ha-all on every classic queue".
        package var title: String
        /// Succeeds (exit code 0) when nothing needs to be done.
        package var check: String
        /// Brings it about; afterwards `check` must succeed within `seconds`.
        package var apply: String
        package var seconds: Int
        /// It interrupts a service that runs: such hosts take their turn one after the other.
        package var interrupts: Bool

        package init(title: String, check: String, apply: String, seconds: Int = 60, interrupts: Bool = false) {
            self.title = title
            self.check = check
            self.apply = apply
            self.seconds = seconds
            self.interrupts = interrupts
        }
    }
}
