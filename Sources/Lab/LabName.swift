/// The name of a lab: what keeps two labs on one machine apart.
///
/// Every name that the lab takes from the machine (network namespaces, control groups, directories) is derived from it
/// here, so that `down` finds all of a lab without any record of it. Twelve lower-case letters and digits at most, a
/// letter first; no hyphen, so that no lab's derived name can be another lab's.
package struct LabName: Hashable, Sendable, Codable, CustomStringConvertible {
    /// The name as the user wrote it.
    package let text: String

    /// The name that `skein lab` uses when none is given.
    package static let standard = LabName(trusted: "lab")

    /// Nil when the text is not a lab name.
    package init?(_ text: String) {
        guard let first = text.utf8.first, (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(first),
            text.utf8.count <= 12,
            text.utf8.allSatisfy({
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
            })
        else { return nil }
        self.text = text
    }

    private init(trusted text: String) { self.text = text }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let name = LabName(text) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "'\(text)' is no lab name")
        }
        self = name
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }

    package var description: String { text }

    /// The network namespace that holds the bridges.
    package var fabricNamespace: String { "skein-\(text)" }

    /// The network namespace of one host.
    package func namespace(ofHost host: String) -> String { "skein-\(text)-\(host)" }

    /// The control group of one host, below the root of each hierarchy.
    package func controlGroup(ofHost host: String) -> String { "\(controlGroupPrefix)\(host)" }

    /// What the names of all control groups of this lab begin with, and no other lab's do.
    package var controlGroupPrefix: String { "skein-lab-\(text)-" }

    /// The control group of the forwarder; no host may have this name.
    package var forwarderControlGroup: String { controlGroup(ofHost: "forwarder") }

    /// The machine name that systemd-nspawn is given: unique on the machine.
    package func machine(ofHost host: String) -> String { "skein-\(text)-\(host)" }
}
