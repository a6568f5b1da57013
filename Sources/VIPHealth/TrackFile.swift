import Glibc

/// A file that keepalived tracks: one digit and a line feed. All contents have the same length and replace each other in
/// one write, so that keepalived never reads half of one.
struct TrackFile {
    let path: String

    /// The digit; nil when there is no such file, or something else in it.
    func read() -> Int? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var byte: UInt8 = 0
        guard Glibc.read(file, &byte, 1) == 1, let digit = Character(UnicodeScalar(byte)).wholeNumberValue else {
            return nil
        }
        return digit
    }

    /// - Parameter digit: 0 to 9.
    func write(_ digit: Int) throws(VIPHealthError) {
        let file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw failure() }
        defer { close(file) }
        let text = Array("\(digit)\n".utf8)
        guard Glibc.write(file, text, text.count) == text.count else { throw failure() }
    }

    /// Says that the content still stands.
    func touch() {
        _ = utimensat(AT_FDCWD, path, nil, 0)
    }

    private func failure() -> VIPHealthError {
        VIPHealthError(.stateFile, "\(path) cannot be written: \(String(cString: strerror(errno)))")
    }
}
