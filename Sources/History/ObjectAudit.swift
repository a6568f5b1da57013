/// What became of the objects that a load made: none that was acknowledged may be missing, and none may be there twice.
package struct ObjectAudit: Hashable, Sendable {
    /// Names whose creation was acknowledged.
    package var acknowledged: Int
    /// Acknowledged names that are not there, or not with the acknowledged id.
    package var lost: [String]
    /// Names that are there more than once.
    package var doubled: [String]
    /// Names that are there although the server said that it had not made them.
    package var unexpected: [String]

    /// - Parameters:
    ///   - requests: the whole load.
    ///   - present: name and id of every object that is there afterwards.
    package init(of requests: [RecordedRequest], present: [(name: String, id: String)]) {
        let ids = Dictionary(grouping: present, by: \.name).mapValues { $0.map(\.id) }
        var acknowledged = 0
        var lost: [String] = []
        var unexpected: [String] = []
        var names: Set<String> = []
        for request in requests {
            guard case .create(let name) = request.operation else { continue }
            names.insert(name)
            switch request.outcome {
            case .succeeded(let id):
                acknowledged += 1
                let found = ids[name] ?? []
                if id.map({ !found.contains($0) }) ?? found.isEmpty { lost.append(name) }
            case .refused:
                if ids[name] != nil { unexpected.append(name) }
            case .unknown, .listed: break
            }
        }
        self.acknowledged = acknowledged
        self.lost = lost.sorted()
        self.unexpected = unexpected.sorted()
        doubled = names.filter { (ids[$0]?.count ?? 0) > 1 }.sorted()
    }

    /// Nothing is lost, doubled or unexpected.
    package var isClean: Bool { lost.isEmpty && doubled.isEmpty && unexpected.isEmpty }
}
