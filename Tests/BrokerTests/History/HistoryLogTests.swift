import Foundation
import Testing
import Time

@testable import Broker

struct HistoryLogTests {
    /// A folder of its own for each test, removed with it.
    final class Folder {
        let path = FileManager.default.temporaryDirectory.appending(path: "skein-history-\(UUID().uuidString)").path
        deinit { try? FileManager.default.removeItem(atPath: path) }

        var files: [String] { ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted() }
    }

    static func event(_ number: Int, object: String = "o", type: String = "virtual-network") -> HistoryEvent {
        HistoryEvent(
            Notice(
                id: "id-\(number)", order: "", objectType: type, objectID: object, operation: .create,
                fqName: ["a", "b\n\(number)"], requestID: "req-\(number)",
                time: Timestamp(microseconds: number * 1_000_000)))
    }

    static func numbers(_ page: HistoryPage) -> [Int] { page.events.compactMap { Int($0.id.dropFirst(3)) } }

    @Test func eventsAreThereAfterItIsOpenedAgain() async throws {
        let folder = Folder()
        let events = (1...5).map { Self.event($0) }
        try await HistoryLog.open(folder: folder.path).append(events)
        let log = try await HistoryLog.open(folder: folder.path)
        #expect(log.statistics.events == 5)
        #expect(log.statistics.newest == Timestamp(microseconds: 5_000_000))
        #expect(await log.events(HistoryQuery()).events == events.reversed())
        let attributes = try FileManager.default.attributesOfItem(atPath: folder.path + "/" + folder.files[0])
        #expect(attributes[.posixPermissions] as? Int == 0o600)
    }

    @Test func doublesAreDropped() async throws {
        let folder = Folder()
        var log = try await HistoryLog.open(folder: folder.path)
        try await log.append([Self.event(1), Self.event(2), Self.event(1)])
        try await log.append([Self.event(2), Self.event(3)])
        log = try await HistoryLog.open(folder: folder.path)
        try await log.append([Self.event(1), Self.event(4)])
        #expect(Self.numbers(await log.events(HistoryQuery())) == [4, 3, 2, 1])
    }

    @Test func queriesSelectByObjectTypeAndTime() async throws {
        let folder = Folder()
        let log = try await HistoryLog.open(folder: folder.path)
        for number in 1...20 {
            try await log.append([
                Self.event(number, object: "o\(number % 3)", type: number % 2 == 0 ? "project" : "virtual-network")
            ])
        }
        func numbers(_ query: HistoryQuery) async -> [Int] { Self.numbers(await log.events(query)) }
        #expect(await numbers(HistoryQuery(objectID: "o1")) == [19, 16, 13, 10, 7, 4, 1])
        #expect(await numbers(HistoryQuery(objectID: "o1", objectType: "project")) == [16, 10, 4])
        let (from, until) = (Timestamp(microseconds: 5_000_000), Timestamp(microseconds: 8_000_000))
        #expect(await numbers(HistoryQuery(from: from, until: until)) == [7, 6, 5])
        #expect(await numbers(HistoryQuery(objectID: "nothing")) == [])
        #expect(await numbers(HistoryQuery(limit: 0)) == [20])
    }

    @Test func pagesFollowEachOtherWithoutGapOrDouble() async throws {
        let folder = Folder()
        var limits = HistoryLog.Limits()
        limits.segmentBytes = 700
        let log = try await HistoryLog.open(folder: folder.path, limits: limits)
        for number in 1...23 { try await log.append([Self.event(number)]) }
        var query = HistoryQuery(limit: 4)
        var numbers: [Int] = []
        var pages = 0
        repeat {
            let page = await log.events(query)
            numbers += Self.numbers(page)
            pages += 1
            // New events do not move the pages.
            try await log.append([Self.event(100 + pages)])
            query.cursor = page.next.flatMap { HistoryCursor($0.description) }
        } while query.cursor != nil
        #expect(numbers == (1...23).reversed())
        #expect(pages == 6)
    }

    @Test func theOldestFilesGoFirst() async throws {
        let folder = Folder()
        var limits = HistoryLog.Limits()
        limits.segmentBytes = 1000
        limits.totalBytes = 5000
        var log = try await HistoryLog.open(folder: folder.path, limits: limits)
        for number in 1...100 { try await log.append([Self.event(number)]) }
        let statistics = log.statistics
        #expect(statistics.bytes <= 5000)
        #expect((10...60).contains(statistics.events))
        let numbers = Self.numbers(await log.events(HistoryQuery(limit: 1000)))
        #expect(numbers == (1...100).suffix(statistics.events).reversed())
        #expect(folder.files.count <= 6)
        #expect(folder.files.first != "events-000000000001.jsonl")
        log = try await HistoryLog.open(folder: folder.path, limits: limits)
        #expect(log.statistics == statistics)
        // What was dropped is forgotten, so it would be taken again.
        try await log.append([Self.event(1)])
        #expect(Self.numbers(await log.events(HistoryQuery(limit: 1))) == [1])
    }

    @Test(arguments: ["{\"id\":", "{\"id\":\"x\"}", "\0\0\0\0"])
    func aTornLastLineIsCutOff(torn: String) async throws {
        let folder = Folder()
        try await HistoryLog.open(folder: folder.path).append([Self.event(1), Self.event(2)])
        let path = folder.path + "/" + folder.files[0]
        let whole = try Data(contentsOf: URL(filePath: path))
        try (whole + Data(torn.utf8)).write(to: URL(filePath: path))
        let log = try await HistoryLog.open(folder: folder.path)
        #expect(log.statistics.damagedLines == 1)
        try await log.append([Self.event(3)])
        #expect(Self.numbers(await log.events(HistoryQuery())) == [3, 2, 1])
        #expect(try Data(contentsOf: URL(filePath: path)).starts(with: whole))
        #expect(try await HistoryLog.open(folder: folder.path).statistics.damagedLines == 0)
    }

    @Test func aDamagedLineHarmsNoOther() async throws {
        let folder = Folder()
        try await HistoryLog.open(folder: folder.path).append([Self.event(1), Self.event(2), Self.event(3)])
        let path = folder.path + "/" + folder.files[0]
        var bytes = try Data(contentsOf: URL(filePath: path))
        let second = try #require(bytes.firstIndex(of: UInt8(ascii: "\n"))) + 5
        bytes[second] = 0xff
        try bytes.write(to: URL(filePath: path))
        let log = try await HistoryLog.open(folder: folder.path)
        #expect(log.statistics.damagedLines == 1)
        #expect(Self.numbers(await log.events(HistoryQuery())) == [3, 1])
    }

    @Test func foreignFilesAreLeftAlone() async throws {
        let folder = Folder()
        try FileManager.default.createDirectory(atPath: folder.path, withIntermediateDirectories: true)
        let names = ["events--00000000001.jsonl", "events-1.jsonl", "notes.txt", "e"]
        for name in names { try Data("x".utf8).write(to: URL(filePath: folder.path + "/" + name)) }
        let log = try await HistoryLog.open(folder: folder.path)
        try await log.append([Self.event(1)])
        #expect(log.statistics.events == 1)
        #expect(folder.files == (names + ["events-000000000001.jsonl"]).sorted())
    }

    @Test func aFullDiskKeepsNothingHalf() async throws {
        // The kernel's own full device stands for the disk.
        let file = try HistoryFile(path: "/dev/full")
        let error = #expect(throws: HistoryError.self) { try file.append([1, 2, 3]) }
        #expect(error?.code == .full)
        #expect(file.size == 0)
    }

    @Test func aFolderThatCannotBeMadeIsNamed() async throws {
        let error = await #expect(throws: HistoryError.self) { try await HistoryLog.open(folder: "/dev/null/history") }
        #expect(error?.message.contains("/dev/null/history") == true)
    }

    @Test(arguments: ["", "1", "-1", "1-", "1-2-3", "a-b", "-1-2", "99999999999999999999-1"])
    func otherTextIsNoCursor(text: String) {
        #expect(HistoryCursor(text) == nil)
    }
}
