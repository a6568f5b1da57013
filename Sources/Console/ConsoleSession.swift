import Crypto
import FoundationEssentials
import JSON
import Keystone

/// Who has signed in, until when. The browser keeps it, signed, so that any controller accepts it.
package struct ConsoleSession: Hashable, Sendable {
    package var userName: String
    package var projectName: String
    /// As Keystone writes it; empty without a project.
    package var projectID: String
    package var isAdmin: Bool
    /// Seconds since 1970.
    package var expiresAt: Int

    package init(userName: String, projectName: String, projectID: String, isAdmin: Bool, expiresAt: Int) {
        self.userName = userName
        self.projectName = projectName
        self.projectID = projectID
        self.isAdmin = isAdmin
        self.expiresAt = expiresAt
    }

    /// A session that lasts as long as the token it was opened with, at most 12 hours.
    init(_ identity: Identity, now: Date) {
        let longest = now.addingTimeInterval(12 * 3600)
        self.init(
            userName: identity.userName, projectName: identity.projectName ?? "", projectID: identity.projectID ?? "",
            isAdmin: identity.isAdmin, expiresAt: Int(min(identity.expiresAt, longest).timeIntervalSince1970))
    }
}

/// Signs sessions with the key that all controllers share, and believes only what it has signed.
package struct SessionSigner: Sendable {
    private let key: SymmetricKey

    /// - Parameter key: 64 hexadecimal digits (`ControllerConfiguration.sessionKey`).
    /// - Returns: nil when it is anything else.
    package init?(key: String) {
        let digits = Array(key.utf8)
        guard digits.count == 64, digits.allSatisfy({ $0 < 0x80 && Character(Unicode.Scalar($0)).isHexDigit }) else {
            return nil
        }
        // The key may serve for something else one day; what it signs for the console is good for the console only.
        self.key = SymmetricKey(
            data: HMAC<SHA256>.authenticationCode(
                for: Array("skein console session".utf8), using: SymmetricKey(data: digits)))
    }

    /// A signer of one process, for a controller that shares its sessions with nobody.
    package init() { key = SymmetricKey(size: .bits256) }

    /// The session as a cookie's value.
    package func seal(_ session: ConsoleSession) -> String {
        let content: JSONValue = [
            "user": .string(session.userName), "project": .string(session.projectName),
            "project_id": .string(session.projectID), "admin": .bool(session.isAdmin),
            "expires": .integer(session.expiresAt),
        ]
        let bytes = content.bytes
        let code = HMAC<SHA256>.authenticationCode(for: bytes, using: key)
        return Self.encoded(bytes) + "." + Self.encoded(Array(code))
    }

    /// The session in a cookie's value; nil when it was not signed with this key, is damaged or has ended.
    package func open(_ text: String, now: Date) -> ConsoleSession? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard text.utf8.count <= 4096, parts.count == 2, let bytes = Self.decoded(parts[0]),
            let code = Self.decoded(parts[1]),
            HMAC<SHA256>.isValidAuthenticationCode(code, authenticating: bytes, using: key),
            let content = try? JSONValue(parsing: bytes), let userName = content["user"]?.stringValue,
            let expiresAt = content["expires"]?.integerValue, now.timeIntervalSince1970 < Double(expiresAt)
        else { return nil }
        return ConsoleSession(
            userName: userName, projectName: content["project"]?.stringValue ?? "",
            projectID: content["project_id"]?.stringValue ?? "", isAdmin: content["admin"]?.boolValue ?? false,
            expiresAt: expiresAt)
    }

    /// Base64 with the letters that cookies take, without padding.
    private static func encoded(_ bytes: [UInt8]) -> String {
        Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    }

    private static func decoded(_ text: Substring) -> [UInt8]? {
        let padding = String(repeating: "=", count: (4 - text.utf8.count % 4) % 4)
        let standard = text.replacing("-", with: "+").replacing("_", with: "/") + padding
        return Data(base64Encoded: String(standard)).map { Array($0) }
    }
}
