import FoundationEssentials
import Glibc

/// What a drill has begun and not ended, on disk: written before a fault begins, so that whoever finds it can undo it.
package struct FaultJournal: Sendable {
    /// One fault on one host.
    package struct Entry: Hashable, Sendable, Codable {
        package var fault: Fault
        package var host: String

        package init(fault: Fault, host: String) {
            self.fault = fault
            self.host = host
        }
    }

    private let directory: String

    /// - Parameter directory: made when the first entry is written.
    package init(directory: String) {
        self.directory = directory
    }

    /// Takes the journal for one drill; the lock ends with the last process that has the descriptor, so that a guard
    /// which inherits it keeps other drills away until it has undone what was left.
    ///
    /// - Returns: a descriptor that stays open for the life of the process.
    /// - Throws: ``DrillError`` when another drill has it.
    package func lock() throws(DrillError) -> Int32 {
        try makeDirectory()
        let descriptor = open("\(directory)/lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw failed("lock") }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw DrillError("another drill works on this installation, or its faults are still being undone")
        }
        return descriptor
    }

    /// Appends an entry.
    ///
    /// - Throws: ``DrillError`` when it cannot be written; then the fault must not begin.
    package func add(_ entry: Entry) throws(DrillError) {
        try makeDirectory()
        let next = (names().last.flatMap { Int($0.prefix { $0 != "." }) } ?? 0) + 1
        let digits = "\(next)"
        let name = String(repeating: "0", count: max(0, 8 - digits.count)) + digits + ".json"
        do {
            try JSONEncoder().encode(entry).write(to: URL(filePath: "\(directory)/\(name)"), options: .atomic)
        } catch {
            throw DrillError("\(directory)/\(name) cannot be written: \(error)")
        }
    }

    /// Removes an entry: the fault has ended. No error when it is not there.
    package func remove(_ entry: Entry) {
        for (name, found) in read() where found == entry { unlink("\(directory)/\(name)") }
    }

    /// What has begun and not ended, in the order in which it began.
    package var entries: [Entry] { read().map(\.entry) }

    private func read() -> [(name: String, entry: Entry)] {
        names().compactMap { name in
            guard let data = FileManager.default.contents(atPath: "\(directory)/\(name)"),
                let entry = try? JSONDecoder().decode(Entry.self, from: data)
            else { return nil }
            return (name, entry)
        }
    }

    private func names() -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []).filter { $0.hasSuffix(".json") }
            .sorted()
    }

    private func makeDirectory() throws(DrillError) {
        do {
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        } catch {
            throw DrillError("\(directory) cannot be made: \(error)")
        }
    }

    private func failed(_ name: String) -> DrillError {
        DrillError("\(directory)/\(name) cannot be opened: \(String(cString: strerror(errno)))")
    }
}
