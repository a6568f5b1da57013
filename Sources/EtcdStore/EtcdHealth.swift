import EtcdAPI
import GRPCCore
import Store

/// Asks every member how it is.
struct EtcdHealth {
    /// How long a member may take; a status display must not wait for what is gone.
    private static let patience = Duration.seconds(1)

    let cluster: EtcdCluster

    func read() async -> StoreHealth {
        async let names = names()
        let statuses = await withTaskGroup(of: (Int, Result<Etcdserverpb_StatusResponse, CallFailure>).self) { group in
            for index in cluster.members.indices {
                group.addTask { (index, await cluster.status(of: index, patience: Self.patience)) }
            }
            return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
        let known = await names
        var alarms: Set<String> = []
        let members = cluster.members.indices.map { index in
            let endpoint = cluster.members[index].endpoint.description
            let name = known[endpoint] ?? endpoint
            switch statuses[index] {
            case .success(let status):
                alarms.formUnion(status.errors.filter { $0.contains("alarm:") }.map { alarm($0) })
                if let objection = cluster.identity?.objection(
                    to: cluster.members[index].endpoint, of: status.header.clusterID)
                {
                    return StoreHealth.Member(
                        name: name, endpoint: endpoint, isHealthy: false, isLeader: false, reason: objection)
                }
                let hasLeader = status.leader != 0
                return StoreHealth.Member(
                    name: name, endpoint: endpoint, isHealthy: hasLeader,
                    isLeader: hasLeader && status.leader == status.header.memberID,
                    reason: hasLeader ? "" : "the member has no leader")
            case .failure(let failure):
                return StoreHealth.Member(
                    name: name, endpoint: endpoint, isHealthy: false, isLeader: false, reason: failure.error.message)
            case nil:
                return StoreHealth.Member(
                    name: name, endpoint: endpoint, isHealthy: false, isLeader: false, reason: "not asked")
            }
        }
        return StoreHealth(members: members, alarms: alarms.sorted())
    }

    /// The members' names by the addresses at which clients reach them, from the first member that tells.
    private func names() async -> [String: String] {
        await withTaskGroup(of: [String: String].self) { group in
            for index in cluster.members.indices {
                group.addTask {
                    let answer: Result<Etcdserverpb_MemberListResponse, CallFailure> = await cluster.ask(
                        Etcdserverpb_Cluster.Method.MemberList.descriptor, Etcdserverpb_MemberListRequest(),
                        member: index, patience: Self.patience)
                    guard case .success(let list) = answer else { return [:] }
                    return list.members.reduce(into: [:]) { names, member in
                        for url in member.clientUrls { names[url] = member.name }
                    }
                }
            }
            for await names in group where !names.isEmpty {
                group.cancelAll()
                return names
            }
            return [:]
        }
    }

    /// An alarm in words; etcd writes `memberID:10276657743932975437 alarm:NOSPACE `.
    private func alarm(_ text: String) -> String {
        if text.contains("NOSPACE") {
            return "the store is full: `skein defragment` makes room"
        }
        if text.contains("CORRUPT") { return "a member's data differs from the others'" }
        return text
    }
}
