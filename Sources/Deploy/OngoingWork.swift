import Remote

/// Something that changes a host already: a step of another run of Skein, or an installation of packages, whoever began
/// it. Pure: makes the script, and reads what it printed.
struct OngoingWork: Hashable {
    enum Kind: String {
        case step
        case packages
    }

    var kind: Kind
    var process: Int
    /// The process's program; empty when it ended meanwhile.
    var program: String

    /// How long the work of others is waited for, in seconds: longer than an unattended upgrade usually takes.
    static let patience = 300

    /// A shell script that prints one line for each: kind, process, program.
    ///
    /// - Parameter locks: the files that programs lock while they change packages.
    static func script(
        locks: [String] = ["/var/lib/dpkg/lock-frontend", "/var/lib/dpkg/lock"]
    ) -> String {
        """
        for process in $(grep -lzs '^\(RemoteStep.mark)=\(RemoteStep.Purpose.changes.rawValue)-' /proc/[0-9]*/environ \
            | tr -c '0-9\\n' ' '); do
            # The mark names the shell that watches the step: what the step left running after its end is no step.
            watch=$(tr '\\0' '\\n' 2>/dev/null <"/proc/$process/environ" | sed -n 's/^\(RemoteStep.mark)=[a-z]*-//p') || true
            if tr '\\0' '\\n' 2>/dev/null <"/proc/${watch:-0}/cmdline" | grep -qx \(RemoteStep.shellName); then
                echo "step $watch $(cat "/proc/$process/comm" 2>/dev/null || true)"
            fi
        done | sort -u -k 2,2
        for lock in \(locks.map { shellWord($0) }.joined(separator: " ")); do
            inode=$(stat -c %i "$lock" 2>/dev/null) || continue
            awk -v file=":$inode$" '$2 == "POSIX" && $6 ~ file { print $5 }' /proc/locks
        done | sort -u | while read -r process; do
            echo "packages $process $(cat "/proc/$process/comm" 2>/dev/null || true)"
        done
        """
    }

    /// Reads what the script printed.
    static func all(_ output: String) -> [OngoingWork] {
        output.split(separator: "\n").compactMap { line in
            let words = line.split(separator: " ")
            guard words.count >= 2, let kind = Kind(rawValue: String(words[0])), let process = Int(words[1])
            else { return nil }
            return OngoingWork(kind: kind, process: process, program: words.dropFirst(2).joined(separator: " "))
        }
    }

    /// In words, such as `another package operation is running (apt-get, process 812)`.
    var text: String {
        let what =
            switch kind {
            case .step: "a step of another run of skein is under way"
            case .packages: "another package operation is running"
            }
        return "\(what) (\(program.isEmpty ? "" : program + ", ")process \(process))"
    }

    /// Waits until nothing else changes a host, and says so when there is something.
    ///
    /// - Parameters:
    ///   - limit: how long it waits.
    ///   - look: what there is at the moment.
    ///   - report: called with a line for people, once for each thing that is waited for.
    /// - Returns: nil when the host is quiet; what goes on when the time is over.
    static func awaitEnd<Time: Clock>(
        clock: Time, limit: Time.Duration, period: Time.Duration, look: () async -> [OngoingWork],
        report: (String) async -> Void
    ) async -> OngoingWork? {
        let end = clock.now.advanced(by: limit)
        var known: Set<OngoingWork> = []
        while let work = await look().first {
            guard clock.now < end, !Task.isCancelled else { return work }
            if known.insert(work).inserted { await report(work.text + ": waiting for its end") }
            try? await clock.sleep(until: clock.now.advanced(by: period), tolerance: nil)
        }
        return nil
    }
}

extension Deployment {
    /// Waits until nothing else changes these hosts: such as the rest of a run that was interrupted.
    ///
    /// - Throws: ``DeployError`` `stepFailed` when something still does after ``OngoingWork/patience``.
    func awaitQuiet(on names: Set<String>, _ progress: some ProgressReporter) async throws(DeployError) {
        let failures = await concurrently(names.sorted().compactMap { remote($0) }) { host async -> String? in
            let rest = await OngoingWork.awaitEnd(
                clock: ContinuousClock(), limit: .seconds(OngoingWork.patience), period: .seconds(1)
            ) {
                // A host that cannot be asked fails in its first step, with a reason.
                (try? await host.run(OngoingWork.script(), seconds: 30)).map { OngoingWork.all($0.output) } ?? []
            } report: {
                await progress.report(.notice("\(host.name): \($0)"))
            }
            return rest.map {
                "\(host.name): after \(OngoingWork.patience) s, \($0.text): wait for its end, or end it, and try again"
            }
        }.compactMap { $0 }
        guard failures.isEmpty else { throw DeployError(.stepFailed, failures) }
    }
}
