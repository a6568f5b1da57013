/// Where a lab keeps its files.
package struct LabPaths: Hashable, Sendable {
    /// The directory of all labs' state.
    package static let stateRoot = "/var/lib/skein-lab"
    /// The directory of the images and packages that all labs share, and that outlives them.
    package static let cacheRoot = "/var/cache/skein-lab"

    /// The state of this lab; nothing of it is left after `down`.
    package let state: String

    package init(_ name: LabName) { state = "\(Self.stateRoot)/\(name)" }

    /// The record of the lab: ``LabRecord`` as JSON, readable by root only.
    var record: String { "\(state)/lab.json" }
    /// The SSH private key that all hosts accept for root.
    package var key: String { "\(state)/key" }
    var publicKey: String { "\(key).pub" }
    /// The forwards that exist: an array of ``Forward`` as JSON, written by the forwarder once it listens.
    var forwards: String { "\(state)/forwards.json" }
    var forwarderLog: String { "\(state)/forwarder.log" }

    /// The directory of one host.
    func host(_ name: String) -> String { "\(state)/hosts/\(name)" }
    /// What the host wrote: the upper directory of its root.
    func upper(_ host: String) -> String { "\(self.host(host))/upper" }
    func work(_ host: String) -> String { "\(self.host(host))/work" }
    func root(_ host: String) -> String { "\(self.host(host))/root" }
    /// The process id of the host's systemd-nspawn.
    func processID(_ host: String) -> String { "\(self.host(host))/nspawn.pid" }
    func console(_ host: String) -> String { "\(self.host(host))/console.log" }
    /// One file for each fault that is active on the host.
    func faults(_ host: String) -> String { "\(self.host(host))/faults" }
}
