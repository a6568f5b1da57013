/// A stretch of a source text, in bytes of its UTF-8 form; `end` is the first byte after it.
struct SourceRange: Hashable, Sendable {
    var start: Int
    var end: Int

    /// The shortest range that holds both.
    func joined(with other: SourceRange) -> SourceRange {
        SourceRange(start: min(start, other.start), end: max(end, other.end))
    }
}

/// A place in a file as people and editors count: lines and columns from 1, columns in Unicode scalars, a tab as one.
package struct SourceLocation: Hashable, Sendable {
    package var file: String
    package var line: Int
    package var column: Int
    /// The line of the last character.
    package var endLine: Int
    /// The column after the last character.
    package var endColumn: Int

    package init(file: String, line: Int, column: Int, endLine: Int, endColumn: Int) {
        self.file = file
        self.line = line
        self.column = column
        self.endLine = endLine
        self.endColumn = endColumn
    }
}

/// A source text with its line table.
struct SourceText {
    let fileName: String
    let bytes: [UInt8]
    /// The offset of the first byte of each line; never empty.
    private let lineStarts: [Int]

    init(_ text: String, fileName: String) {
        self.fileName = fileName
        bytes = Array(text.utf8)
        // A byte order mark is no character of the first line.
        var starts = [bytes.starts(with: [0xef, 0xbb, 0xbf]) ? 3 : 0]
        for (index, byte) in bytes.enumerated() {
            let isLoneReturn = byte == 0x0d && (index + 1 >= bytes.count || bytes[index + 1] != 0x0a)
            if byte == 0x0a || isLoneReturn { starts.append(index + 1) }
        }
        lineStarts = starts
    }

    /// The offset of the first character of the text.
    var start: Int { lineStarts[0] }
    var lineCount: Int { lineStarts.count }

    /// The index, from 0, of the line that holds the byte at an offset.
    func lineIndex(of offset: Int) -> Int {
        var low = 0
        var high = lineStarts.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if lineStarts[middle] <= offset { low = middle } else { high = middle }
        }
        return low
    }

    /// Where a line, counted from 0, begins; the end of the text for lines behind the last.
    func lineStart(_ index: Int) -> Int {
        lineStarts.indices.contains(index) ? lineStarts[index] : bytes.count
    }

    /// The bytes of a line, counted from 0, without its line end.
    func line(_ index: Int) -> ArraySlice<UInt8> {
        let start = lineStart(index)
        var end = lineStart(index + 1)
        while end > start, bytes[end - 1] == 0x0a || bytes[end - 1] == 0x0d { end -= 1 }
        return bytes[start..<end]
    }

    func location(of range: SourceRange) -> SourceLocation {
        let end = max(range.start, range.end)
        let first = position(of: range.start)
        let last = position(of: end)
        return SourceLocation(
            file: fileName, line: first.line, column: first.column, endLine: last.line, endColumn: last.column)
    }

    private func position(of offset: Int) -> (line: Int, column: Int) {
        let offset = min(max(offset, start), bytes.count)
        let index = lineIndex(of: offset)
        let scalars = bytes[lineStart(index)..<max(offset, lineStart(index))].count { $0 & 0xc0 != 0x80 }
        return (index + 1, scalars + 1)
    }
}
