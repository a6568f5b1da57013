import Addressing
import JSON
import Model
import NeutronModel
import Testing

/// What one API shows, either API takes back unchanged, whichever made it.
@Suite struct WriteBackTests {
    @Test(arguments: 1...4)
    func `What Neutron made can be written back by both APIs`(seed: UInt64) throws {
        var random = try RandomCloud(seed: seed)
        try random.fill()
        var round = WriteBack(random.cloud)
        try round.all()
        try round.restoreThroughConfig()
        try round.restoreThroughNeutron()
        expectNone(round.faults)
        #expect(round.writes > 300)
    }

    @Test(arguments: 1...2)
    func `What the config API made can be written back by both APIs`(seed: UInt64) throws {
        var random = try RandomConfiguration(seed: seed)
        try random.fill()
        let types = random.cloud.snapshot.schema.types.keys.filter { !RandomConfiguration.fixed.contains($0) }
        let missing = types.filter { random.made[$0] == nil }
        #expect(missing.isEmpty, "nothing made of \(missing.sorted())")
        var round = WriteBack(random.cloud)
        try round.all()
        try round.restoreThroughConfig()
        expectNone(round.faults)
        #expect(round.writes > 1000)
    }

    /// Shows the first fault of each kind: what stands before the colon.
    private func expectNone(_ faults: [String], sourceLocation: SourceLocation = #_sourceLocation) {
        var kinds: [String: (first: String, count: Int)] = [:]
        for fault in faults {
            let kind = fault.split(separator: ":", maxSplits: 1).first.map(String.init) ?? fault
            kinds[kind, default: (fault, 0)].count += 1
        }
        let text = kinds.values.sorted { $0.first < $1.first }.map { "\($0.count) × \($0.first.prefix(300))" }
        #expect(faults.isEmpty, "\(text.joined(separator: "\n"))", sourceLocation: sourceLocation)
    }
}
