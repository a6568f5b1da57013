import Testbed
import Testing

@testable import Deploy

@Suite struct ReplacementRuleTests {
    static let testbed = Testbed(
        hosts: (1...3).map { number in
            Testbed.Host(
                hostString: "root@192.0.2.\(number)", name: "c\(number)", user: "root", address: "192.0.2.\(number)",
                roles: [.cfgm, .database])
        })

    /// What a host prints when all is well, with some answers changed; an empty one is not printed.
    static func survey(_ number: Int, _ changes: [String: String] = [:]) -> MemberSurvey {
        let members = (1...3).map {
            "a\($0), started, c\($0), https://192.0.2.\($0):2380, https://192.0.2.\($0):2379, false"
        }
        let nodes = (1...3).map { "rabbit@192.0.2.\($0)" }.joined(separator: ",")
        let answers = [
            "store.leader": "10276657743932975432", "store.members": members.joined(separator: ";"),
            "broker":
                "\"running \(nodes);members \(nodes);queues 3;on rabbit@192.0.2.1=3,rabbit@192.0.2.2=3,rabbit@192.0.2.3=3;\"",
        ].merging(changes) { $1 }
        return MemberSurvey(
            host: "c\(number)", output: answers.map { "\($0.key)\t\($0.value)\n" }.joined())
    }

    static func rule(_ surveys: [MemberSurvey], insists: Bool = false) -> ReplacementRule {
        ReplacementRule(testbed: testbed, host: testbed.hosts[2], surveys: surveys, insists: insists)
    }

    static let storeGone = ["store.leader": "", "store.members": ""]
    static let brokerGone = ["broker": ""]

    @Test func aSurveyIsRead() {
        let survey = Self.survey(1)
        #expect(survey.storeMembers.map(\.peerURL).last == "https://192.0.2.3:2380")
        #expect(survey.brokerRunning?.count == 3)
        #expect(survey.queuesOn["rabbit@192.0.2.2"] == 3)
        #expect(MemberSurvey(host: "c1", output: "broker\tError: it hangs\n").brokerRunning == nil)
    }

    @Test func whatIsWellIsNotReplacedUnlessInsisted() {
        let surveys = (1...3).map { Self.survey($0) }
        #expect(Self.rule(surveys).steps.isEmpty)
        #expect(Self.rule(surveys).refusals.first?.contains("--force") == true)
        #expect(Self.rule(surveys, insists: true).steps.count == 7)
    }

    @Test func onlyTheMemberThatIsGoneIsReplaced() {
        let store = Self.rule([Self.survey(1), Self.survey(2), Self.survey(3, Self.storeGone)])
        #expect(store.refusals == [])
        #expect(store.steps.map(\.host) == ["c3", "c3", "c3"])
        let script = store.steps.first?.script ?? ""
        #expect([1, 2, 3].map { script.contains("https://192.0.2.\($0):") } == [true, true, false])
        #expect(store.notes.count == 1)
        let broker = Self.rule([Self.survey(1), Self.survey(2), Self.survey(3, Self.brokerGone)])
        #expect(broker.refusals == [])
        #expect(broker.steps.map(\.host) == ["c3", "c1", "c3", "c3"])
    }

    @Test func aHostThatCannotBeAskedCountsAsGone() {
        #expect(Self.rule([Self.survey(1), Self.survey(2)]).steps.count == 7)
    }

    /// A run that ended before the last step.
    @Test func queuesThatAreNotCopiedYetAreCopied() {
        let nodes = "rabbit@192.0.2.1,rabbit@192.0.2.2,rabbit@192.0.2.3"
        let lacking = [
            "broker":
                "running \(nodes);members \(nodes);queues 3;on rabbit@192.0.2.1=3,rabbit@192.0.2.2=3,rabbit@192.0.2.3=0;"
        ]
        let rule = Self.rule((1...3).map { Self.survey($0, lacking) })
        #expect(rule.steps.map(\.action) == ["copy the replicated queues to its broker"])
    }

    @Test(arguments: [storeGone, brokerGone])
    func withoutAMajorityNothingIsTouched(gone: [String: String]) {
        let rule = Self.rule([Self.survey(1), Self.survey(2, gone), Self.survey(3, gone)])
        #expect(rule.steps.isEmpty)
        #expect(rule.refusals.first?.contains("has no majority without c3") == true)
    }

    @Test func aHostWithoutMembersIsRefused() {
        let host = Testbed.Host(
            hostString: "root@192.0.2.9", name: "web", user: "root", address: "192.0.2.9", roles: [.webui])
        let rule = ReplacementRule(testbed: Self.testbed, host: host, surveys: [], insists: true)
        #expect(rule.refusals.count == 1)
    }
}
