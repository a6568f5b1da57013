/// Text for `sh`.
enum ShellText {
    /// The text as one word of a shell command, whatever is in it.
    static func quoted(_ text: some StringProtocol) -> String {
        let plain = text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: "_-./:=,@%+".utf8.contains(byte)
            }
        }
        return plain && !text.isEmpty
            ? String(text)
            : "'"
                + text.split(separator: "'", omittingEmptySubsequences: false)
                .joined(separator: "'\\''") + "'"
    }

    /// The arguments as a shell command.
    static func command(_ arguments: [String]) -> String { arguments.map(quoted).joined(separator: " ") }
}
