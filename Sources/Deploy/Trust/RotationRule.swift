import FoundationEssentials

/// What of a deployment's secrets takes another one's place.
package enum Rotation: String, CaseIterable, Sendable {
    /// The authority, and by that every certificate.
    case ca
    /// The hosts' certificates and their keys, from the same authority.
    case certificates
    /// RabbitMQ's user for Skein with its password, and the cookie of the brokers' cluster.
    case broker
    /// The key by which VIP nodes know each other.
    case vip
}

/// Rotates in steps of which each leaves every host on good terms with every host that has not taken it yet. Pure.
///
/// A step is a change of the secrets, and it is over when all hosts are as those secrets want them. So the folder and the
/// hosts together say how far a rotation has come; wherever it was interrupted, the next run goes on from there, and an
/// `up` in between brings the hosts to the step that the folder is at.
enum RotationRule {
    /// A change of the secrets, with its title for people.
    struct Step: Hashable {
        var title: String
        var secrets: SecretsFile
    }

    /// The steps of a rotation for people, in order.
    static func titles(_ rotation: Rotation) -> [String] {
        switch rotation {
        case .ca:
            [
                "every host trusts a new authority beside the old one",
                "the new authority issues every host's certificate", "no host trusts the old authority any more",
            ]
        case .certificates: ["every host gets a new certificate and key", "it is noted that all have them"]
        case .broker:
            [
                "RabbitMQ gets a second user for Skein, and another cookie", "controllers use the second user",
                "RabbitMQ's first user for Skein is removed",
            ]
        case .vip:
            [
                "VIP nodes take a second key from each other", "they use the second key",
                "they take the first key no more",
            ]
        }
    }

    /// Whether a rotation was begun and has not come to its end.
    static func isUnderWay(_ rotation: Rotation, _ secrets: SecretsFile) -> Bool {
        switch rotation {
        case .ca: secrets.nextAuthority != nil || !secrets.formerAuthorities.isEmpty
        case .certificates: secrets.renewsCertificates
        case .broker: secrets.nextBrokerUser != nil || !secrets.formerBrokerUsers.isEmpty
        case .vip: secrets.nextVRRPPassword != nil || secrets.formerVRRPPassword != nil
        }
    }

    /// The first step.
    static func first(_ rotation: Rotation, _ secrets: SecretsFile, name: String, now: Date) throws -> Step {
        var next = secrets
        switch rotation {
        case .ca: next.nextAuthority = try SecretsFile.newAuthority(name: name, now: now)
        case .certificates:
            next.certificatesAfter = Int(now.timeIntervalSince1970)
            next.renewsCertificates = true
        case .broker:
            next.nextBrokerUser = SecretsFile.newBrokerUser(named: successor(of: secrets.brokerUser.name))
            next.brokerCookie = SecretsFile.random(32)
        case .vip: next.nextVRRPPassword = SecretsFile.random(32)
        }
        next.revision += 1
        return Step(title: titles(rotation)[0], secrets: next)
    }

    /// What follows when all hosts are as the secrets want them; nil when the rotation is over, or was not begun.
    static func following(_ rotation: Rotation, _ secrets: SecretsFile) -> Step? {
        guard isUnderWay(rotation, secrets) else { return nil }
        var next = secrets
        var isLast = true
        switch rotation {
        case .ca:
            if let authority = secrets.nextAuthority {
                next.formerAuthorities.append(secrets.authority.certificate)
                next.authority = authority
                next.nextAuthority = nil
                isLast = false
            } else {
                next.formerAuthorities = []
            }
        case .certificates: next.renewsCertificates = false
        case .broker:
            if let user = secrets.nextBrokerUser {
                next.formerBrokerUsers.append(secrets.brokerUser)
                next.brokerUser = user
                next.nextBrokerUser = nil
                isLast = false
            } else {
                next.formerBrokerUsers = []
            }
        case .vip:
            if let key = secrets.nextVRRPPassword {
                next.formerVRRPPassword = secrets.vrrpPassword
                next.vrrpPassword = key
                next.nextVRRPPassword = nil
                isLast = false
            } else {
                next.formerVRRPPassword = nil
            }
        }
        next.revision += 1
        let titles = titles(rotation)
        return Step(title: titles[isLast ? titles.count - 1 : 1], secrets: next)
    }

    /// `skein`, `skein-2`, `skein-3` …
    private static func successor(of name: String) -> String {
        let parts = name.split(separator: "-")
        return "\(parts.first ?? "skein")-\((parts.dropFirst().first.flatMap { Int($0) } ?? 1) + 1)"
    }
}
