import Glibc

/// The file that keepalived tracks: `0` healthy, `1` at fault. Both have the same length and replace each other in one
/// write, so that keepalived never reads half of one.
struct VIPStateFile {
    let path: String

    /// Whether the file says healthy; nil when there is none.
    func read() -> Bool? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var byte: UInt8 = 0
        guard Glibc.read(file, &byte, 1) == 1 else { return nil }
        return byte == UInt8(ascii: "0")
    }

    func write(isHealthy: Bool) throws(VIPHealthError) {
        let file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw failure() }
        defer { close(file) }
        let text = Array((isHealthy ? "0\n" : "1\n").utf8)
        guard Glibc.write(file, text, text.count) == text.count else { throw failure() }
    }

    /// Says that the verdict still stands. Not doing so is no error: without it keepalived asks the proxy by itself.
    func touch() {
        _ = utimensat(AT_FDCWD, path, nil, 0)
    }

    private func failure() -> VIPHealthError {
        VIPHealthError(.stateFile, "\(path) cannot be written: \(String(cString: strerror(errno)))")
    }
}
