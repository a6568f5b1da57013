import Blueprint
import Testbed

/// A host that a run leaves out, so that the others need not wait for it.
package struct LeftOutHost: Hashable, Sendable {
    package var host: String
    /// Why, for people.
    package var reason: String
}

/// Decides whether a run goes on without the hosts that could not be looked at. Pure.
///
/// A host without a part of a controller never holds the others up, whatever is wrong with it. A controller that does not
/// answer is left out as long as the others are an installation without it: one that exists, with a majority of its store
/// and an API. One that answers and lets nobody in is an error to be mended, not a failure to work around.
struct AbsenceRule {
    /// A host that could not be looked at.
    struct Failure: Error, Hashable {
        var host: String
        /// One line, with the host's name in front.
        var reason: String
        /// It does not answer: no connection, or silence.
        var isSilent: Bool
    }

    /// In the testbed's order.
    private(set) var leftOut: [LeftOutHost] = []
    /// Why the run must not go on; empty when it may.
    private(set) var refusals: [String] = []

    /// - Parameter surveys: of the hosts that could be looked at.
    init(testbed: Testbed, surveys: [HostSurvey], failures: [Failure]) {
        let managed = testbed.hosts.filter(\.isManaged)
        for host in managed {
            guard let failure = failures.first(where: { $0.host == host.name }) else { continue }
            if host.isController, !failure.isSilent {
                refusals.append(failure.reason)
            } else {
                leftOut.append(LeftOutHost(host: host.name, reason: failure.reason))
            }
        }
        let silent = leftOut.filter { left in managed.contains { $0.name == left.host && $0.isController } }
        guard !silent.isEmpty else { return }
        let reasons = silent.map(\.reason)
        let stores = testbed.hosts(in: .database)
        let answering = stores.filter { store in surveys.contains { $0.facts.host == store.name } }
        if !surveys.contains(where: \.hasStoreData) {
            refusals += reasons
            refusals.append("a first deployment needs every controller: bring it back, or take it out of the testbed")
        } else if answering.count <= stores.count / 2 {
            refusals += reasons
            refusals.append(
                "only \(answering.count) of \(stores.count) database hosts answer\(answering.count == 1 ? "s" : ""): the store "
                    + "has no majority, and nothing can be changed safely; bring one back first")
        } else if !testbed.hosts(in: .cfgm).contains(where: { host in surveys.contains { $0.facts.host == host.name } })
        {
            refusals += reasons
            refusals.append("no host of role cfgm answers: there is no API to check the result with")
        }
    }
}
