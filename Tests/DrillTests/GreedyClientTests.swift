import JSON
import Testing

@testable import Drill

@Suite struct GreedyClientTests {
    private static let fixture = GreedyBody.Fixture(
        name: "greedy", network: "11111111-2222-4333-8444-555555555555", subnet: "11111111-2222-4333-8444-666666666666",
        group: "11111111-2222-4333-8444-777777777777", project: ["default-domain", "p\"1"], key: "greedy")
    private static let bodies = GreedyBody.all(fixture, makesNameless: true)

    /// A body above the APIs' limit is refused for its size, and one that is no JSON for that: neither shows anything.
    @Test(arguments: bodies) func bodiesAreWithinTheLimitAndReadable(body: GreedyBody) throws {
        #expect(body.bytes.count <= 1_024_000)
        guard !body.bytes.isEmpty, body.kind != "nothing-but-depth" else { return }
        _ = try JSONValue(parsing: body.bytes)
    }

    @Test func bodiesAskForAsMuchAsTheyAreNamedFor() throws {
        func count(_ kind: String, _ path: String...) throws -> Int? {
            let body = try #require(Self.bodies.first { $0.kind == kind })
            var value = try JSONValue(parsing: body.bytes)
            for name in path { value = try #require(value[name]) }
            return value.arrayValue?.count
        }
        #expect(try count("rules-of-prefixes", "security_group_rules") ?? 0 > 8_500)
        #expect(try count("rules-of-ports", "security_group_rules") ?? 0 > 6_500)
        #expect(try count("port-of-10000-addresses", "port", "fixed_ips") == 10_000)
        #expect(try count("port-of-15000-options", "port", "extra_dhcp_opts") == 15_000)
        #expect(try count("20000-networks", "networks") == 20_000)
        #expect(try count("8000-annotations", "updates") == 8_000)
        #expect(
            try count("group-of-4600-rules", "security-group", "security_group_entries", "policy_rule") == 4_600)
        #expect(try count("400-times-a-value", "key") == 400)
        let prefixes = try #require(Self.bodies.first { $0.kind == "rules-of-prefixes" })
        let rules = try JSONValue(parsing: prefixes.bytes)["security_group_rules"]?.arrayValue ?? []
        #expect(Set(rules.compactMap { $0["remote_ip_prefix"]?.stringValue }).count == rules.count)
    }

    @Test func kindsHaveNamesOfTheirOwn() {
        #expect(Set(Self.bodies.map(\.kind)).count == Self.bodies.count)
    }

    /// What could not be found again is not made in a project that is somebody else's.
    @Test func withoutAProjectOfItsOwnTheClientMakesNothingNameless() throws {
        for body in GreedyBody.all(Self.fixture, makesNameless: false) where body.path == "/v2.0/networks" {
            // Neither is a network.
            #expect(["nothing-but-depth", "nested-projects"].contains(body.kind))
        }
    }

    @Test func refusalsAreFineAndServerErrorsAreNot() {
        var answers = GreedyAnswers(kind: "rules", bytes: 999_950)
        for status in [201, 400, 409, 413, 429, 429] { answers.add(status: status, seconds: 0.2) }
        #expect(answers.faults == 0)
        answers.add(status: 503, seconds: 3.5)
        answers.add(status: nil, reason: "15 s", seconds: 15)
        #expect(answers.faults == 2)
        answers.unsent = 16
        #expect(
            answers.text
                == "rules (999.9 kB): 201 1 times, 400 1 times, 409 1 times, 413 1 times, 429 2 times, 503 1 times, "
                + "no answer: 15 s 1 times, 16 not sent, slowest 15.00 s")
    }

    @Test func whatTheGreedyClientWasToldIsJudgedAndReported() {
        var result = ExampleReport.report.results[0]
        let before = result.found.count
        var answers = GreedyAnswers(kind: "rules", bytes: 1)
        answers.add(status: 413, seconds: 0.1)
        result.greedy = [answers]
        #expect(result.found.count == before)
        result.greedy[0].add(status: 500, seconds: 0.1)
        #expect(result.found.last?.kind == .greedyAnswers)
        #expect(result.json["greedy_client"]?.arrayValue?.first?["answers"]?["500"]?.integerValue == 1)
        let report = DrillReport(results: [result])
        #expect(report.text.contains("rules (0.0 kB): 413 1 times, 500 1 times"))
    }
}
