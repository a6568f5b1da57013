import Foundation
import Synchronization
import Time

/// The event history of one collector on disk: files of JSON lines in one folder, with an index in memory.
///
/// An event is on disk when ``append(_:)`` returns. The oldest files are removed when all together grow beyond the
/// limit. A line that a crash left half written is cut off at the next start, and a damaged one is passed over; no
/// other line is ever changed. All file operations happen on a queue of their own, so that no caller's thread waits.
package final class HistoryLog: Sendable {
    /// The sizes it keeps to.
    package struct Limits: Hashable, Sendable {
        /// A new file begins when one has grown to so many bytes.
        package var segmentBytes = 8 << 20
        /// All files together; the memory for the index is about a third of it.
        package var totalBytes = 128 << 20

        package init() {}
    }

    /// How much there is.
    package struct Statistics: Hashable, Sendable {
        package var events: Int
        package var bytes: Int
        package var newest: Timestamp?
        /// Lines that could not be read at the start.
        package var damagedLines: Int
    }

    private struct Content {
        var index = HistoryIndex()
        var damagedLines = 0
    }

    private let folder: String
    private let limits: Limits
    private let queue = DispatchQueue(label: "skein.history")
    private let content = Mutex(Content())

    private init(folder: String, limits: Limits) {
        self.folder = folder
        self.limits = limits
    }

    /// Opens the history in a folder, which is made if it is missing.
    package static func open(folder: String, limits: Limits = Limits()) async throws(HistoryError) -> HistoryLog {
        let log = HistoryLog(folder: folder, limits: limits)
        try await log.onQueue { () throws(HistoryError) in try log.load() }
        return log
    }

    package var statistics: Statistics {
        content.withLock { content in
            Statistics(
                events: content.index.count, bytes: content.index.bytes, newest: content.index.newest,
                damagedLines: content.damagedLines)
        }
    }

    /// Keeps events, in order; those whose id it has already are passed over.
    ///
    /// - Throws: ``HistoryError``; then none of them is kept, or only whole ones.
    package func append(_ events: [HistoryEvent]) async throws(HistoryError) {
        try await onQueue { [self] () throws(HistoryError) in try write(events) }
    }

    /// Events, newest first. A file that is removed meanwhile ends the page early.
    package func events(_ query: HistoryQuery) async -> HistoryPage {
        let places = content.withLock { $0.index.find(query) }
        let lines = await withCheckedContinuation { continuation in
            queue.async { [self] in continuation.resume(returning: read(Array(places.prefix(query.limit)))) }
        }
        var page = HistoryPage(lines: lines, next: nil)
        if places.count > query.limit, let last = places.dropLast().last {
            page.next = HistoryCursor(segment: last.segment, line: last.line)
        }
        return page
    }

    // MARK: - On the queue

    private func onQueue(
        _ work: @escaping @Sendable () throws(HistoryError) -> Void
    ) async throws(HistoryError) {
        let result: Result<Void, HistoryError> = await withCheckedContinuation { continuation in
            queue.async {
                do throws(HistoryError) {
                    continuation.resume(returning: .success(try work()))
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
        }
        try result.get()
    }

    private func path(_ segment: Int) -> String {
        let digits = String(segment)
        return folder + "/events-" + String(repeating: "0", count: max(0, 12 - digits.count)) + digits + ".jsonl"
    }

    private func load() throws(HistoryError) {
        let names: [String]
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            names = try FileManager.default.contentsOfDirectory(atPath: folder)
        } catch {
            throw HistoryError(.failed, "open \(folder): \(error.localizedDescription)")
        }
        let numbers = names.compactMap { name -> Int? in
            guard let number = Int(name.dropFirst(7).dropLast(6)), number > 0, path(number) == folder + "/" + name
            else { return nil }
            return number
        }
        var loaded = Content()
        for number in numbers.sorted() {
            loaded.index.begin(segment: number)
            let bytes = try HistoryFile.contents(of: path(number))
            var start = bytes.startIndex
            while let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) {
                if let event = HistoryEvent(parsing: bytes[start..<end]) {
                    loaded.index.append(event, offset: start, length: end - start)
                } else {
                    loaded.damagedLines += 1
                }
                start = end + 1
            }
            if start < bytes.endIndex {
                loaded.damagedLines += 1
                try HistoryFile(path: path(number)).truncate(to: start)
            }
        }
        let result = loaded
        content.withLock { $0 = result }
    }

    private func write(_ events: [HistoryEvent]) throws(HistoryError) {
        var seen: Set<String> = []
        let new = content.withLock { content in
            events.filter { !content.index.knows($0.id) && seen.insert($0.id).inserted }
        }
        guard !new.isEmpty else { return }
        let file = try currentFile()
        var bytes: [UInt8] = []
        var places: [(offset: Int, length: Int)] = []
        for event in new {
            let line = event.bytes
            places.append((file.size + bytes.count, line.count))
            bytes += line
            bytes.append(UInt8(ascii: "\n"))
        }
        try file.append(bytes)
        let dropped = content.withLock { content in
            for (event, place) in zip(new, places) {
                content.index.append(event, offset: place.offset, length: place.length)
            }
            return content.index.dropOldest(toFit: limits.totalBytes)
        }
        for number in dropped { unlink(path(number)) }
    }

    /// The file to append to; a new one when the newest has grown enough.
    private func currentFile() throws(HistoryError) -> HistoryFile {
        let newest = content.withLock { $0.index.segments.last.map { ($0.number, $0.bytes) } }
        if let (number, _) = newest {
            let file = try HistoryFile(path: path(number))
            if file.size < limits.segmentBytes { return file }
        }
        let number = (newest?.0 ?? 0) + 1
        let file = try HistoryFile(path: path(number))
        try synchronizeFolder()
        content.withLock { $0.index.begin(segment: number) }
        return file
    }

    /// Makes sure that a new file's name survives a power failure as well.
    private func synchronizeFolder() throws(HistoryError) {
        let descriptor = Foundation.open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw HistoryError("open", folder) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw HistoryError("synchronize", folder) }
    }

    private func read(_ places: [HistoryIndex.Place]) -> [[UInt8]] {
        var lines: [[UInt8]] = []
        var rest = places[...]
        while let segment = rest.first?.segment {
            let part = rest.prefix { $0.segment == segment }
            rest = rest.dropFirst(part.count)
            lines += HistoryFile.read(part.map { ($0.offset, $0.length) }, of: path(segment)).compactMap(\.self)
        }
        return lines
    }
}
