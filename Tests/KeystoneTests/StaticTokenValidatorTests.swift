import Keystone
import Testing

@Suite struct StaticTokenValidatorTests {
    @Test func developmentTokenIsAnAdministrator() async throws {
        let token = StaticTokenValidator.makeToken()
        let validator = StaticTokenValidator(developmentToken: token)
        let identity = try await validator.validate(token)
        #expect(identity.isAdmin)
        #expect(identity.projectID?.count == 32)
        await #expect(throws: KeystoneError(.unauthorized, "The token is not valid")) {
            try await validator.validate("another")
        }
    }

    @Test func tokensHave32DigitsAndDiffer() {
        let tokens = (0..<100).map { _ in StaticTokenValidator.makeToken() }
        #expect(Set(tokens).count == 100)
        #expect(tokens.allSatisfy { $0.count == 32 && $0.allSatisfy(\.isHexDigit) })
    }

    @Test func serviceTokenIsValidatedToo() async throws {
        let validator: any TokenValidator = StaticTokenValidator(developmentToken: "t")
        let identity = try await validator.validate("t", serviceToken: "t")
        #expect(identity.serviceRoles.contains("admin"))
        await #expect(throws: KeystoneError.self) { try await validator.validate("t", serviceToken: "wrong") }
    }
}
