import Foundation
import Testing

@testable import Deploy

@Suite struct RotationRuleTests {
    /// All steps, as a run that is never interrupted takes them.
    private static func steps(_ rotation: Rotation) throws -> [SecretsFile] {
        let file = try SecretsFileTests.made()
        var steps = [file]
        var step: RotationRule.Step? = try RotationRule.first(rotation, file, name: "test", now: SecretsFileTests.now)
        while let taken = step {
            steps.append(taken.secrets)
            step = RotationRule.following(rotation, taken.secrets)
        }
        return steps
    }

    @Test(arguments: Rotation.allCases)
    func itComesToItsEnd(rotation: Rotation) throws {
        let steps = try Self.steps(rotation)
        #expect(steps.count == RotationRule.titles(rotation).count + 1)
        #expect(steps.map(\.revision) == Array(1...steps.count))
        for (index, secrets) in steps.enumerated() {
            // The first and the last are whole; what was interrupted between is known as such.
            let isBetween = index > 0 && index < steps.count - 1
            #expect(RotationRule.isUnderWay(rotation, secrets) == isBetween)
            for other in Rotation.allCases where other != rotation {
                #expect(!RotationRule.isUnderWay(other, secrets))
            }
        }
    }

    /// Of two neighbouring steps, whatever one host uses the other takes: so they may be on different ones.
    @Test func neighbouringStepsAreOnGoodTerms() throws {
        func expectPairs(_ rotation: Rotation, uses: (SecretsFile) -> String, takes: (SecretsFile) -> [String]) throws {
            let steps = try Self.steps(rotation)
            for (one, other) in zip(steps, steps.dropFirst()) {
                #expect(takes(one).contains(uses(other)) && takes(other).contains(uses(one)))
            }
            #expect(takes(try #require(steps.last)) == [uses(try #require(steps.last))])
            #expect(steps.first.map(uses) != steps.last.map(uses))
        }
        try expectPairs(.ca, uses: \.authority.certificate, takes: \.trustedAuthorities)
        try expectPairs(.vip, uses: \.vrrpPassword) {
            [$0.vrrpPassword] + [$0.nextVRRPPassword, $0.formerVRRPPassword].compactMap { $0 }
        }
        try expectPairs(.broker, uses: \.brokerUser.name) {
            [$0.brokerUser.name] + [$0.nextBrokerUser?.name].compactMap { $0 } + $0.formerBrokerUsers.map(\.name)
        }
    }

    @Test func usersAreCounted() throws {
        var file = try SecretsFileTests.made()
        for name in ["skein-2", "skein-3"] {
            file = try RotationRule.first(.broker, file, name: "test", now: SecretsFileTests.now).secrets
            #expect(file.nextBrokerUser?.name == name)
            file = try #require(RotationRule.following(.broker, file)).secrets
            file = try #require(RotationRule.following(.broker, file)).secrets
        }
        #expect(file.brokerUser.name == "skein-3" && file.formerBrokerUsers.isEmpty)
    }
}
