/// The systems that Skein installs on, as data.
package struct KnownSystem: Hashable, Sendable {
    /// `ID` of `/etc/os-release`.
    package var distribution: String
    /// `VERSION_ID`, oldest first.
    package var versions: [String]
    /// For people, with the versions.
    package var title: String

    package static let all = [
        KnownSystem(distribution: "debian", versions: ["12", "13"], title: "Debian 12 and 13"),
        KnownSystem(distribution: "ubuntu", versions: ["22.04", "24.04"], title: "Ubuntu 22.04 and 24.04"),
    ]

    /// What Skein knows of a system.
    package enum Verdict: Hashable, Sendable {
        case known
        /// A later version of a known one: it may well do.
        case newer
        case unknown
    }

    package static func verdict(_ distribution: String, _ version: String) -> Verdict {
        guard let system = all.first(where: { $0.distribution == distribution }) else { return .unknown }
        if system.versions.contains(version) { return .known }
        guard let last = system.versions.last else { return .unknown }
        return number(last).lexicographicallyPrecedes(number(version)) ? .newer : .unknown
    }

    /// The least versions of packages whose older ones lack what Skein needs, with what that is.
    package static let leastVersions: [(package: String, version: [Int], reason: String)] = [
        ("etcd-server", [3, 4], "members join as learners since 3.4"),
        ("haproxy", [2, 2], "checks with a request of their own since 2.2"),
        ("keepalived", [2, 1], "track files by that name since 2.1"),
        ("rabbitmq-server", [3, 8], "quorum queues since 3.8"),
    ]

    /// The numbers of a package's upstream version: `1:3.10.8-1.1+deb12u1` → 3, 10, 8.
    package static func numbers(ofPackageVersion version: String) -> [Int] {
        let upstream = version.split(separator: ":").last?.prefix { $0.isNumber || $0 == "." } ?? ""
        return upstream.split(separator: ".").compactMap { Int($0) }
    }

    private static func number(_ version: String) -> [Int] { version.split(separator: ".").compactMap { Int($0) } }
}
