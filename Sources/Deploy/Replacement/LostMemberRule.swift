import Blueprint
import Testbed

/// Finds members that `up` cannot bring back: their data is gone while the others serve, so that a start alone makes
/// nothing of them. Pure.
struct LostMemberRule {
    /// Why `up` does not go on, one line for each host; empty when no member is lost.
    var reasons: [String] = []

    /// - Parameter surveys: of every managed host that could be asked.
    init(testbed: Testbed, surveys: [ReplacementSurvey]) {
        let stores = testbed.hosts(in: .database)
        let serving = surveys.filter(\.storeServes)
        let members = serving.first?.storeMembers ?? []
        for survey in surveys where !survey.storeHasData && !survey.storeServes {
            guard !members.isEmpty, let host = stores.first(where: { $0.name == survey.host }) else { continue }
            let others = serving.map(\.host).joined(separator: ", ")
            let member = members.first { $0.peerURL.contains("//\(Self.urlHost(host.controlAddress)):") }
            if member?.isExpected == true { continue }
            if member == nil, members.count + 1 < stores.count {
                reasons.append(
                    "\(host.name): the store serves on \(others) with \(members.count) member"
                        + "\(members.count == 1 ? "" : "s"), and the testbed names \(stores.count): members are not "
                        + "added to a store that serves, and a second store would be formed; take the hosts that are "
                        + "new out of the role database")
            } else {
                reasons.append(
                    "\(host.name): its member of the store has no data, and the store serves on \(others): "
                        + "`skein replace TESTBED \(host.name)` makes it anew, then `skein up` goes on")
            }
        }
        for survey in surveys where !survey.brokerHasData && survey.brokerRunning == nil {
            guard let host = testbed.hosts(in: .cfgm).first(where: { $0.name == survey.host }),
                !reasons.contains(where: { $0.hasPrefix("\(host.name):") }),
                let other = surveys.first(where: { $0.brokerMembers.contains("rabbit@\(host.controlAddress)") })
            else { continue }
            reasons.append(
                "\(host.name): its broker has no data, and \(other.host) still counts it as a member: "
                    + "`skein replace TESTBED \(host.name)` makes it anew, then `skein up` goes on")
        }
    }

    private static func urlHost(_ address: String) -> String { address.contains(":") ? "[\(address)]" : address }
}

extension PreparedDeployment {
    /// What `skein replace` has to do before `skein up` can go on: see ``LostMemberRule``. Asks the hosts only when a
    /// member is to be started.
    package func lostMembers() async -> [String] {
        let starts = changes.stages.flatMap(\.hosts).flatMap(\.changes).contains { change in
            if case .service(let service) = change.resource {
                [DeploymentUnit.store, DeploymentUnit.broker].contains(service.name)
            } else {
                false
            }
        }
        return starts
            ? LostMemberRule(testbed: deployment.testbed, surveys: await deployment.memberSurveys()).reasons : []
    }
}
