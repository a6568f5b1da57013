import Testbed
import Testing

@testable import Deploy

/// On the hosts of `ReplacementRuleTests`: three controllers, of which c3 is looked at.
@Suite struct LostMemberRuleTests {
    /// What c1 and c2 say when c3's member is listed like this; nil when it is not listed.
    private static func others(_ third: String?) -> [ReplacementSurvey] {
        let members = (1...2).map {
            "a\($0), started, c\($0), https://192.0.2.\($0):2380, https://192.0.2.\($0):2379, false"
        }
        let list = (members + (third.map { [$0] } ?? [])).joined(separator: ";")
        return (1...2).map {
            ReplacementRuleTests.survey($0, ["store.members": list, "store.data": "yes", "broker.data": "yes"])
        }
    }

    private static let gone = ["store.leader": "", "store.members": "", "broker": ""]

    private static func reasons(_ third: [String: String], listed: String?) -> [String] {
        let surveys = others(listed) + [ReplacementRuleTests.survey(3, gone.merging(third) { $1 })]
        return LostMemberRule(testbed: ReplacementRuleTests.testbed, surveys: surveys).reasons
    }

    private static let started = "a3, started, c3, https://192.0.2.3:2380, https://192.0.2.3:2379, false"

    @Test(arguments: [
        // Its disk is empty; `replace` was killed when the member was removed; when it was added.
        started, nil, "a4, unstarted, , https://192.0.2.3:2380, , false",
    ])
    func aMemberWithoutDataIsReplacesWork(listed: String?) {
        let reasons = Self.reasons(["broker.data": "yes"], listed: listed)
        #expect(reasons.count == 1)
        #expect(reasons.first?.contains("`skein replace TESTBED c3`") == true)
        #expect(reasons.first?.contains("c1, c2") == true)
    }

    @Test func aMemberThatIsOnlyStoppedIsStartedByUp() {
        #expect(Self.reasons(["store.data": "yes", "broker.data": "yes"], listed: Self.started) == [])
    }

    /// The first `up` was interrupted when two of three had been started.
    @Test func aMemberThatWasNeverStartedIsStartedByUp() {
        #expect(
            Self.reasons(["broker.data": "yes"], listed: "a3, started, c3, https://192.0.2.3:2380, , false") == [])
    }

    @Test func aBrokerWithoutDataThatTheOthersCountIsReplacesWork() {
        let reasons = Self.reasons(["store.data": "yes"], listed: Self.started)
        #expect(reasons.count == 1)
        #expect(reasons.first?.contains("its broker has no data, and c1") == true)
    }

    @Test func inANewDeploymentNothingIsLost() {
        let surveys = (1...3).map { ReplacementRuleTests.survey($0, Self.gone) }
        #expect(LostMemberRule(testbed: ReplacementRuleTests.testbed, surveys: surveys).reasons == [])
    }

    /// One controller becomes three: a second store must not be formed beside the one that serves.
    @Test func aStoreThatServesDoesNotGrow() {
        let one = "a1, started, c1, https://192.0.2.1:2380, https://192.0.2.1:2379, false"
        let first = ReplacementRuleTests.survey(
            1, ["store.members": one, "store.data": "yes", "broker.data": "yes"])
        let surveys = [first] + (2...3).map { ReplacementRuleTests.survey($0, Self.gone) }
        let reasons = LostMemberRule(testbed: ReplacementRuleTests.testbed, surveys: surveys).reasons
        #expect(reasons.map { $0.prefix(3) } == ["c2:", "c3:"])
        #expect(reasons.first?.contains("serves on c1 with 1 member,") == true)
    }
}
