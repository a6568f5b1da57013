import Blueprint
import Testbed
import Testing

@testable import Deploy

/// What becomes of members, by what hosts say. Host N is `cN` at 192.0.2.N, and so is its member's id `aN`.
@Suite struct MembershipRuleTests {
    static func testbed(_ numbers: [Int], others: [Int: [Role]] = [:]) -> Testbed {
        Testbed(
            hosts: (numbers.map { ($0, [Role.cfgm, .database]) } + others.sorted { $0.key < $1.key }).map {
                number, roles in
                Testbed.Host(
                    hostString: "root@192.0.2.\(number)", name: "c\(number)", user: "root",
                    address: "192.0.2.\(number)", roles: roles)
            })
    }

    enum Member {
        case voter(Int)
        case learner(Int)
        /// Added, and never started.
        case added(Int)
        /// One that the store is being formed with, and that has not been started yet.
        case expected(Int)

        var line: String {
            switch self {
            case .voter(let n): "a\(n), started, c\(n), https://192.0.2.\(n):2380, https://192.0.2.\(n):2379, false"
            case .learner(let n): "a\(n), started, c\(n), https://192.0.2.\(n):2380, https://192.0.2.\(n):2379, true"
            case .added(let n): "a\(n), unstarted, , https://192.0.2.\(n):2380, , true"
            case .expected(let n): "a\(n), started, c\(n), https://192.0.2.\(n):2380, , false"
            }
        }
    }

    static let id = "14841639068965178418"
    static let otherID = "7"

    /// What a host prints.
    static func survey(
        _ number: Int, store: [Member]? = nil, storeID: String = id, broker: [Int]? = nil, running: [Int]? = nil,
        _ more: [String: String] = [:]
    ) -> MemberSurvey {
        var answers: [String: String] = [:]
        if let store {
            answers["store.data"] = "yes"
            answers["store.id"] = storeID
            answers["store.leader"] = "12"
            answers["store.members"] = store.map(\.line).joined(separator: ";")
        }
        if let broker {
            func nodes(_ numbers: [Int]) -> String { numbers.map { "rabbit@192.0.2.\($0)" }.joined(separator: ",") }
            answers["broker.data"] = "yes"
            answers["broker"] = "\"running \(nodes(running ?? broker));members \(nodes(broker));queues 0;on ;\""
        }
        answers.merge(more) { $1 }
        return MemberSurvey(host: "c\(number)", output: answers.map { "\($0.key)\t\($0.value)\n" }.joined())
    }

    static let parts = Dictionary(
        uniqueKeysWithValues: MemberSurvey.Part.allCases.filter { $0 != .vip }.map { ("part.\($0.rawValue)", "yes") })

    /// A host in an installation of these numbers.
    static func member(_ number: Int, of numbers: [Int]) -> MemberSurvey {
        survey(
            number, store: numbers.map { .voter($0) }, broker: numbers, parts.merging(["installation": "yes"]) { $1 })
    }

    static func host(_ number: Int) -> MemberHost {
        MemberHost(name: "c\(number)", controlAddress: "192.0.2.\(number)")
    }

    static let cluster = "c1=https://192.0.2.1:2380,c2=https://192.0.2.2:2380,c3=https://192.0.2.3:2380"

    static func rule(
        _ numbers: [Int], departed: [Int] = [], recorded: Set<String> = [], others: [Int: [Role]] = [:],
        _ surveys: [MemberSurvey]
    ) -> MembershipRule {
        MembershipRule(
            testbed: testbed(numbers, others: others), storeCluster: cluster, storeToken: "skein-2",
            departed: departed.map { host($0) },
            recorded: recorded, surveys: surveys)
    }

    // MARK: The first time

    @Test func inANewDeploymentAllFormOne() {
        let rule = Self.rule([1, 2, 3], (1...3).map { Self.survey($0) })
        #expect(rule.refusals == [])
        #expect(rule.storeStarts == ["c1": .form, "c2": .form, "c3": .form])
        #expect(rule.storeFormation == "skein-2 " + Self.cluster)
        #expect(rule.brokerStarts == rule.storeStarts)
        #expect(rule.departures.isEmpty)
    }

    /// The first `up` was killed when one member had been started, which waits for the others since.
    @Test func whatWasBegunIsGoneOnWith() {
        let begun = ["store.data": "yes", "store.formation": "skein-1 " + Self.cluster]
        let rule = Self.rule([1, 2, 3], [Self.survey(1, begun), Self.survey(2), Self.survey(3)])
        #expect(rule.refusals == [])
        #expect(rule.storeStarts == ["c2": .form, "c3": .form])
        // By the same token, or they would not be one store.
        #expect(rule.storeFormation == "skein-1 " + Self.cluster)
        let other = Self.survey(1, ["store.data": "yes", "store.formation": "skein-1 c1=https://192.0.2.1:2380"])
        let refused = Self.rule([1, 2, 3], [other, Self.survey(2), Self.survey(3)])
        #expect(refused.refusals.first?.contains("begun with other members") == true)
        #expect(refused.storeStarts.isEmpty)
    }

    /// One of three was not started when `up` was killed: it comes as one that joins.
    @Test func aMemberThatWasNeverStartedJoins() {
        let list: [Member] = [.voter(1), .voter(2), .expected(3)]
        let rule = Self.rule([1, 2, 3], [Self.survey(1, store: list), Self.survey(2, store: list), Self.survey(3)])
        #expect(rule.refusals == [])
        #expect(rule.storeStarts == ["c3": .join(through: [Self.host(1), Self.host(2)])])
    }

    @Test func noStoreIsFormedWhereOneMayBe() {
        let surveys = [Self.survey(2), Self.survey(3)]
        #expect(Self.rule([1, 2, 3], recorded: ["192.0.2.1"], surveys).refusals.first?.hasPrefix("c1:") == true)
        #expect(
            Self.rule([2, 3], departed: [1], recorded: ["192.0.2.1"], surveys).refusals.first?.hasPrefix("c1:") == true)
        let made = Self.survey(1, ["store.identity": "cdf818194e3a8c32"])
        let rule = Self.rule([1, 2, 3], [made, Self.survey(2), Self.survey(3)])
        #expect(rule.refusals.count == 1)
        #expect(rule.refusals.first?.contains("restore a backup") == true)
        #expect(rule.storeStarts.isEmpty)
    }

    // MARK: Growing

    @Test func oneBecomesThreeOneAfterTheOther() {
        let rule = Self.rule([1, 2, 3], [Self.member(1, of: [1]), Self.survey(2), Self.survey(3)])
        #expect(rule.refusals == [])
        #expect(rule.storeStarts == ["c2": .join(through: [Self.host(1)]), "c3": .join(through: [Self.host(1)])])
        #expect(rule.brokerStarts == rule.storeStarts)
    }

    @Test(arguments: [Member.added(3), .learner(3)])
    func aLearnerIsGoneOnWith(third: Member) {
        let list: [Member] = [.voter(1), .voter(2), third]
        let others = [Self.survey(1, store: list), Self.survey(2, store: list)]
        for own in [Self.survey(3), Self.survey(3, store: []), Self.survey(3, ["store.data": "yes"])] {
            let rule = Self.rule([1, 2, 3], others + [own])
            #expect(rule.refusals == [])
            #expect(rule.storeStarts == ["c3": .join(through: [Self.host(1), Self.host(2)])])
        }
    }

    @Test func aBrokerThatHasNotGotEverythingGoesOn() {
        let surveys = [
            Self.survey(1, broker: [1, 2]), Self.survey(2, broker: [1, 2], ["broker.joins": "yes"]),
        ]
        #expect(Self.rule([1, 2], surveys).brokerStarts == ["c2": .join(through: [Self.host(1)])])
    }

    /// Members with data that do not run are started as they are; who has none joins them then.
    @Test func whoHasDataIsStartedFirst() {
        let off = ["store.data": "yes", "broker.data": "yes"]
        let rule = Self.rule([1, 2, 3], [Self.survey(1, off), Self.survey(2, off), Self.survey(3)])
        #expect(rule.refusals == [])
        #expect(rule.storeStarts == ["c3": .join(through: [Self.host(1), Self.host(2)])])
        #expect(rule.brokerStarts == rule.storeStarts)
    }

    // MARK: Leaving

    @Test func threeBecomeOne() {
        let all = (1...3).map { Self.member($0, of: [1, 2, 3]) }
        let rule = Self.rule([1], departed: [2, 3], all)
        #expect(rule.refusals == [])
        #expect(rule.storeStarts.isEmpty)
        #expect(rule.storeStrays.isEmpty)
        #expect(rule.departures.map(\.host.name) == ["c2", "c3"])
        #expect(rule.departures.allSatisfy { $0.isWhole && $0.stores == [Self.host(1)] })
        #expect(rule.departures.first?.parts == [.proxy, .controller, .broker, .store])
    }

    @Test func aHostThatIsOffIsTakenOutFirst() {
        let rule = Self.rule(
            [1, 2, 4], departed: [3],
            [
                Self.member(1, of: [1, 2, 3]),
                Self.survey(2, store: [.voter(1), .voter(2), .voter(3)], broker: [1, 2, 3], running: [1, 2]),
                Self.survey(4),
            ])
        #expect(rule.refusals == [])
        #expect(rule.storeStrays == [.init(label: "c3", id: "a3", through: [Self.host(1), Self.host(2)])])
        #expect(rule.storeStarts.keys.sorted() == ["c4"])
        #expect(rule.departures.isEmpty)
        #expect(rule.notes.first?.contains("cannot be reached") == true)
    }

    @Test func aBrokerThatIsOffIsForgotten() {
        let surveys = [1, 2].map { Self.survey($0, broker: [1, 2, 3], running: [1, 2]) }
        let rule = Self.rule([1, 2], surveys)
        #expect(
            rule.brokerStrays == [
                .init(label: "rabbit@192.0.2.3", id: "rabbit@192.0.2.3", through: [Self.host(1), Self.host(2)])
            ])
    }

    /// Of a store whose members are not in the deployment's record.
    @Test func aMemberThatNobodyKnowsIsTakenOut() {
        let list: [Member] = [.voter(1), .voter(2), .voter(3)]
        let rule = Self.rule([1, 2], [1, 2].map { Self.survey($0, store: list) })
        #expect(rule.storeStrays.map(\.label) == ["c3 (https://192.0.2.3:2380)"])
    }

    @Test func aRoleMovesToAnotherHost() {
        let all = (1...3).map { Self.member($0, of: [1, 2, 3]) }
        let rule = Self.rule([1, 2, 4], others: [3: [.compute]], all + [Self.survey(4)])
        #expect(rule.refusals == [])
        #expect(rule.storeStarts["c4"] == .join(through: [1, 2, 3].map { Self.host($0) }))
        #expect(rule.departures.map(\.host.name) == ["c3"])
        #expect(rule.departures.first?.isWhole == true)
        let store = Self.rule([1, 2, 4], others: [3: [.cfgm]], all + [Self.survey(4)])
        #expect(store.departures.map(\.parts) == [[.store]])
        #expect(store.departures.first?.isWhole == false)
    }

    @Test func whatIsAsItShouldBeStays() {
        let rule = Self.rule([1, 2, 3], (1...3).map { Self.member($0, of: [1, 2, 3]) })
        #expect(rule.storeStarts.isEmpty && rule.brokerStarts.isEmpty && rule.departures.isEmpty)
        #expect(rule.storeStrays.isEmpty && rule.brokerStrays.isEmpty && rule.refusals.isEmpty && rule.notes.isEmpty)
    }

    // MARK: What is refused

    @Test func twoStoresAreNeverMixed() {
        let surveys = [
            Self.survey(1, store: [.voter(1)]), Self.survey(2, store: [.voter(2), .voter(3)], storeID: Self.otherID),
            Self.survey(3, store: [.voter(2), .voter(3)], storeID: Self.otherID),
        ]
        let rule = Self.rule([1, 2, 3], surveys)
        #expect(rule.refusals.count == 1)
        #expect(
            rule.refusals.first?.contains("cdf818194e3a8c32 on c1; ") ?? false
                || rule.refusals.first?.contains("7 on c2, c3") == true)
        #expect(rule.storeStarts.isEmpty)
    }

    @Test func controllersOfAnotherStoreAreNamed() {
        let surveys = [
            Self.survey(1, store: [.voter(1)]), Self.survey(2, ["store.identity": Self.otherID]),
        ]
        let rule = Self.rule([1, 2], surveys)
        #expect(rule.refusals.count == 1)
        #expect(rule.refusals.first?.hasPrefix("c2: its controller was made for the store 7,") == true)
    }

    @Test func aMemberThatLostItsDataIsReplacesWork() {
        let list: [Member] = [.voter(1), .voter(2), .voter(3)]
        let rule = Self.rule(
            [1, 2, 3],
            [
                Self.survey(1, store: list, broker: [1, 2, 3], running: [1, 2]),
                Self.survey(2, store: list, broker: [1, 2, 3], running: [1, 2]), Self.survey(3),
            ])
        #expect(rule.refusals.count == 1)
        #expect(rule.refusals.first?.contains("`skein replace TESTBED c3`") == true)
        #expect(rule.refusals.first?.contains("c1, c2") == true)
        let broker = Self.rule(
            [1, 2, 3],
            [
                Self.survey(1, store: list, broker: [1, 2, 3], running: [1, 2]),
                Self.survey(2, store: list, broker: [1, 2, 3], running: [1, 2]), Self.survey(3, store: list),
            ])
        #expect(broker.refusals.count == 1)
        #expect(broker.refusals.first?.contains("its broker has no data, and c1") == true)
    }

    /// A host that was a member of something else, or whose leaving was interrupted.
    @Test func dataOfAnotherStoreIsNotTouched() {
        let list: [Member] = [.voter(1), .voter(2)]
        let rule = Self.rule(
            [1, 2, 3],
            [
                Self.survey(1, store: list), Self.survey(2, store: list), Self.survey(3, ["store.data": "yes"]),
            ])
        #expect(rule.refusals.first?.contains("`skein replace TESTBED c3`") == true)
        #expect(rule.storeStarts.isEmpty)
    }

    @Test func aBrokerOfItsOwnIsNotMixed() {
        let rule = Self.rule(
            [1, 2, 3],
            [
                Self.survey(1, broker: [1, 2]), Self.survey(2, broker: [1, 2]), Self.survey(3, broker: [3]),
            ])
        #expect(rule.refusals.map { $0.prefix(3) } == ["c3:"])
        #expect(rule.refusals.first?.contains("is not of the cluster of c1, c2") == true)
    }
}
