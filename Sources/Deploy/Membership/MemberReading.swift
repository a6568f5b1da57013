import Addressing
import Remote
import Testbed

extension Deployment {
    /// How long a host may take to say what it knows of the members, in seconds; one that takes longer is not known.
    private static let patience = 60

    /// The addresses of hosts that have left the testbed.
    func departedAddresses() async -> Set<IPAddress> {
        let texts = await concurrently(departed.map(\.remote)) { host async -> [String] in
            let script = "ip -o address show | awk '{ sub(\"/.*\", \"\", $4); print $4 }'"
            guard let output = try? await host.run(script, seconds: 20), output.succeeded else { return [] }
            return output.output.split(whereSeparator: \.isNewline).map(String.init)
        }
        return Set(texts.joined().compactMap { IPAddress($0) })
    }

    /// What every managed host says of the members, and every host that has left the testbed; without those that could not
    /// be asked.
    func memberSurveys() async -> [MemberSurvey] {
        let places =
            testbed.hosts.compactMap { host in hosts.first { $0.name == host.name }.map { (MemberHost(host), $0) } }
            + departed.map { (MemberHost($0.host), $0.remote) }
        return await concurrently(places) { host, remote async -> MemberSurvey? in
            let script = MemberSurvey.script(controlAddress: host.controlAddress)
            guard let output = try? await remote.run(script, seconds: Self.patience), output.succeeded else {
                return nil
            }
            return MemberSurvey(host: host.name, output: output.output)
        }.compactMap { $0 }
    }
}
