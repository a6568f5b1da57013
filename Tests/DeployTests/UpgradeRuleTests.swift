import Blueprint
import Testing

@testable import Deploy

@Suite struct UpgradeRuleTests {
    private static let controller = Resource.Service(
        name: DeploymentUnit.controller,
        restartsOn: [DeploymentPath.executable, DeploymentPath.controller, "/unit", DeploymentPath.certificate])
    private static let rule = UpgradeRule([
        .service(controller),
        .service(.init(name: DeploymentUnit.store, restartsOn: [DeploymentPath.storeConfiguration])),
    ])

    private static func file(_ path: String) -> Resource { .file(.init(path: path, content: "")) }

    @Test func onlySkeinsOwnTakesTurns() {
        func phase(_ stage: String, _ resource: Resource) -> UpgradeRule.Phase {
            Self.rule.phase(stage: stage, resource)
        }
        #expect(phase("packages", .packages(["zlib1g"])) == .before)
        #expect(phase("packages", .executable(path: DeploymentPath.executable)) == .turn)
        #expect(phase("certificates", Self.file(DeploymentPath.certificate)) == .before)
        #expect(phase("controller", Self.file(DeploymentPath.controller)) == .turn)
        #expect(phase("controller", .service(Self.controller)) == .turn)
        #expect(phase("store", Self.file(DeploymentPath.storeConfiguration)) == .after)
        #expect(phase("vip", .service(.init(name: DeploymentUnit.vip))) == .after)
    }

    @Test func certificatesAreNotKeptWithAVersion() {
        #expect(Self.rule.files == ["/unit", DeploymentPath.controller].sorted())
    }

    @Test func theSurveyIsRead() {
        let survey = VersionSurvey(
            host: "c1",
            output: """
                running aaaaaaaaaaaa skein 0.2.0
                previous bbbbbbbbbbbb
                kept bbbbbbbbbbbb 0.1.0
                kept cccccccccccc
                """)
        #expect(survey.running == KeptVersion(digest: "aaaaaaaaaaaa", version: "0.2.0"))
        #expect(survey.previous == "bbbbbbbbbbbb")
        #expect(survey.kept.map(\.title) == ["0.1.0 (bbbbbbbbbbbb)", "unknown version (cccccccccccc)"])
        #expect(VersionSurvey(host: "c1", output: "").running == nil)
    }

    @Test func theSurveyRunsHere() throws {
        let result = try Shell.run(VersionSurvey.script)
        #expect(result.status == 0, "\(result.errors)")
    }

    @Test func aDowngradeMeansOneVersionOnEachHost() {
        let old = KeptVersion(digest: "bbbbbbbbbbbb", version: "0.1.0")
        let other = KeptVersion(digest: "bbcccccccccc", version: "0.1.0")
        let new = KeptVersion(digest: "aaaaaaaaaaaa", version: "0.2.0")
        var first = VersionSurvey(host: "c1", output: "")
        first.running = new
        first.kept = [old, new]
        var second = first
        second.host = "c2"
        let both = DowngradeRule(surveys: [first, second], name: "0.1.0")
        #expect(both.targets == ["c1": old, "c2": old] && both.refusals == [])
        second.running = old
        #expect(DowngradeRule(surveys: [first, second], name: "bbb").targets == ["c1": old])
        second.kept = [old, other]
        let unclear = DowngradeRule(surveys: [first, second], name: "0.1.0")
        #expect(unclear.refusals.count == 1 && unclear.refusals[0].contains("more than one"))
        let missing = DowngradeRule(surveys: [first, second], name: "9")
        #expect(missing.refusals.count == 2 && missing.refusals[0].contains("only 0.1.0 (bbbbbbbbbbbb), 0.2.0"))
        #expect(DowngradeRule(surveys: [first], name: "").refusals.count == 1)
    }
}
