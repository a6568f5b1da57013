import Blueprint
import Model
import Remote
import Testbed
import Time

/// What `skein notices` asks the store, from a host of one of its members. Pure: makes the scripts, and reads what they
/// print.
enum SetAsideInquiry {
    /// How many notices a list has; the oldest, since they came first.
    static let listed = 50
    private static let prefix = StoreKey.setAside("").path

    /// Prints a line for each notice, oldest first: its id, a tab, and what is said about it.
    static func list(on host: Testbed.Host) -> String {
        """
        \(StoreControl.functions(host.controlAddress))
        keys=$(ctl get --prefix \(prefix) --keys-only | grep . || true)
        printf 'count\\t%s\\n' "$(printf '%s' "$keys" | grep -c . || true)"
        for key in $(printf '%s' "$keys" | head -n \(listed)); do
            printf '%s\\t%s\\n' "${key#\(prefix)}" "$(ctl get "$key" --print-value-only | head -n 1)"
        done
        """
    }

    /// Prints the notice after the line about it, nothing when there is none.
    static func show(_ id: String, on host: Testbed.Host) -> String {
        """
        \(StoreControl.functions(host.controlAddress))
        ctl get \(shellWord(StoreKey.setAside(id).path)) --print-value-only
        """
    }

    /// Prints how many notices it dropped.
    ///
    /// - Parameter id: the one to drop; nil for all of them, and for the counts of what was given up.
    static func drop(_ id: String?, on host: Testbed.Host) -> String {
        let one = id.map { "ctl del \(shellWord(StoreKey.setAside($0).path))" }
        return """
            \(StoreControl.functions(host.controlAddress))
            \(one ?? "ctl del --prefix \(prefix); ctl del \(StoreKey.noticeLosses.path) >/dev/null")
            """
    }

    /// What a list says, for people.
    static func text(ofList output: String) -> String {
        let lines = output.split(separator: "\n").map {
            $0.split(separator: "\t", maxSplits: 1, omittingEmptySubsequences: false)
        }
        let count = lines.first { $0.first == "count" && $0.count == 2 }.flatMap { Int($0[1]) } ?? 0
        guard count > 0 else { return "No notice is set aside.\n" }
        var text = ""
        for line in lines where line.count == 2 && line[0] != "count" {
            let notice = SetAsideNotice(stored: Array(line[1].utf8))
            text += "\(line[0])  \(notice.time?.rfc3339Text ?? "-")  \(notice.bytes) bytes\n    \(notice.reason)\n"
        }
        return text + (count > listed ? "and \(count - listed) newer ones\n" : "")
    }
}

extension Deployment {
    /// The notices that are set aside, for people.
    ///
    /// - Throws: ``DeployError`` `stepFailed`
    package func setAsideNotices() async throws(DeployError) -> String {
        SetAsideInquiry.text(ofList: try await askStore { SetAsideInquiry.list(on: $0) })
    }

    /// One of the notices that are set aside, as it was in the outbox, after a line about it.
    ///
    /// - Throws: ``DeployError`` `stepFailed`
    package func setAsideNotice(_ id: String) async throws(DeployError) -> String {
        let output = try await askStore { SetAsideInquiry.show(id, on: $0) }
        guard !output.isEmpty else { throw DeployError(.stepFailed, "no notice \(id) is set aside") }
        return output
    }

    /// Drops one of the notices that are set aside, or all.
    ///
    /// - Returns: what was done, for people.
    /// - Throws: ``DeployError`` `stepFailed`
    package func dropSetAsideNotices(_ id: String?) async throws(DeployError) -> String {
        let output = try await askStore { SetAsideInquiry.drop(id, on: $0) }
        return "Dropped: \(output.split(separator: "\n").first ?? "0")\n"
    }

    /// What a script prints on the first host of a member on which it succeeds.
    private func askStore(_ script: (Testbed.Host) -> String) async throws(DeployError) -> String {
        var reasons: [String] = []
        for member in testbed.hosts(in: .database) {
            guard let remote = hosts.first(where: { $0.name == member.name }) else { continue }
            do throws(RemoteError) {
                let output = try await remote.run(script(member), seconds: 60)
                if output.succeeded { return output.output }
                reasons.append("\(member.name): \(output.lastLines(3))")
            } catch {
                reasons.append("\(member.name): \(error.message)")
            }
        }
        throw DeployError(.stepFailed, reasons.isEmpty ? ["no host of the store is managed"] : reasons)
    }
}
