import Testing

@testable import Drill

@Suite struct LoadPlanTests {
    @Test(arguments: [0, 1, 25, 50, 75, 99, 100]) func eachHundredRequestsHaveTheSharesOfThePlan(share: Int) {
        var plan = LoadPlan()
        plan.readShare = share
        for start in [0, 300, 12_345] {
            let kinds = (start..<start + 100).map { plan.kind($0) }
            #expect(kinds.count { $0 == .read || $0 == .list } == share)
            #expect(abs(kinds.count { $0 == .create } - kinds.count { $0 == .write }) <= 1)
            #expect(abs(kinds.count { $0 == .read } - kinds.count { $0 == .list }) <= 1)
        }
    }

    /// A client that keeps its connections and one that does not ask for each kind of thing at each of two addresses.
    @Test func eachKindComesOnEachConnectionToEachAddress() {
        struct Combination: Hashable {
            var address: Int
            var connection: HTTPLoadClient.Connection
            var kind: LoadPlan.Kind
        }
        let plan = LoadPlan()
        let found = (0..<400).map {
            Combination(address: $0 % 2, connection: plan.connection($0 / 2), kind: plan.kind($0))
        }
        #expect(Set(found).count == 2 * 2 * 4)
    }

    @Test func lateRequestsAreCounted() {
        var pace = LoadPace()
        for lateness in [0.0, 0.05, 0.2, 0.11] { pace.add(lateness: lateness) }
        #expect(pace.sent == 4)
        #expect(pace.late == 2)
        #expect(pace.latest == 0.2)
    }

    @Test func aNetworkOfAKilledDrillSaysWhichQuotaItLifted() {
        #expect(LoadLeftovers.quota(LoadLeftovers.description(quota: 500)) == 500)
        #expect(LoadLeftovers.quota(LoadLeftovers.description(quota: nil)) == nil)
        #expect(LoadLeftovers.quota("500") == nil)
    }
}
