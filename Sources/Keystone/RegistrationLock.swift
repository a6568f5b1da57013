import JSON
import NIOHTTP1

/// Lets one run at a time create what Keystone would also take twice (services, endpoints have no unique names).
///
/// The lock is an entry in Keystone itself, the only place that all runs share: an empty region of a name that can be
/// there once. It stands for a second or two, and only while something is missing.
struct RegistrationLock: Sendable {
    static let regionID = "skein-registration"

    private let administration: KeystoneAdministration
    /// Tells this run's lock from another's.
    private let owner: String

    /// Waits for the lock and takes it.
    ///
    /// - Parameter patience: a lock that stays the same for so long was left behind by a run that died, and is removed.
    /// - Throws: ``KeystoneError``
    static func take(
        in administration: KeystoneAdministration, patience: Duration
    ) async throws(KeystoneError) -> RegistrationLock {
        let lock = RegistrationLock(administration: administration, owner: StaticTokenValidator.makeToken())
        var seen: (owner: String?, since: ContinuousClock.Instant) = (nil, .now)
        while true {
            do throws(KeystoneError) {
                _ = try await administration.create(
                    "region", at: "/regions",
                    [
                        "id": .string(regionID),
                        "description": .string("Skein registers Neutron (\(lock.owner)); removed at its end"),
                    ])
                if try await lock.currentOwner() == lock.owner { return lock }
            } catch  where error.code == .conflict {
                let current = try await lock.currentOwner()
                if current == nil || current != seen.owner {
                    seen = (current, .now)
                } else if seen.since.duration(to: .now) >= patience {
                    try await lock.remove()
                    continue
                }
            }
            do { try await Task.sleep(for: .milliseconds(200)) } catch {
                throw KeystoneError(.unavailable, "cancelled while another run registers Neutron in Keystone")
            }
        }
    }

    func release() async throws(KeystoneError) {
        if try await currentOwner() == owner { try await remove() }
    }

    private func remove() async throws(KeystoneError) {
        _ = try await administration.send(.DELETE, "/regions/\(Self.regionID)", accepting: [404])
    }

    private func currentOwner() async throws(KeystoneError) -> String? {
        let answer = try await administration.send(.GET, "/regions/\(Self.regionID)", accepting: [404])
        guard let text = answer.body?["region"]?["description"]?.stringValue,
            let start = text.firstIndex(of: "("), let end = text.firstIndex(of: ")"), start < end
        else { return nil }
        return String(text[text.index(after: start)..<end])
    }
}
