import Blueprint
import Foundation
import Testing

@testable import VIPHealth

/// What keepalived reads is the term, also after a restart of the process that writes it.
@Suite struct OwnershipTermTests {
    private final class Folder {
        let path = URL.temporaryDirectory.appending(path: "ownership-term-\(UUID().uuidString)").path()
        var file: String { path + "/vip.term" }
        var content: String? { FileManager.default.contents(atPath: file).map { String(decoding: $0, as: UTF8.self) } }

        init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }
        deinit { try? FileManager.default.removeItem(atPath: path) }
    }

    private static let owner = VIPTermRule.Peer(term: 2, isHeard: false)
    private static let other = VIPTermRule.Peer(term: 0, isHeard: true)

    @Test func theTermIsInTheFileFromTheStart() throws {
        let folder = try Folder()
        var term = try OwnershipTerm(path: folder.file)
        #expect(folder.content == "0\n")
        try term.watch(holdsVirtualIP: true, peers: [Self.owner, Self.other])
        #expect(folder.content == "3\n")
        try term.watch(holdsVirtualIP: false, peers: [Self.owner, Self.other])
        #expect(folder.content == "0\n")
    }

    @Test func aRestartKeepsTheTerm() throws {
        let folder = try Folder()
        var first = try OwnershipTerm(path: folder.file)
        try first.watch(holdsVirtualIP: true, peers: [Self.owner, Self.other])
        let second = try OwnershipTerm(path: folder.file)
        #expect(second.term == 3)
        #expect(folder.content == "3\n")
    }

    @Test(arguments: ["", "x\n", "9\n"])
    func whatIsNoTermIsMendedAtTheStart(content: String) throws {
        let folder = try Folder()
        try Data(content.utf8).write(to: URL(filePath: folder.file))
        let term = try OwnershipTerm(path: folder.file)
        #expect(term.term == (content == "9\n" ? VIPTermRule.limit : 0))
        #expect(folder.content == "\(term.term)\n")
    }

    @Test func afterRepeatedWritesTheFileHasOneDigit() throws {
        let folder = try Folder()
        let file = TrackFile(path: folder.file)
        for digit in [1, 0, 5] {
            try file.write(digit)
            #expect(file.read() == digit)
            #expect(folder.content?.count == 2)
        }
    }

    @Test func aFileThatCannotBeWrittenIsNamed() {
        #expect {
            try OwnershipTerm(path: "/nonexistent/vip.term")
        } throws: { error in
            (error as? VIPHealthError)?.description.contains("/nonexistent/vip.term") == true
        }
    }
}
