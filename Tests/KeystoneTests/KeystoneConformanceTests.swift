import FoundationEssentials
import Logging
import Subprocess
import Testing

@testable import Keystone

/// What Skein expects of Keystone, asked of a real one and of the fake that the fault tests use: so the fake is true.
@Suite(.serialized, .realKeystone)
struct KeystoneConformanceTests {
    enum Engine: String, CaseIterable, Sendable {
        case fake
        case real
    }

    static let engines: [Engine] = RealKeystone.isInstalled ? [.fake, .real] : [.fake]

    @Test(.enabled(if: RealKeystone.isInstalled, "run Scripts/install-keystone first"))
    func realKeystoneIsThere() throws {
        try #require(RealKeystone.current != nil)
    }

    /// Runs a test with the URL of an engine.
    private func with(
        _ engine: Engine, _ body: @Sendable @escaping (String) async throws -> Void
    ) async throws {
        switch engine {
        case .fake: try await FakeServer.run { try await body($0.url) }
        case .real: try await body(try #require(RealKeystone.current).url)
        }
    }

    private static let admin = Credentials(user: "admin", password: "adminsecret", project: "admin")

    /// The machine may be busy, and it is not the deadlines that this suite is about.
    private static let patient = KeystoneDeadlines(connect: .seconds(10), total: .seconds(60))

    private static func administration(_ url: String) throws -> KeystoneAdministration {
        try KeystoneAdministration(
            url: url, user: "admin", password: "adminsecret", project: "admin", deadlines: patient)
    }

    private static func validator(_ url: String, _ credentials: Credentials = admin) throws -> KeystoneTokenValidator {
        var settings = KeystoneTokenValidator.Settings()
        settings.deadlines = patient
        return try KeystoneTokenValidator(
            url: url, credentials: credentials, settings: settings, logger: Logger(label: "test"))
    }

    /// An entry that no other test's touches: types, regions and names of its own.
    private static func registration(password: String = "secret-of-neutron") -> NeutronRegistration {
        let own = StaticTokenValidator.makeToken().prefix(8)
        return NeutronRegistration(
            user: "neutron-\(own)", password: password, project: "service-\(own)", serviceType: "network-\(own)",
            region: "Region-\(own)", publicURL: "http://10.88.125.75:9696",
            internalURL: "http://172.16.41.100:9696", adminURL: "http://172.16.41.100:9696")
    }

    // MARK: - Tokens

    @Test(arguments: engines)
    func tokenIsIssuedAndValidated(_ engine: Engine) async throws {
        try await with(engine) { url in
            let issued = try await KeystoneAuthentication(url: url, deadlines: Self.patient).issueToken(Self.admin)
            #expect(issued.identity.userName == "admin")
            #expect(issued.identity.projectName == "admin")
            #expect(issued.identity.isAdmin)

            let identity = try await Self.validator(url).validate(issued.text)
            #expect(identity == issued.identity)
            #expect(identity.hasRole("ADMIN"))
            #expect(identity.userDomainName == "Default")
            #expect(identity.expiresAt > .now)
        }
    }

    @Test(arguments: engines)
    func wrongCredentialsAreUnauthorized(_ engine: Engine) async throws {
        try await with(engine) { url in
            let authentication = try KeystoneAuthentication(url: url, deadlines: Self.patient)
            for credentials in [
                Credentials(user: "admin", password: "wrong", project: "admin"),
                Credentials(user: "nobody", password: "adminsecret", project: "admin"),
                Credentials(user: "admin", password: "adminsecret", project: "nowhere"),
            ] {
                await #expect { try await authentication.issueToken(credentials) } throws: {
                    ($0 as? KeystoneError)?.code == .unauthorized
                }
            }
        }
    }

    @Test(arguments: engines, ["gAAAAABnonsense", "0123456789abcdef0123456789abcdef", "ADMIN", "a b", "", "x\u{7f}"])
    func nonsenseIsNoToken(_ engine: Engine, _ token: String) async throws {
        try await with(engine) { url in
            let validator = try Self.validator(url)
            await #expect { try await validator.validate(token) } throws: {
                ($0 as? KeystoneError)?.code == .unauthorized
            }
        }
    }

    @Test(arguments: engines)
    func ownCredentialsThatDoNotWorkAreNotTheClientsFault(_ engine: Engine) async throws {
        try await with(engine) { url in
            let token = try await KeystoneAuthentication(url: url, deadlines: Self.patient).issueToken(Self.admin).text
            let wrong = try Self.validator(url, Credentials(user: "admin", password: "wrong", project: "admin"))
            await #expect { try await wrong.validate(token) } throws: {
                let error = $0 as? KeystoneError
                return error?.code == .credentialsRefused && error?.message.contains("'admin'") == true
            }
        }
    }

    @Test(arguments: engines)
    func userWithoutTheRoleMayNotValidate(_ engine: Engine) async throws {
        try await with(engine) { url in
            let administration = try Self.administration(url)
            let own = StaticTokenValidator.makeToken()
            let project = try #require(try await administration.project(named: "admin", domainID: "default"))
            let member = try #require(try await administration.role(named: "member"))
            let user = try await administration.createServiceUser(
                named: own, password: own, domainID: "default", description: "")
            try await administration.assignRole(member.id, userID: user, projectID: project.id)

            let token = try await administration.token()
            let validator = try Self.validator(url, Credentials(user: own, password: own, project: "admin"))
            await #expect { try await validator.validate(token) } throws: {
                let error = $0 as? KeystoneError
                return error?.code == .credentialsRefused && error?.message.contains("role admin or service") == true
            }
        }
    }

    @Test(arguments: engines)
    func serviceTokenTellsItsRoles(_ engine: Engine) async throws {
        try await with(engine) { url in
            let token = try await KeystoneAuthentication(url: url, deadlines: Self.patient).issueToken(Self.admin).text
            let identity = try await Self.validator(url).validate(token, serviceToken: token)
            #expect(identity.serviceRoles.contains("admin"))
        }
    }

    @Test(arguments: engines)
    func userWithoutAdminMayNotRegister(_ engine: Engine) async throws {
        try await with(engine) { url in
            let administration = try Self.administration(url)
            let own = StaticTokenValidator.makeToken()
            let project = try #require(try await administration.project(named: "admin", domainID: "default"))
            let member = try #require(try await administration.role(named: "member"))
            let user = try await administration.createServiceUser(
                named: own, password: own, domainID: "default", description: "")
            try await administration.assignRole(member.id, userID: user, projectID: project.id)
            let powerless = try KeystoneAdministration(
                url: url, user: own, password: own, project: "admin", deadlines: Self.patient)
            await #expect { try await powerless.register(Self.registration()) } throws: {
                let error = $0 as? KeystoneError
                return error?.code == .forbidden && error?.message.contains(own) == true
            }
        }
    }

    // MARK: - Registration

    @Test(arguments: engines)
    func everythingIsCreatedOnce(_ engine: Engine) async throws {
        try await with(engine) { url in
            let registration = Self.registration()
            let administration = try Self.administration(url)
            let before = try await administration.verify(registration)
            #expect(before.missing.count == 8)
            #expect(before.findings.first { $0.item == .role }?.status == .present)

            let report = try await administration.register(registration)
            #expect(report.isComplete)
            #expect(report.created.count == 8)
            #expect(report.created.contains("user \(registration.user)"))
            #expect(report.created.contains("endpoint public http://10.88.125.75:9696"))

            let again = try await administration.register(registration)
            #expect(again.isComplete)
            #expect(again.created == [])
            #expect(try await administration.verify(registration) == RegistrationReport(findings: again.findings))

            let credentials = Credentials(
                user: registration.user, password: "secret-of-neutron", project: registration.project)
            let identity = try await Self.validator(url, credentials).validate(administration.token())
            #expect(identity.userName == "admin")
        }
    }

    @Test(arguments: engines)
    func threeAtOnceCreateOneEntry(_ engine: Engine) async throws {
        try await with(engine) { url in
            let registration = Self.registration()
            let reports = try await withThrowingTaskGroup(of: RegistrationReport.self) { group in
                for _ in 0..<3 {
                    group.addTask { try await Self.administration(url).register(registration) }
                }
                return try await group.reduce(into: []) { all, report in all.append(report) }
            }
            for report in reports { #expect(report.isComplete, "\(report.text)") }
            let created = reports.flatMap(\.created).filter { $0.hasPrefix("service") || $0.hasPrefix("endpoint") }
            #expect(created.count == 4, "\(created)")
        }
    }

    @Test(arguments: engines)
    func foreignEndpointIsLeftAlone(_ engine: Engine) async throws {
        try await with(engine) { url in
            var registration = Self.registration()
            let administration = try Self.administration(url)
            _ = try await administration.register(registration)

            registration.publicURL = "http://192.0.2.99:9696"
            let report = try await administration.register(registration)
            #expect(report.created == [])
            let difference = try #require(report.differences.first)
            #expect(report.differences.count == 1)
            #expect(difference.item == .endpoint(.public))
            guard case .different(let found, let advice) = difference.status else { return }
            #expect(found.contains("http://10.88.125.75:9696"))
            #expect(advice.contains("openstack endpoint set --url http://192.0.2.99:9696"))

            registration.publicURL = "http://10.88.125.75:9696/"
            #expect(try await administration.verify(registration).isComplete)
        }
    }

    @Test(arguments: engines)
    func foreignPasswordIsNeverOverwritten(_ engine: Engine) async throws {
        try await with(engine) { url in
            var registration = Self.registration()
            let administration = try Self.administration(url)
            _ = try await administration.createServiceUser(
                named: registration.user, password: "another", domainID: "default", description: "")
            let before = try await administration.verify(registration)
            await #expect { try await administration.register(registration) } throws: {
                let error = $0 as? KeystoneError
                return error?.code == .conflict && error?.message.contains("'neutron_password'") == true
            }
            #expect(try await administration.verify(registration) == before)

            registration.password = "another"
            #expect(try await administration.register(registration).isComplete)
        }
    }

    @Test(arguments: engines)
    func lockOfADeadRunIsTakenOver(_ engine: Engine) async throws {
        try await with(engine) { url in
            let registration = Self.registration()
            let administration = try Self.administration(url)
            _ = try await RegistrationLock.take(in: administration, patience: .zero)
            let report = try await administration.register(registration, lockPatience: .milliseconds(300))
            #expect(report.isComplete)
        }
    }

    /// What `manage_neutron: 'no'` prints must be commands that work.
    @Test(.enabled(if: RealKeystone.isInstalled, "run Scripts/install-keystone first"))
    func printedCommandsCreateEverything() async throws {
        let keystone = try #require(RealKeystone.current)
        let file = FileManager.default.temporaryDirectory.appending(path: "skein-\(UUID())").path
        defer { try? FileManager.default.removeItem(atPath: file) }
        try Data("made up".utf8).write(to: URL(filePath: file))
        var registration = Self.registration(password: "made up")
        registration.passwordFile = file
        let administration = try Self.administration(keystone.url)
        let report = try await administration.verify(registration)
        let commands = report.commands
        // The command line in one process instead of eight: each start takes seconds.
        let program = """
            import re, shlex, sys
            from openstackclient import shell
            for line in sys.stdin.read().splitlines():
                line = re.sub(r'\\$\\(cat (.*?)\\)', lambda match: open(match[1]).read(), line)
                if shell.main(shlex.split(line)[1:]): sys.exit(line)
            """
        let result = try await Subprocess.run(
            .name("env"), arguments: ["\(RealKeystone.cache)/keystone-venv/bin/python", "-c", program],
            environment: .inherit.updating([
                "OS_AUTH_URL": keystone.url, "OS_USERNAME": "admin", "OS_PASSWORD": "adminsecret",
                "OS_PROJECT_NAME": "admin", "OS_USER_DOMAIN_NAME": "Default", "OS_PROJECT_DOMAIN_NAME": "Default",
                "OS_IDENTITY_API_VERSION": "3", "OS_IDENTITY_ENDPOINT_OVERRIDE": keystone.url,
            ]),
            input: .string(commands), output: .string(limit: 1 << 20), error: .string(limit: 1 << 20))
        let after = try await administration.verify(registration)
        #expect(after.isComplete, "\(after.text)\(result.standardOutput)\(result.standardError)")
    }
}
