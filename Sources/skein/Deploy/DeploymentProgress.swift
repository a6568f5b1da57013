import Deploy
import Glibc

/// Shows a deployment's progress: a line for each finished step, and on a terminal a last line with what is running.
actor DeploymentProgress: ProgressReporter {
    private let start = ContinuousClock.now
    private let isTerminal = isatty(STDOUT_FILENO) == 1
    private let usesColour = Terminal.usesColour(STDOUT_FILENO)
    private var running: [(host: String, action: String, since: ContinuousClock.Instant)] = []
    private var ticker: Task<Void, Never>?

    func report(_ event: ProgressEvent) {
        switch event {
        case .notice(let text):
            line(coloured("note", "33") + " \(text)")
        case .stage(let title, let steps, let hosts):
            line(
                coloured(title, "1")
                    + " (\(steps) step\(steps == 1 ? "" : "s") on \(hosts) host\(hosts == 1 ? "" : "s"))")
        case .started(let host, let action):
            running.append((host, action, .now))
            if isTerminal { startTicker() }
        case .finished(let host, let action, let seconds):
            remove(host, action)
            line("  \(host)  \(action)  \(Self.tenths(seconds)) s")
        case .failed(let host, let action, let seconds, let reason):
            remove(host, action)
            line(coloured("  \(host)  \(action)  FAILED after \(Self.tenths(seconds)) s", "31"))
            for text in reason.split(separator: "\n") { line("      \(text)") }
        }
    }

    /// Ends the line of what is running.
    func finish() {
        ticker?.cancel()
        ticker = nil
        clear()
    }

    private func remove(_ host: String, _ action: String) {
        running.removeAll { $0.host == host && $0.action == action }
    }

    private func startTicker() {
        guard ticker == nil else { return }
        ticker = Task { [weak self] in
            while !Task.isCancelled {
                await self?.showRunning()
                try? await Task.sleep(for: .milliseconds(250))
            }
        }
    }

    private func line(_ text: String) {
        clear()
        let elapsed = Self.tenths(Double((ContinuousClock.now - start) / .milliseconds(1)) / 1_000)
        let padding = String(repeating: " ", count: max(0, 6 - elapsed.count))
        StandardStream.write("[\(padding)\(elapsed) s] \(text)\n", to: STDOUT_FILENO)
        showRunning()
    }

    private func showRunning() {
        guard isTerminal, !running.isEmpty else { return }
        let steps = running.map { step in
            "\(step.host): \(step.action) \(Int((ContinuousClock.now - step.since) / .seconds(1))) s"
        }
        var size = winsize()
        let columns = ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 ? Int(size.ws_col) : 80
        StandardStream.write("\r\u{1b}[K" + steps.joined(separator: " | ").prefix(columns - 1), to: STDOUT_FILENO)
    }

    private func clear() {
        if isTerminal { StandardStream.write("\r\u{1b}[K", to: STDOUT_FILENO) }
    }

    private func coloured(_ text: String, _ code: String) -> String {
        usesColour ? "\u{1b}[\(code)m\(text)\u{1b}[0m" : text
    }

    private static func tenths(_ seconds: Double) -> String {
        let tenths = Int((seconds * 10).rounded())
        return "\(tenths / 10).\(tenths % 10)"
    }
}
