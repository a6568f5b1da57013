import Blueprint
import FoundationEssentials
import Glibc
import JSON
import Remote

/// The secrets of a deployment, as a host keeps them: known to be adopted, and not yet in the folder.
package struct Adoption: Sendable {
    let directory: DeploymentDirectory
    let secrets: SecretsFile
    /// For people: what is adopted from where, and what becomes of other secrets in the folder.
    package let text: String
    /// Whether the folder has other secrets, which are put aside.
    package let replaces: Bool

    /// Writes the secrets into the folder.
    ///
    /// - Returns: where the folder's former secrets are now; nil when there were none.
    /// - Throws: ``DeployError`` `localState`
    package func apply() throws(DeployError) -> String? {
        var former: String?
        if replaces {
            let path = directory.secrets + ".former-\(Int(Date().timeIntervalSince1970))"
            guard rename(directory.secrets, path) == 0 else {
                throw DeployError(.localState, "\(directory.secrets) cannot be put aside as \(path)")
            }
            former = path
        }
        try directory.writeSecrets(secrets)
        return former
    }
}

extension Deployment {
    /// Looks for the deployment's secrets on the hosts. Changes nothing.
    ///
    /// - Returns: nil when the folder has the same.
    /// - Throws: ``DeployError`` `impossible` when no host has them, or the hosts disagree; `localState`.
    package func adoption() async throws(DeployError) -> Adoption? {
        // A damaged file is one of the reasons to be here.
        let existing = try? directory.readSecretsFile()
        let folder = existing?.trustFolder(directory.path) ?? TrustRule.Folder(path: directory.path, authorities: nil)
        let trusts = await trusts()
        guard !trusts.isEmpty else {
            throw DeployError(.unfit, "no controller of the testbed can be asked: `skein plan` says why")
        }
        switch AdoptionRule.verdict(folder: folder, hosts: trusts) {
        case .same: return nil
        case .refused(let reason): throw DeployError(.impossible, reason)
        case .from(let name, let kept):
            let secrets = try await openSecrets(on: name, kept)
            let hasOthers = FileManager.default.fileExists(atPath: directory.secrets)
            let fingerprints = secrets.trustedAuthorities.map { PEMText.fingerprint($0) ?? "unreadable" }
            return Adoption(
                directory: directory, secrets: secrets,
                text:
                    "Secrets of revision \(kept.revision), authority \(fingerprints.joined(separator: " and ")), from "
                    + "\(name), for \(directory.secrets).\n"
                    + (hasOthers ? "The other secrets that are there now are put aside.\n" : ""), replaces: hasOthers)
        }
    }

    private func openSecrets(on name: String, _ kept: HostTrust.Kept) async throws(DeployError) -> SecretsFile {
        guard let host = hosts.first(where: { $0.name == name }) else {
            throw DeployError(.impossible, "no managed host has the name \(name)")
        }
        do {
            let output = try await host.run(SealedFile.opening(DeploymentPath.sealedSecrets), seconds: 60)
            let secrets = try SecretsFile(json: JSONValue(parsing: output.output))
            guard secrets.digest == kept.digest else {
                throw DeployError(.stepFailed, "\(name): its copy of the secrets changed meanwhile: try again")
            }
            return secrets
        } catch let error as DeployError {
            throw error
        } catch {
            throw DeployError(.stepFailed, "\(name): its copy of the secrets cannot be read: \(error)")
        }
    }
}

extension SecretsFile {
    /// The folder that has this file, as ``TrustRule`` sees it.
    func trustFolder(_ path: String) -> TrustRule.Folder {
        TrustRule.Folder(
            path: path, authorities: Set(trustedAuthorities.map { PEMText.fingerprint($0) ?? "unreadable" }),
            kept: .init(revision: revision, digest: digest))
    }
}
