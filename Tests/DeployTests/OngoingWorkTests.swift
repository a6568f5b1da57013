import Foundation
import Testing

@testable import Deploy

@Suite struct OngoingWorkTests {
    @Test func whatAHostPrintsIsRead() {
        let work = OngoingWork.all("step 812 sleep\npackages 9 apt-get\npackages 10\nnonsense\n")
        #expect(
            work == [
                .init(kind: .step, process: 812, program: "sleep"),
                .init(kind: .packages, process: 9, program: "apt-get"),
                .init(kind: .packages, process: 10, program: ""),
            ])
        #expect(work[1].text == "another package operation is running (apt-get, process 9)")
        #expect(work[2].text == "another package operation is running (process 10)")
    }

    /// dpkg and apt lock by fcntl(2), which this process does here.
    @Test func whoHoldsThePackagesLockIsFound() throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "skein-lock-\(UUID().uuidString)").path()
        defer { try? FileManager.default.removeItem(atPath: path) }
        let script = OngoingWork.script(locks: [path, path + "-missing"])
        #expect(FileManager.default.createFile(atPath: path, contents: nil))
        #expect(OngoingWork.all(try Shell.run(script).output).filter { $0.kind == .packages } == [])
        let file = open(path, O_RDWR)
        defer { close(file) }
        var lock = flock()
        lock.l_type = Int16(F_WRLCK)
        lock.l_whence = Int16(SEEK_SET)
        try #require(fcntl(file, F_SETLK, &lock) == 0)
        let found = OngoingWork.all(try Shell.run(script).output).filter { $0.kind == .packages }
        #expect(found.map(\.process) == [Int(getpid())])
    }

    private static let apt = OngoingWork(kind: .packages, process: 9, program: "apt-get")
    private static let step = OngoingWork(kind: .step, process: 10, program: "sh")

    /// What `awaitEnd` came to, and what it reported, when a host shows these things in turn.
    private static func wait(limit: Duration, _ looks: [[OngoingWork]]) async -> (OngoingWork?, [String]) {
        var looks = looks[...]
        var lines: [String] = []
        let rest = await OngoingWork.awaitEnd(clock: ContinuousClock(), limit: limit, period: .zero) {
            looks.popFirst() ?? []
        } report: {
            lines.append($0)
        }
        return (rest, lines)
    }

    @Test func aQuietHostIsNotWaitedFor() async {
        let (rest, lines) = await Self.wait(limit: .zero, [])
        #expect(rest == nil && lines == [])
    }

    @Test func whatIsWaitedForIsSaidOnce() async {
        let (rest, lines) = await Self.wait(limit: .seconds(3600), [[Self.step], [Self.apt], [Self.apt], []])
        #expect(rest == nil)
        #expect(lines == [Self.step, Self.apt].map { $0.text + ": waiting for its end" })
    }

    @Test func theWaitHasAnEnd() async {
        let (rest, _) = await Self.wait(limit: .zero, [[Self.apt]])
        #expect(rest == Self.apt)
    }
}
