import Glibc

/// Progress of a long command on standard output: each step with the time since the start.
struct LabProgress: Sendable {
    private let start = ContinuousClock.now

    func report(_ step: String) {
        let elapsed = start.duration(to: .now)
        let tenths = elapsed.components.seconds * 10 + elapsed.components.attoseconds / 100_000_000_000_000_000
        let number = "\(tenths / 10).\(tenths % 10)"
        let padding = String(repeating: " ", count: max(0, 6 - number.count))
        // Through write(2): a line must be seen at once, and the steps report from several threads.
        StandardStream.write("[\(padding)\(number) s] \(step)\n", to: STDOUT_FILENO)
    }
}

/// Whole lines to the standard streams, unbuffered.
enum StandardStream {
    static func write(_ text: String, to descriptor: Int32) {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { return }
            bytes = bytes.dropFirst(count)
        }
    }
}
