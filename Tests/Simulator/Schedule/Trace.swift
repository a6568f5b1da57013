/// What happened in a simulation, in order: a number that is equal only for equal schedules, and, when it is recorded,
/// a line for each event.
package struct Trace {
    package private(set) var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    package private(set) var lines: [String] = []
    package let isRecording: Bool

    init(isRecording: Bool) {
        self.isRecording = isRecording
    }

    /// FNV-1a over whole words.
    mutating func mix(_ number: Int) {
        hash = (hash ^ UInt64(truncatingIfNeeded: number)) &* 0x0000_0100_0000_01b3
    }

    mutating func add(_ time: SimulatedTime, _ line: String) {
        for byte in line.utf8 { mix(Int(byte)) }
        let milliseconds = String(time % .second / 100 + 10_000).dropFirst()
        lines.append("\(time / .second).\(milliseconds) s  \(line)")
    }
}
