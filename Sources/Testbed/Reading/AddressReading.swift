import Addressing

/// Addresses that nothing can be reached at.
enum AddressKind {
    /// What is wrong with an address as that of a host or a VIP, in words; nil when nothing is.
    static func objection(to address: IPAddress) -> String? {
        let special: [(String, String)] = [
            ("0.0.0.0/8", "the unspecified address"), ("127.0.0.0/8", "a loopback address"),
            ("224.0.0.0/4", "a multicast address"), ("240.0.0.0/4", "a reserved or broadcast address"),
            ("::/128", "the unspecified address"), ("::1/128", "a loopback address"),
            ("ff00::/8", "a multicast address"),
        ]
        return special.first { CIDR($0.0)?.contains(address) ?? false }?.1
    }
}

extension Interpreter {
    /// An address in a setting, or what is wrong with it. `code` names the finding for texts that are no address.
    mutating func address(_ value: PythonValue, _ subject: String, _ code: DiagnosticCode) -> IPAddress? {
        if value.isUnknown { return nil }
        guard let text = value.stringValue else {
            wrongType(subject, value, "an address in quotes", "Write it as '192.0.2.20'.")
            return nil
        }
        if let address = IPAddress(text) {
            guard let objection = AddressKind.objection(to: address) else { return address }
            report(
                code, .error, at: value.range, subject: subject, "\(subject) is \(text), \(objection)",
                reason: "Other hosts cannot reach it there.", proposal: "Write an address of the network that it is in."
            )
            return nil
        }
        if Placeholder.isPlaceholder(text) {
            report(
                .placeholder, .error, at: value.range, subject: subject,
                "'\(text)' stands for an address; it is not one",
                reason: "\(subject) must name a real place before anything can be deployed.",
                proposal: "Write the address that is meant, such as '192.0.2.20'.")
            return nil
        }
        let proposal: String
        let message: String
        if let slash = text.firstIndex(of: "/"), IPAddress(text[..<slash]) != nil {
            message = "\(subject) is '\(text)', an address with a prefix length"
            proposal = "Write the address alone: '\(text[..<slash])'."
        } else if let trimmed = IPAddress(text.filter { !$0.isWhitespace }) {
            message = "\(subject) is '\(text)', which has white space in it"
            proposal = "Write '\(trimmed)'."
        } else if DNSName.isValid(text) {
            message = "\(subject) is the name '\(text)', not an address"
            proposal = "Write the address that the name stands for."
        } else {
            message = "\(subject) is '\(text)', which is not an address"
            proposal = "Write four numbers from 0 to 255 with dots between them, such as '192.0.2.20'."
        }
        report(
            code, .error, at: value.range, subject: subject, message,
            reason: "It is put into the configuration of several services as it is.", proposal: proposal)
        return nil
    }
}
