import Foundation
import Testing

@testable import Lab

@Suite struct LabNameTests {
    @Test(arguments: ["lab", "a", "ci2", "abcdefghijkl"])
    func accepts(text: String) { #expect(LabName(text)?.text == text) }

    @Test(arguments: ["", "1lab", "Lab", "a-b", "a.b", "a/b", "../x", "abcdefghijklm", "ä", "a b"])
    func refuses(text: String) { #expect(LabName(text) == nil) }

    /// `down` finds a lab's things by prefix: no name derived from one lab may look like another lab's.
    @Test func derivedNamesOfTwoLabsNeverMeet() throws {
        let short = try #require(LabName("lab"))
        let long = try #require(LabName("lab2"))
        #expect(!long.controlGroup(ofHost: "x").hasPrefix(short.controlGroupPrefix))
        #expect(!long.namespace(ofHost: "x").hasPrefix(short.namespace(ofHost: "")))
        #expect(!long.fabricNamespace.hasPrefix(short.namespace(ofHost: "")))
        #expect(short.fabricNamespace != long.fabricNamespace)
    }

    @Test func aRecordWithABadNameIsRefused() {
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode(LabName.self, from: Data("\"../etc\"".utf8))
        }
    }
}
