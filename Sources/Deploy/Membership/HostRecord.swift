import Blueprint
import JSON
import Remote
import Testbed

/// What is kept of a host that `up` has worked on, on the build host: enough to find it when a later testbed does not name
/// it any more.
struct HostRecord: Hashable {
    var name: String
    var user: String
    /// Where it is logged in at.
    var address: String
    var controlAddress: String

    init(name: String, user: String, address: String, controlAddress: String) {
        self.name = name
        self.user = user
        self.address = address
        self.controlAddress = controlAddress
    }

    init(_ host: Testbed.Host) {
        self.init(name: host.name, user: host.user, address: host.address, controlAddress: host.controlAddress)
    }

    /// Those that a testbed does not manage, by the addresses: one that was only renamed is the same. Where a name is
    /// somebody else's by now, the address is added to it.
    static func departed(_ records: [HostRecord], from testbed: Testbed) -> [HostRecord] {
        let managed = testbed.hosts.filter(\.isManaged)
        return records.filter { record in
            !managed.contains { $0.address == record.address || $0.controlAddress == record.controlAddress }
        }.map { record in
            var record = record
            if testbed.hosts.contains(where: { $0.name == record.name }) { record.name += " (\(record.address))" }
            return record
        }
    }

    var json: JSONValue {
        [
            "name": .string(name), "user": .string(user), "address": .string(address),
            "control_address": .string(controlAddress),
        ]
    }

    init(_ object: inout StrictObject) {
        self.init(
            name: object.string("name"), user: object.string("user"), address: object.string("address"),
            controlAddress: object.string("control_address"))
    }
}

extension MemberHost {
    init(_ record: HostRecord) { self.init(name: record.name, controlAddress: record.controlAddress) }
}

extension Deployment {
    /// Keeps what is to be known of hosts when a later testbed does not name them: of those that this run works on, and of
    /// the earlier ones, which may hold data.
    ///
    /// - Parameter gone: names of hosts that have left and were taken out.
    /// - Throws: ``DeployError`` `localState`
    func noteHosts(gone: [String]) throws(DeployError) {
        let present = testbed.hosts.filter { host in hosts.contains { $0.name == host.name } }.map { HostRecord($0) }
        let gone = departed.map(\.host).filter { gone.contains($0.name) }.map(\.controlAddress)
        let others = recorded.filter { record in
            !gone.contains(record.controlAddress)
                && !present.contains { $0.address == record.address || $0.controlAddress == record.controlAddress }
        }
        try directory.note(hosts: present + others)
    }
}

extension DeploymentDirectory {
    private var hostsFile: String { path + "/hosts.json" }

    /// The hosts that `up` has worked on.
    ///
    /// - Throws: ``DeployError`` `localState`
    func readHosts() throws(DeployError) -> [HostRecord] {
        guard let bytes = read(hostsFile) else { return [] }
        do {
            var object = StrictObject(try JSONValue(parsing: bytes))
            let records = object.objects("hosts") { HostRecord(&$0) }
            try object.finish()
            return records
        } catch {
            throw DeployError(
                .localState,
                "\(hostsFile): \(error); move it away, and hosts that have left the testbed must be cleaned by hand")
        }
    }

    /// Keeps them.
    ///
    /// - Throws: ``DeployError`` `localState`
    func note(hosts: [HostRecord]) throws(DeployError) {
        let object: JSONValue = ["hosts": .array(hosts.map(\.json))]
        try write(Array((object.prettyText() + "\n").utf8), to: hostsFile)
    }
}
