import Addressing
import Blueprint
import JSON
import Keystone
import Testbed

/// Neutron's entry in Keystone, worked on from a controller: the build host may have no way to Keystone.
///
/// The build host sends the task as JSON to `skein register-neutron` on the first controller, and gets a ``Result``.
package struct RegistrationTask: Hashable, Sendable {
    private var access: JSONValue
    private var registration: JSONValue
    /// Whether missing entries are created; else they are only looked for.
    private var creates: Bool

    /// What was found and done.
    package struct Result: Hashable, Sendable {
        /// Everything is there as it should be.
        package var isComplete: Bool
        /// What this run created.
        package var created: [String]
        /// What is missing.
        package var missing: [String]
        /// What is there in another form, and left alone.
        package var differences: [String]
        /// The `openstack` commands that create what is missing.
        package var commands: String
        /// Why it could not be done.
        package var failure: String?
    }

    /// Nil without Keystone in the testbed.
    ///
    /// - Parameters:
    ///   - neutronPassword: what Skein has made up for the service user, in case the testbed has no password for it.
    ///   - passwordFile: where the operator finds that on the build host.
    init?(testbed: Testbed, keystoneURL: String?, neutronPassword: String, passwordFile: String, creates: Bool) {
        guard let keystone = testbed.keystone, let keystoneURL else { return nil }
        let first = testbed.hosts(in: .cfgm).first?.controlAddress ?? ""
        let internalHost = testbed.internalVIP?.address.description ?? first
        let publicHost = testbed.externalVIP?.address.description ?? internalHost
        func url(_ host: String) -> String {
            "http://\(host.contains(":") ? "[\(host)]" : host):\(ProxiedService.neutron.frontendPort)"
        }
        access = KeystoneAccess(keystone, url: keystoneURL).json
        registration = [
            "password": .string(keystone.neutronPassword ?? neutronPassword),
            "password_file": keystone.neutronPassword == nil ? .string(passwordFile) : .null,
            "user_domain": .string(keystone.userDomain),
            "project": .string(keystone.serviceProject), "project_domain": .string(keystone.projectDomain),
            "region": .string(keystone.region), "public_url": .string(url(publicHost)),
            "internal_url": .string(url(internalHost)), "admin_url": .string(url(internalHost)),
        ]
        self.creates = creates
    }

    var json: JSONValue { ["keystone": access, "registration": registration, "creates": .bool(creates)] }

    /// Reads a task from its JSON text and does it. Every failure becomes part of the result.
    package static func perform(_ text: String) async -> Result {
        do {
            return try await performed(text)
        } catch {
            return Result(
                isComplete: false, created: [], missing: [], differences: [], commands: "", failure: "\(error)")
        }
    }

    private static func performed(_ text: String) async throws -> Result {
        var object = StrictObject(try JSONValue(parsing: text))
        let access = object.optionalObject("keystone") { KeystoneAccess(&$0) }
        let registration = object.optionalObject("registration") { entry in
            NeutronRegistration(
                password: entry.string("password"), passwordFile: entry.optionalString("password_file"),
                userDomain: entry.string("user_domain"),
                project: entry.string("project"), projectDomain: entry.string("project_domain"),
                region: entry.string("region"), publicURL: entry.string("public_url"),
                internalURL: entry.string("internal_url"), adminURL: entry.string("admin_url"))
        }
        let creates = object.bool("creates")
        try object.finish()
        guard let access, let registration else {
            throw ConfigurationError(problems: ["keystone and registration are needed"])
        }
        let administration = try KeystoneAdministration(
            url: access.url, user: access.user, password: access.password, project: access.project,
            userDomain: access.userDomain, projectDomain: access.projectDomain, tls: access.tls)
        let report =
            creates
            ? try await administration.register(registration) : try await administration.verify(registration)
        return Result(
            isComplete: report.isComplete, created: report.created, missing: report.missing.map(\.subject),
            differences: report.differences.map { finding in
                guard case .different(let found, let advice) = finding.status else { return finding.subject }
                return "\(finding.subject): \(found). \(advice)"
            }, commands: report.commands)
    }
}

extension RegistrationTask.Result {
    package var json: JSONValue {
        func strings(_ texts: [String]) -> JSONValue { .array(texts.map { .string($0) }) }
        return [
            "is_complete": .bool(isComplete), "created": strings(created), "missing": strings(missing),
            "differences": strings(differences), "commands": .string(commands),
            "failure": failure.map { .string($0) } ?? .null,
        ]
    }

    /// - Throws: ``ConfigurationError``, for text that is not JSON as well.
    init(parsing text: String) throws {
        var object = StrictObject(try JSONValue(parsing: text))
        self.init(
            isComplete: object.bool("is_complete"), created: object.strings("created"),
            missing: object.strings("missing"), differences: object.strings("differences"),
            commands: object.string("commands"), failure: object.optionalString("failure"))
        try object.finish()
    }
}
