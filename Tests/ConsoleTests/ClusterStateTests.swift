import Console
import Testing

@Suite struct ClusterStateTests {
    @Test func everythingWell() {
        #expect(ClusterState.healthy.health == .ok)
        #expect(ClusterState.healthy.problems == [])
        #expect(ClusterState.healthy.headline == "Everything works on 3 controllers.")
    }

    @Test func oneControllerAwayIsDegraded() {
        let state = ClusterState.degraded
        #expect(state.health == .degraded)
        #expect(state.headline == "The installation serves; 2 of 3 controllers answer.")
        #expect(
            state.problems == [
                "ctl3 does not answer: no answer within 1.5 seconds.",
                "Store member ctl3 is not healthy: connection refused.",
                "Broker member ctl3 is not healthy: no route to host.",
            ])
    }

    @Test func storeWithoutMajorityFails() {
        var state = ClusterState.degraded
        state.isStoreWritable = false
        #expect(state.health == .failed)
        #expect(state.problems.first?.contains("no majority") == true)
        state.isStoreWritable = nil
        #expect(state.health == .failed)
    }

    @Test(arguments: [([], "No controller"), (["ctl1", "ctl2"], "on ctl1 and ctl2 at once")])
    func virtualIPIsOnExactlyOne(_ owners: [String], _ words: String) {
        var state = ClusterState.healthy
        state.virtualIPs[0].owners = owners
        #expect(state.health == .failed)
        #expect(state.problems.first?.contains(words) == true)
    }

    @Test func serviceThatIsNotActiveIsAProblem() {
        var state = ClusterState.healthy
        state.hosts[0].services[1].state = "initializing"
        state.hosts[0].services[1].reason = "the store does not answer"
        state.hosts[1].services[0].state = "backup"
        state.storeAlarms = ["NOSPACE on ctl1"]
        #expect(
            state.problems == [
                "skein-neutron on ctl1 is initializing: the store does not answer.",
                "The store raises an alarm: NOSPACE on ctl1.",
            ])
        #expect(state.hosts[0].health == .degraded)
    }
}
