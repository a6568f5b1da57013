import Testbed
import Testing

@testable import Deploy

@Suite struct DefragmentationRuleTests {
    static let testbed = ReplacementRuleTests.testbed

    /// What a member's host prints when all is well and the second member leads, with some answers changed.
    static func output(_ number: Int, _ changes: [String: String] = [:]) -> String {
        let answers = [
            // Larger than a signed number of 64 bits, as etcd's ids are.
            "number": "1027665774393297543\(number)", "leader": "10276657743932975432", "bytes": "8000000000",
            "used": "45000000", "limit": "8589934592", "member": "8e9e05c52164694\(number)", "alarms": "",
        ].merging(changes) { $1 }
        return answers.map { "\($0.key)\t\($0.value)\n" }.joined()
    }

    static func surveys(_ changes: [String: String] = [:], of numbers: [Int] = [1, 2, 3]) -> [StoreSurvey] {
        numbers.compactMap { StoreSurvey(host: "c\($0)", output: output($0, changes)) }
    }

    static let full = ["alarms": "memberID:10276657743932975431 alarm:NOSPACE ;"]

    @Test func aSurveyIsRead() {
        let surveys = Self.surveys(Self.full)
        #expect(surveys.map(\.isLeader) == [false, true, false])
        #expect(surveys.first?.bytes == 8_000_000_000)
        #expect(surveys.first?.bytesInUse == 45_000_000)
        #expect(surveys.first?.limit == 8_589_934_592)
        #expect(surveys.first?.alarms == ["memberID:10276657743932975431 alarm:NOSPACE"])
        #expect(Defragmentation.text(surveys).contains("c2  8000.0 MB on disk, 45.0 MB in use, leader\n"))
    }

    @Test func objectsThatFillTheStoreAreSaid() {
        #expect(Defragmentation.advice(Self.surveys()) == "")
        #expect(Defragmentation.advice(Self.surveys(["used": "7900000000"])).contains("delete"))
    }

    @Test(arguments: [["leader": ""], ["leader": "0"], ["member": ""], ["bytes": "x"]])
    func aMemberThatDoesNotServeHasNoSurvey(changes: [String: String]) {
        #expect(StoreSurvey(host: "c1", output: Self.output(1, changes)) == nil)
        #expect(StoreSurvey(host: "c1", output: "") == nil)
    }

    @Test func membersComeOneAfterTheOtherAndTheLeaderLast() {
        let rule = DefragmentationRule(testbed: Self.testbed, surveys: Self.surveys())
        #expect(rule.refusals == [])
        #expect(rule.notes == [])
        #expect(rule.steps.map(\.host) == ["c1", "c1", "c3", "c2"])
        #expect(rule.steps.last?.script.contains("move-leader 8e9e05c521646941 ") == true)
        // Whoever leads by then: the leadership may have moved since the survey.
        #expect(rule.steps.dropFirst().allSatisfy { $0.script.contains("move-leader") })
    }

    @Test func theAlarmIsDisarmedAtTheEnd() {
        let rule = DefragmentationRule(testbed: Self.testbed, surveys: Self.surveys(Self.full))
        #expect(rule.steps.last?.script.contains("alarm disarm") == true)
        #expect(rule.steps.count == 5)
    }

    @Test func aMemberThatIsAwayIsLeftOut() {
        let rule = DefragmentationRule(testbed: Self.testbed, surveys: Self.surveys(of: [1, 2]))
        #expect(rule.steps.map(\.host) == ["c1", "c1", "c2"])
        #expect(rule.notes.first?.hasPrefix("c3: ") == true)
    }

    @Test func aLoneMemberHasNobodyToHandTheLeadershipTo() {
        let testbed = Testbed(hosts: Array(Self.testbed.hosts.prefix(1)))
        let rule = DefragmentationRule(
            testbed: testbed, surveys: Self.surveys(["leader": "10276657743932975431"], of: [1]))
        #expect(rule.steps.count == 2)
        #expect(rule.steps.allSatisfy { !$0.script.contains("move-leader") })
    }

    @Test func withoutAMajorityNothingIsTouched() {
        let rule = DefragmentationRule(testbed: Self.testbed, surveys: Self.surveys(of: [1]))
        #expect(rule.steps.isEmpty)
        #expect(rule.refusals.first?.contains("1 of 3 members") == true)
    }

    /// Disarming would end that alarm, too.
    @Test func anAlarmOfDamagedDataIsNotDisarmed() {
        let rule = DefragmentationRule(
            testbed: Self.testbed,
            surveys: Self.surveys(["alarms": "memberID:1 alarm:NOSPACE ;memberID:2 alarm:CORRUPT ;"]))
        #expect(rule.steps.isEmpty)
        #expect(rule.refusals.first?.contains("skein replace") == true)
    }
}
