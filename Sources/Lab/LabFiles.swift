import FoundationEssentials
import Glibc

/// The few things that a lab does with files, with errors that say which file.
enum LabFiles {
    static func makeDirectory(_ path: String, mode: Int = 0o755) throws(LabError) {
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: mode])
        } catch {
            throw LabError(.fileSystem, "cannot make directory \(path): \(error)")
        }
    }

    /// Writes a file as a whole: a reader sees the old content or the new one.
    static func write(_ text: String, to path: String, mode: mode_t = 0o644) throws(LabError) {
        let temporary = "\(path).\(getpid())~"
        try put(text, into: temporary, flags: O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode: mode)
        guard chmod(temporary, mode) == 0, rename(temporary, path) == 0 else {
            let reason = errorText()
            unlink(temporary)
            throw LabError(.fileSystem, "cannot write \(path): \(reason)")
        }
    }

    /// Writes into a file of the kernel, which must be there.
    static func set(_ text: String, at path: String) throws(LabError) {
        try put(text, into: path, flags: O_WRONLY | O_CLOEXEC, mode: 0)
    }

    private static func put(_ text: String, into path: String, flags: Int32, mode: mode_t) throws(LabError) {
        let descriptor = open(path, flags, mode)
        guard descriptor >= 0 else { throw LabError(.fileSystem, "cannot write \(path): \(errorText())") }
        defer { close(descriptor) }
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            guard count > 0 else { throw LabError(.fileSystem, "cannot write \(path): \(errorText())") }
            bytes = bytes.dropFirst(count)
        }
    }

    /// The file's text; nil when it cannot be read.
    static func text(_ path: String) -> String? {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16384)
        while true {
            let count = buffer.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
            // A control group that goes away while it is read ends with ENODEV: what was read counts.
            guard count > 0 else { break }
            bytes.append(contentsOf: buffer.prefix(count))
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The numbers in a file of numbers, one a line; empty when there is no such file.
    static func numbers(_ path: String) -> [Int32] {
        (text(path) ?? "").split(whereSeparator: \.isWhitespace).compactMap { Int32($0) }
    }

    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    /// The names in a directory, sorted; empty when there is none.
    static func names(in path: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
    }

    /// Removes a file or a whole directory; one that is not there is no error.
    static func remove(_ path: String) throws(LabError) {
        guard lstatExists(path) else { return }
        do {
            try FileManager.default.removeItem(atPath: path)
        } catch {
            guard lstatExists(path) else { return }
            throw LabError(.fileSystem, "cannot remove \(path): \(error)")
        }
    }

    private static func lstatExists(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0
    }

    static func value<Value: Decodable>(_ type: Value.Type, at path: String) throws(LabError) -> Value? {
        guard let text = text(path) else { return nil }
        do {
            return try JSONDecoder().decode(type, from: Data(text.utf8))
        } catch {
            throw LabError(.fileSystem, "\(path) is damaged (\(error)); `skein lab down` removes the lab")
        }
    }

    static func write(_ value: some Encodable, to path: String, mode: mode_t = 0o644) throws(LabError) {
        do {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
            try write(String(decoding: try encoder.encode(value), as: UTF8.self) + "\n", to: path, mode: mode)
        } catch let error as LabError {
            throw error
        } catch {
            throw LabError(.fileSystem, "cannot write \(path): \(error)")
        }
    }

    private static func errorText() -> String { String(cString: strerror(errno)) }
}
