import Addressing
import HashTreeCollections
import JSON
import Time

/// What an edit is given from outside, because the pure rooms have no clock, no random source and no caller.
package struct EditContext: Sendable {
    /// When the request was received.
    package let now: Timestamp
    /// Identifies the request in notices: `req-…` or what the client sent as `X-Request-Id`.
    package let requestID: String
    package let caller: Caller
    /// How often this request has been tried because of a conflict; later tries look for addresses elsewhere.
    package let attempt: Int
    /// Keys that other requests of this process are about to put: not worth trying.
    package let pendingKeys: TreeSet<String>
    /// Where this controller looks for addresses and numbers first when others may want the same.
    package let share: AllocationShare
    private var generator: SeededGenerator

    /// - Parameter seed: from the system's random source; decides every id, MAC address and choice of the edit.
    package init(
        now: Timestamp, requestID: String, caller: Caller, seed: UInt64, attempt: Int = 0,
        pendingKeys: TreeSet<String> = [], share: AllocationShare = .whole
    ) {
        self.now = now
        self.requestID = requestID
        self.caller = caller
        self.attempt = attempt
        self.pendingKeys = pendingKeys
        self.share = share
        generator = SeededGenerator(state: seed)
    }

    /// Who asks: the fields of a validated token.
    package struct Caller: Hashable, Sendable {
        package var userID: String
        package var userName: String
        /// 32 hexadecimal digits, without dashes.
        package var projectID: String
        package var projectName: String
        package var domainID: String
        package var domainName: String
        package var roles: [String]
        /// Has the role `admin`: sees and changes what belongs to any project.
        package var isAdmin: Bool

        package init(
            userID: String, userName: String, projectID: String, projectName: String, domainID: String,
            domainName: String, roles: [String], isAdmin: Bool
        ) {
            self.userID = userID
            self.userName = userName
            self.projectID = projectID
            self.projectName = projectName
            self.domainID = domainID
            self.domainName = domainName
            self.roles = roles
            self.isAdmin = isAdmin
        }

        /// The caller as notices name it.
        var json: JSONObject {
            [
                "user_id": .string(userID), "user_name": .string(userName), "project_id": .string(projectID),
                "project_name": .string(projectName), "project_domain_id": .string(domainID),
                "roles": .array(roles.map { .string($0) }), "is_admin": .bool(isAdmin),
            ]
        }

        /// Skein itself: the first objects, background tasks.
        package static let system = Caller(
            userID: "", userName: "skein", projectID: "", projectName: "", domainID: "", domainName: "",
            roles: ["admin"], isAdmin: true)
    }

    /// A new version 4 UUID.
    package mutating func newID() -> ObjectID {
        ObjectID(random: UInt128(generator.next()) << 64 | UInt128(generator.next()))
    }

    /// A number below `bound`, which must be positive.
    package mutating func random(below bound: UInt64) -> UInt64 {
        UInt64.random(in: 0..<max(bound, 1), using: &generator)
    }
}

/// SplitMix64: a full-period generator whose state is one number, so that an edit is a function of its inputs.
struct SeededGenerator: RandomNumberGenerator, Sendable {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
