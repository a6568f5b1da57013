import Console
import Foundation
import Testing

@Suite struct ConsoleSessionTests {
    private static let key = String(repeating: "0123456789abcdef", count: 4)
    private let session = ConsoleSession(
        userName: "ada", projectName: "pröject", projectID: "p", isAdmin: true, expiresAt: 1_000_000)
    private let now = Date(timeIntervalSince1970: 999_999)

    @Test func anyControllerWithTheKeyAcceptsIt() throws {
        let one = try #require(SessionSigner(key: Self.key))
        let other = try #require(SessionSigner(key: Self.key))
        let text = one.seal(session)
        #expect(other.open(text, now: now) == session)
        #expect(text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && !"\";,\\".utf8.contains($0) })
    }

    @Test func itEnds() throws {
        let signer = try #require(SessionSigner(key: Self.key))
        #expect(signer.open(signer.seal(session), now: Date(timeIntervalSince1970: 1_000_000)) == nil)
    }

    @Test func noByteCanBeChanged() throws {
        let signer = try #require(SessionSigner(key: Self.key))
        let text = Array(signer.seal(session).utf8)
        for index in text.indices {
            var changed = text
            changed[index] = changed[index] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
            let opened = signer.open(String(decoding: changed, as: UTF8.self), now: now)
            // The last letter of each part carries bits that mean nothing; what they say is still what was signed.
            #expect(opened == nil || opened == session)
        }
    }

    @Test(arguments: ["", ".", "a.b", "....", String(repeating: "x", count: 10_000)])
    func nonsenseIsNoSession(_ text: String) throws {
        #expect(try #require(SessionSigner(key: Self.key)).open(text, now: now) == nil)
    }

    @Test func anotherKeyIsRefused() throws {
        let other = try #require(SessionSigner(key: String(repeating: "f", count: 64)))
        #expect(try #require(SessionSigner(key: Self.key)).open(other.seal(session), now: now) == nil)
        #expect(SessionSigner().open(SessionSigner().seal(session), now: now) == nil)
    }

    @Test(arguments: ["", "short", String(repeating: "g", count: 64), String(repeating: "a", count: 63)])
    func keyIs64Digits(_ key: String) {
        #expect(SessionSigner(key: key) == nil)
    }
}
