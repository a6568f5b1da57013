import Blueprint
import FoundationEssentials
import Glibc
import JSON

/// What a deployment keeps on the build host: `.skein/<name of the testbed>` beside the testbed, readable by its owner
/// only. When it is lost, `skein adopt` brings its secrets back from a host.
package struct DeploymentDirectory: Sendable {
    package let path: String
    /// The testbed's name: its file name without extension.
    package let name: String

    /// - Parameters:
    ///   - testbed: the path of the testbed.
    ///   - path: where else the files are kept, such as among the other state of a lab.
    package init(testbed: String, path: String? = nil) {
        let file = URL(filePath: testbed)
        name = file.deletingPathExtension().lastPathComponent
        self.path = path ?? file.deletingLastPathComponent().appending(path: ".skein/\(name)").path()
    }

    package var knownHosts: String { path + "/known_hosts" }
    package var secrets: String { path + "/secrets.json" }
    /// The password of the service user, for the operator who makes that user.
    package var neutronPassword: String { path + "/neutron-password" }

    /// Makes the directory if it is not there.
    ///
    /// - Throws: ``DeployError`` `localState`
    package func create() throws(DeployError) {
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            try FileManager.default.setAttributes([.posixPermissions: 0o700], ofItemAtPath: path)
        } catch {
            throw DeployError(.localState, "\(path) cannot be made: \(error)")
        }
    }

    /// How the deployment's brokers are logged in to; nil before the first one.
    ///
    /// - Throws: ``DeployError`` `localState`
    package func readBrokerLogin() throws(DeployError) -> BrokerLogin? {
        try readSecretsFile().map {
            BrokerLogin(
                user: $0.brokerUser.name, password: $0.brokerUser.password,
                authorities: $0.trustedAuthorities.joined())
        }
    }

    /// How RabbitMQ is logged in to, and the authorities that its certificates may come from (PEM).
    package struct BrokerLogin: Sendable {
        package var user: String
        package var password: String
        package var authorities: String
    }

    func readSecretsFile() throws(DeployError) -> SecretsFile? {
        do {
            return try read(secrets).map { try SecretsFile(json: JSONValue(parsing: $0)) }
        } catch {
            throw DeployError(
                .localState,
                "\(secrets): \(error); move it away, and `skein adopt TESTBED` brings it back from a host"
            )
        }
    }

    /// - Throws: ``DeployError`` `localState`
    func writeSecrets(_ file: SecretsFile) throws(DeployError) { try write(Array(file.text.utf8), to: secrets) }

    /// Reads a file of the directory; nil when there is none.
    func read(_ file: String) -> [UInt8]? { FileManager.default.contents(atPath: file).map { Array($0) } }

    /// Writes a file that only its owner can read, in one step.
    ///
    /// - Throws: ``DeployError`` `localState`
    func write(_ bytes: [UInt8], to file: String) throws(DeployError) {
        let temporary = file + ".new"
        do {
            try? FileManager.default.removeItem(atPath: temporary)
            // Private before there is anything in it.
            guard
                FileManager.default.createFile(atPath: temporary, contents: nil, attributes: [.posixPermissions: 0o600])
            else { throw DeployError(.localState, "\(temporary) cannot be written") }
            try Data(bytes).write(to: URL(filePath: temporary))
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: temporary)
            guard rename(temporary, file) == 0 else { throw DeployError(.localState, "\(file) cannot be replaced") }
        } catch let error as DeployError {
            throw error
        } catch {
            throw DeployError(.localState, "\(file) cannot be written: \(error)")
        }
    }
}
