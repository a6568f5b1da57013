import FoundationEssentials
import JSON
import SwiftASN1
import X509

/// A certificate on a host, and how long it is good. Pure.
package struct CertificateStatus: Hashable, Sendable {
    /// Whose it is: `authority`, or the service that shows it.
    package var name: String
    /// The end of its time, in seconds since 1970; nil when it cannot be read.
    package var end: Int?
    /// Whole days until then, rounded down: negative once it is over. Nil when it cannot be read.
    package var daysLeft: Int?

    /// With fewer days left it is a warning: both `up` and the host itself should have renewed it long before.
    static let warningDays = 60
    /// With fewer days left it is a failure: as long as an operator may be on holiday.
    static let failureDays = 14

    package var isWell: Bool { (daysLeft ?? -1) >= Self.failureDays }

    /// What is wrong with it, in words; nil when nothing is.
    var complaint: String? {
        guard let daysLeft else { return "the certificate of \(name) cannot be read" }
        let remedy = name.hasPrefix("authority") ? "`skein rotate TESTBED ca` makes another" : "`skein up` renews it"
        if daysLeft < 0 { return "the certificate of \(name) is over since \(-daysLeft) days: \(remedy)" }
        guard daysLeft < Self.warningDays else { return nil }
        return "the certificate of \(name) has \(daysLeft) days left: \(remedy)"
    }

    var line: String {
        let padding = String(repeating: " ", count: max(1, 30 - name.count))
        return name + padding + (daysLeft.map { $0 < 0 ? "expired" : "\($0) days left" } ?? "unreadable")
    }

    var json: JSONValue {
        [
            "name": .string(name), "days_left": daysLeft.map { .integer($0) } ?? .null,
            "end": end.map { .integer($0) } ?? .null, "well": .bool(isWell),
        ]
    }

    /// Reads a host's answers.
    static func all(_ answers: [String: String], now: Date) -> [CertificateStatus] {
        ["authority", "skein", "etcd", "rabbitmq"].flatMap { name -> [CertificateStatus] in
            guard let answer = answers["certificate.\(name)"] else { return [] }
            let text = Data(base64Encoded: answer).map { String(decoding: $0, as: UTF8.self) } ?? ""
            let certificates = PEMText.certificates(in: text)
            guard !certificates.isEmpty else { return [CertificateStatus(name: name)] }
            return certificates.enumerated().map { index, certificate in
                let label = index == 0 ? name : "\(name) \(index + 1)"
                guard let end = try? Certificate(pemEncoded: certificate).notValidAfter.timeIntervalSince1970 else {
                    return CertificateStatus(name: label)
                }
                let days = ((end - now.timeIntervalSince1970) / 86_400).rounded(.down)
                return CertificateStatus(name: label, end: Int(end), daysLeft: Int(days))
            }
        }
    }
}
