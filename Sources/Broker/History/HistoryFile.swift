import Foundation

/// One file of the history: lines of JSON that are only ever appended.
final class HistoryFile {
    let path: String
    /// The length of its whole lines in bytes.
    private(set) var size: Int
    private let descriptor: Int32

    /// Opens a file for appending, or makes it, readable by its owner only.
    init(path: String) throws(HistoryError) {
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw HistoryError("open", path) }
        let end = lseek(descriptor, 0, Int32(SEEK_END))
        guard end >= 0 else {
            let error = HistoryError("seek in", path)
            close(descriptor)
            throw error
        }
        self.path = path
        size = Int(end)
    }

    deinit { close(descriptor) }

    /// Appends bytes and waits until the disk has them. What is written of a failed append is cut off again.
    func append(_ bytes: [UInt8]) throws(HistoryError) {
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { buffer in
                pwrite(
                    descriptor, buffer.baseAddress?.advanced(by: written), buffer.count - written, off_t(size + written)
                )
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw undo(HistoryError("write", path)) }
            written += count
        }
        guard fdatasync(descriptor) == 0 else { throw undo(HistoryError("synchronize", path)) }
        size += bytes.count
    }

    /// Cuts the file off.
    func truncate(to length: Int) throws(HistoryError) {
        guard ftruncate(descriptor, off_t(length)) == 0, fdatasync(descriptor) == 0 else {
            throw HistoryError("truncate", path)
        }
        size = length
    }

    private func undo(_ error: HistoryError) -> HistoryError {
        _ = ftruncate(descriptor, off_t(size))
        return error
    }

    /// All bytes of a file.
    static func contents(of path: String) throws(HistoryError) -> [UInt8] {
        do {
            return Array(try Data(contentsOf: URL(filePath: path)))
        } catch {
            throw HistoryError(.failed, "read \(path): \(error.localizedDescription)")
        }
    }

    /// Parts of a file by offset and length; nil for a part that is not there.
    static func read(_ parts: [(offset: Int, length: Int)], of path: String) -> [[UInt8]?] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return parts.map { _ in nil } }
        defer { close(descriptor) }
        return parts.map { part in
            let bytes = [UInt8](unsafeUninitializedCapacity: part.length) { buffer, count in
                count = max(0, pread(descriptor, buffer.baseAddress, part.length, off_t(part.offset)))
            }
            return bytes.count == part.length ? bytes : nil
        }
    }
}
