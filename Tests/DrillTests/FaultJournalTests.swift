import Foundation
import Synchronization
import Testing

@testable import Drill

@Suite struct FaultJournalTests {
    private let directory = NSTemporaryDirectory() + "drill-journal-\(UUID().uuidString)"

    private func withJournal(_ body: (FaultJournal) async throws -> Void) async throws {
        defer { try? FileManager.default.removeItem(atPath: directory) }
        try await body(FaultJournal(directory: directory))
    }

    @Test func entriesAreReadBackInOrderByAnotherProcess() async throws {
        try await withJournal { journal in
            let entries = [
                FaultJournal.Entry(fault: .powerOff, host: "one"),
                FaultJournal.Entry(fault: .lose(.control, percent: 5), host: "two"),
                FaultJournal.Entry(fault: .stop(unit: "haproxy"), host: "one"),
            ]
            for entry in entries { try journal.add(entry) }
            #expect(FaultJournal(directory: directory).entries == entries)
            journal.remove(entries[1])
            #expect(FaultJournal(directory: directory).entries == [entries[0], entries[2]])
        }
    }

    @Test func twoDrillsDoNotShareAJournal() async throws {
        try await withJournal { journal in
            let lock = try journal.lock()
            #expect(throws: DrillError.self) { try journal.lock() }
            close(lock)
            close(try journal.lock())
        }
    }

    /// A fault is in the journal before the injector is asked for it, and stays there when that fails.
    @Test func whatFailedToBeginIsStillUndone() async throws {
        try await withJournal { journal in
            let recorder = RecordingInjector(journal: journal)
            let injector = JournaledInjector(recorder, journal: journal) {}
            await #expect(throws: DrillError.self) {
                try await injector.begin(.powerOff, on: "unlucky", lasting: nil)
            }
            try await injector.begin(.freeze, on: "two", lasting: nil)
            try await injector.begin(.kill(unit: "haproxy"), on: "two", lasting: nil)
            #expect(recorder.seen == [["unlucky"], ["unlucky", "two"], ["unlucky", "two"]])
            #expect(await injector.undoEverything() == [])
            #expect(recorder.ended == ["two", "unlucky"])
            #expect(journal.entries.isEmpty)
        }
    }

    @Test func nothingBeginsWithoutLeave() async throws {
        try await withJournal { journal in
            let injector = JournaledInjector(RecordingInjector(journal: journal), journal: journal) {
                throw DrillError("outside of the window")
            }
            await #expect(throws: DrillError.self) { try await injector.begin(.freeze, on: "two", lasting: nil) }
            #expect(journal.entries.isEmpty)
        }
    }
}

/// Does nothing, and notes what the journal said when it was asked.
private final class RecordingInjector: FaultInjector {
    private let journal: FaultJournal
    private let notes = Mutex((seen: [[String]](), ended: [String]()))

    init(journal: FaultJournal) { self.journal = journal }

    var seen: [[String]] { notes.withLock { $0.seen } }
    var ended: [String] { notes.withLock { $0.ended } }

    func obstacle(to fault: Fault) -> String? { nil }

    func begin(_ fault: Fault, on host: String, lasting seconds: Double?) async throws {
        let hosts = journal.entries.map(\.host)
        notes.withLock { $0.seen.append(hosts) }
        if host == "unlucky" { throw DrillError("it cannot be done") }
    }

    func end(_ fault: Fault, on host: String) async throws { notes.withLock { $0.ended.append(host) } }
    func inactiveUnits(on host: String) async -> [String] { [] }
    func holders(of address: String) async -> [String] { [] }
    let holdersPeriod = Duration.seconds(1)
}
