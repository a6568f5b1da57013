import Remote

/// A build of the executable that a host has, running or kept for the way back.
package struct KeptVersion: Hashable, Sendable {
    /// The first letters of its SHA-256: what tells two builds of one version apart, and the name of its directory.
    var digest: String
    /// What `skein version` says, such as `0.1.0`; empty when it says nothing.
    var version: String

    /// Long enough that two builds of one deployment do not share it.
    static let digestLength = 12

    /// For people: `0.1.0 (3fa9c1d2e4f5)`.
    package var title: String { "\(version.isEmpty ? "unknown version" : version) (\(digest))" }

    /// Whether an operator who says this means it: the version, or the begin of the digest.
    func isMeant(by name: String) -> Bool {
        !name.isEmpty && (version == name || digest.hasPrefix(name.lowercased()))
    }
}

/// What a host runs, and what it has kept of earlier upgrades.
struct VersionSurvey: Hashable {
    var host: String
    /// Nil when there is no executable.
    var running: KeptVersion?
    /// What it ran before the one that runs; nil before the first upgrade.
    var previous: String?
    /// With the running one when that was kept, too.
    var kept: [KeptVersion] = []

    /// Prints what there is, one fact a line.
    static let script = """
        if [ -x \(UpgradeScript.executable) ]; then
            digest=$(sha256sum \(UpgradeScript.executable) | cut -c -\(KeptVersion.digestLength))
            echo "running $digest $(timeout 10 \(UpgradeScript.executable) version 2>/dev/null | head -n 1)"
        fi
        cd \(UpgradeScript.versions) 2>/dev/null || exit 0
        if [ -s previous ]; then echo "previous $(cat previous)"; fi
        for folder in */; do
            [ -s "$folder/files.tar" ] && echo "kept ${folder%/} $(cat "$folder/version" 2>/dev/null)"
        done
        true
        """

    /// Reads what the script printed.
    init(host: String, output: String) {
        self.host = host
        for line in output.split(separator: "\n") {
            let words = line.split(separator: " ").map(String.init)
            guard words.count >= 2 else { continue }
            let version = KeptVersion(digest: words[1], version: words.count > 2 ? words[words.count - 1] : "")
            switch words[0] {
            case "running": running = version
            case "previous": previous = words[1]
            case "kept": kept.append(version)
            default: break
            }
        }
    }
}
