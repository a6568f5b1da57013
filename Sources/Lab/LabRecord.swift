/// What `skein lab up` remembers about a lab; the file holds a password and is readable by root only.
struct LabRecord: Sendable, Codable {
    /// How far `up` came.
    enum Phase: String, Sendable, Codable {
        /// Being made, or left half made by an `up` that was interrupted.
        case starting
        case up
    }

    var plan: LabPlan
    var phase: Phase
    /// The password of Keystone's `admin` in this lab.
    var adminPassword: String
    /// The directory of the base image and that of the layer above it for OpenStack's hosts.
    var base: String
    var openstack: String?
    /// The directory of Debian packages that the hosts see.
    var packages: String
    /// Absolute paths of the files written outside of the lab's state directory.
    var files: [String]

    /// The read-only layers of a host's root, the topmost first.
    func layers(_ kind: LabPlan.Host.Kind) -> [String] {
        switch kind {
        case .controller, .compute: [base]
        case .openstack, .client: [openstack, base].compactMap(\.self)
        }
    }
}
