import Blueprint
import Testbed

/// How full the store's member on one host is. Pure: makes the script, and reads what it printed.
struct StoreSurvey: Hashable {
    var host: String
    /// The member's id, as `etcdctl` takes it.
    var memberID: String
    var isLeader: Bool
    /// The size of its file on the disk, which is what the limit counts, in bytes.
    var bytes: Int
    /// How much of the file holds something, in bytes.
    var bytesInUse: Int
    /// The size at which the store takes no more writes, in bytes; nil when the member's configuration does not say.
    var limit: Int?
    /// The store's alarms, as any member tells them.
    var alarms: [String]

    static func script(for host: Testbed.Host) -> String {
        """
        tell() { printf '%s\\t%s\\n' "$1" "$2"; }
        \(StoreControl.functions(host.controlAddress, seconds: 5))
        url=$(sed -n 's/^initial-advertise-peer-urls: //p' \(DeploymentPath.storeConfiguration))
        tell number "$(field member_id)"
        tell leader "$(field leader)"
        tell bytes "$(field dbSize)"
        tell used "$(field dbSizeInUse)"
        tell limit "$(sed -n 's/^quota-backend-bytes: //p' \(DeploymentPath.storeConfiguration))"
        tell member "$(ctl member list 2>/dev/null | awk -F', ' -v url="$url" '$4 == url { print $1 }')"
        tell alarms "$(ctl alarm list 2>/dev/null | tr '\\n\\t' ';  ')"
        """
    }

    /// Reads what the script printed.
    ///
    /// - Returns: nil when the member does not answer, or has no leader: then the store has no majority around it.
    init?(host: String, output: String) {
        let answers = StatusProbe.answers(output)
        guard let leader = answers["leader"], !leader.isEmpty, leader != "0",
            let memberID = answers["member"], !memberID.isEmpty,
            let bytes = answers["bytes"].flatMap({ Int($0) })
        else { return nil }
        self.host = host
        self.memberID = memberID
        isLeader = answers["number"] == leader
        self.bytes = bytes
        bytesInUse = answers["used"].flatMap { Int($0) } ?? bytes
        limit = answers["limit"].flatMap { Int($0) }
        // An id and a kind each, such as `memberID:8 alarm:NOSPACE`.
        alarms = (answers["alarms"] ?? "").split(separator: ";")
            .map { $0.split(separator: " ").joined(separator: " ") }.filter { !$0.isEmpty }
    }
}
