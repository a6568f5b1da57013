import Addressing

/// What a host string says.
struct HostString: Hashable {
    var user: String?
    var address: String

    /// Why a text is no host string.
    struct Problem: Error, Hashable {
        var code: DiagnosticCode
        var message: String
        var proposal: String
    }

    /// Reads `user@address` or `address`.
    init(_ text: String) throws(Problem) {
        let parts = text.split(separator: "@", omittingEmptySubsequences: false)
        guard parts.count <= 2, let last = parts.last else {
            throw Problem(
                code: .badHostString, message: "the host string '\(text)' has more than one '@'",
                proposal: "Write 'user@address'; a comma may be missing between two hosts.")
        }
        address = String(last)
        if parts.count == 2 {
            let name = String(parts[0])
            guard Self.isUserName(name) else {
                throw Problem(
                    code: .badHostString,
                    message: name.isEmpty
                        ? "the host string '\(text)' has no user before '@'" : "'\(name)' is not a user name",
                    proposal: "Write 'root@\(last)'.")
            }
            user = name
        }
        if let problem = Self.problem(ofAddress: address, in: text) { throw problem }
    }

    private static func problem(ofAddress address: String, in text: String) -> Problem? {
        if Placeholder.isPlaceholder(address) {
            return Problem(
                code: .placeholder, message: "'\(address)' stands for an address; it is not one",
                proposal: "Write the host's address, such as 'root@192.0.2.11'.")
        }
        if IPAddress(address) != nil { return nil }
        if let colon = address.firstIndex(of: ":"),
            IPAddress(address[..<colon]) != nil || DNSName.isValid(address[..<colon])
        {
            return Problem(
                code: .badHostString, message: "the host string '\(text)' has a port",
                proposal: "Remove it; set another port in the build host's ~/.ssh/config.")
        }
        if DNSName.isValid(address) { return nil }
        return Problem(
            code: .badHostString, message: "'\(address)' is neither an address nor a host name",
            proposal: "Write four numbers from 0 to 255 with dots between them, such as 'root@192.0.2.11'.")
    }

    /// POSIX' portable user names.
    private static func isUserName(_ text: String) -> Bool {
        guard let first = text.utf8.first, Lexer.isNameStart(first), text.utf8.count <= 32 else { return false }
        return text.utf8.allSatisfy {
            Lexer.isNameStart($0) || Lexer.isDigit($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-")
        }
    }
}

/// Names of hosts.
enum DNSName {
    /// RFC 1123: labels of letters, digits and dashes with dots between them; not all digits and dots, which would be a
    /// mistyped address.
    static func isValid(_ text: some StringProtocol) -> Bool {
        guard (1...253).contains(text.utf8.count) else { return false }
        let labels = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard labels.allSatisfy({ isLabel($0) }) else { return false }
        return text.utf8.contains { !Lexer.isDigit($0) && $0 != UInt8(ascii: ".") }
    }

    private static func isLabel(_ label: some Collection<UInt8>) -> Bool {
        guard (1...63).contains(label.count), let first = label.first else { return false }
        var last = first
        for byte in label {
            guard isLetterOrDigit(byte) || byte == UInt8(ascii: "-") else { return false }
            last = byte
        }
        return isLetterOrDigit(first) && isLetterOrDigit(last)
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        Lexer.isDigit(byte) || (Lexer.isNameStart(byte) && byte != UInt8(ascii: "_"))
    }
}

/// Texts that stand for something that should have been filled in.
enum Placeholder {
    static func isPlaceholder(_ text: String) -> Bool {
        let lower = text.lowercased()
        if text.hasPrefix("<") || text.hasPrefix("{{") || text.hasPrefix("${") || text.hasPrefix("$") { return true }
        if ["changeme", "change_me", "change-me", "your_", "your-", "fixme", "todo"].contains(where: lower.contains) {
            return true
        }
        return isDottedLetters(lower) || isConstantName(text)
    }

    /// `x.y.z.a`, `10.84.xx.yy`, `192.0.2.x`.
    private static func isDottedLetters(_ text: String) -> Bool {
        let address = text.split(separator: "/", maxSplits: 1).first ?? ""
        let parts = address.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return false }
        var hasLetter = false
        for part in parts {
            guard let first = part.utf8.first else { return false }
            if part.utf8.allSatisfy(Lexer.isDigit) { continue }
            guard part.utf8.count <= 3, part.utf8.allSatisfy({ $0 == first }) else { return false }
            hasLetter = true
        }
        return hasLetter
    }

    /// `IP_KEYSTONE`: capitals with an underscore, which no address and no host name has.
    private static func isConstantName(_ text: String) -> Bool {
        text.contains("_") && text.contains(where: \.isLetter)
            && text.utf8.allSatisfy { Lexer.isDigit($0) || $0 == UInt8(ascii: "_") || (0x41...0x5a).contains($0) }
    }
}
