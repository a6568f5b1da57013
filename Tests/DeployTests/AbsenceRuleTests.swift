import Blueprint
import Testbed
import Testing

@testable import Deploy

@Suite struct AbsenceRuleTests {
    /// Three controllers, a console of its own and a compute node.
    private static let testbed = Testbed(
        hosts: (1...5).map { index in
            let roles: [Role] = index <= 3 ? [.cfgm, .database] : index == 4 ? [.webui] : [.compute]
            return Testbed.Host(
                hostString: "root@192.0.2.\(index)", name: "c\(index)", user: "root", address: "192.0.2.\(index)",
                roles: roles)
        })

    struct Case: CustomTestStringConvertible {
        var title: String
        var silent: Set<Int> = []
        var refused: Set<Int> = []
        var hasData = true
        /// Nil: the run does not go on.
        var leftOut: [String]?
        var word = ""

        var testDescription: String { title }
    }

    static let cases = [
        Case(title: "all answer", leftOut: []),
        Case(title: "a compute node is off", silent: [5], leftOut: ["c5"]),
        Case(title: "a compute node lets nobody in", refused: [5], leftOut: ["c5"]),
        Case(title: "a compute node is off, first deployment", silent: [5], hasData: false, leftOut: ["c5"]),
        Case(title: "a controller is off", silent: [2], leftOut: ["c2"]),
        Case(
            title: "a controller, a console and a compute node are off", silent: [2, 4, 5], leftOut: ["c2", "c4", "c5"]),
        Case(title: "a controller is off, first deployment", silent: [2], hasData: false, word: "first deployment"),
        Case(title: "no majority answers", silent: [1, 2], word: "only 1 of 3 database hosts answers"),
        Case(title: "a controller lets nobody in", refused: [3], word: "c3: refused"),
        Case(title: "nobody answers", silent: [1, 2, 3, 4, 5], word: "c1: silent"),
    ]

    @Test(arguments: cases) func decides(_ entry: Case) throws {
        let failures =
            entry.silent.sorted().map { AbsenceRule.Failure(host: "c\($0)", reason: "c\($0): silent", isSilent: true) }
            + entry.refused.sorted().map {
                AbsenceRule.Failure(host: "c\($0)", reason: "c\($0): refused", isSilent: false)
            }
        let surveys = try (1...5).filter { !entry.silent.union(entry.refused).contains($0) }.map { index in
            try PreflightTests.survey(index) { $0.hasStoreData = entry.hasData && index <= 3 }
        }
        let rule = AbsenceRule(testbed: Self.testbed, surveys: surveys, failures: failures)
        if let leftOut = entry.leftOut {
            #expect(rule.leftOut.map(\.host) == leftOut && rule.refusals == [])
        } else {
            #expect(rule.refusals.contains { $0.contains(entry.word) }, "\(rule.refusals)")
        }
    }

    @Test func whatIsLeftOutIsNamedAfterAnyPlan() {
        var changes = ChangeSet(blueprint: .init(stages: []), states: [:])
        #expect(changes.leftOutText == "" && changes.text.contains("every host is as the testbed says"))
        changes.leftOut = [LeftOutHost(host: "c2", reason: "c2: no route to host")]
        #expect(changes.text.contains("every host that answers"))
        #expect(changes.leftOutText.hasPrefix("Left out: c2: no route to host\n`skein up` again"))
    }
}
