/// A defect that is put into a record which has none. What judges records must find it, or it finds nothing.
package enum PlantedDefect: String, Hashable, Sendable, CaseIterable {
    /// A read that returns a value which another write had replaced before the read began.
    case staleRead = "stale-read"
    /// An acknowledged object that is not there.
    case lostObject = "lost-object"
    /// An object that is there a second time under another id.
    case doubledObject = "doubled-object"

    /// In words, such as `a stale read`.
    package var text: String {
        switch self {
        case .staleRead: "a stale read"
        case .lostObject: "a lost object"
        case .doubledObject: "a doubled object"
        }
    }

    /// The record with the defect, in its newest part for which that is possible; nil when there is none, such as in a
    /// record without reads.
    package func planted(in record: LoadRecord) -> LoadRecord? {
        switch self {
        case .staleRead: Self.withStaleRead(record)
        case .lostObject: Self.withLostObject(record)
        case .doubledObject: Self.withDoubledObject(record)
        }
    }

    private static func withStaleRead(_ record: LoadRecord) -> LoadRecord? {
        let writes = RegisterWrites(record.requests)
        let reads = record.requests.indices.sorted { record.requests[$0].start > record.requests[$1].start }
        for index in reads {
            let read = record.requests[index]
            guard case .read(let register) = read.operation, read.succeeded,
                let value = writes.replacedValue(of: register, before: read.start)
            else { continue }
            var changed = record
            changed.requests[index].outcome = .succeeded(value)
            return changed
        }
        return nil
    }

    private static func withLostObject(_ record: LoadRecord) -> LoadRecord? {
        guard let created = lastAcknowledged(record) else { return nil }
        var changed = record
        changed.objects.removeAll { $0 == created }
        return changed
    }

    private static func withDoubledObject(_ record: LoadRecord) -> LoadRecord? {
        guard let created = lastAcknowledged(record) else { return nil }
        var changed = record
        changed.objects.append(LoadRecord.PresentObject(name: created.name, id: "\(created.id)-planted"))
        return changed
    }

    /// The object of the newest acknowledged create, if it is there.
    private static func lastAcknowledged(_ record: LoadRecord) -> LoadRecord.PresentObject? {
        let present = Set(record.objects)
        return record.requests.sorted { $0.end > $1.end }.lazy.compactMap { request in
            guard case .create(let name) = request.operation, case .succeeded(let id?) = request.outcome else {
                return nil
            }
            return LoadRecord.PresentObject(name: name, id: id)
        }.first { present.contains($0) }
    }
}

/// The writes of each register, so that values are found which no read may return any more.
private struct RegisterWrites {
    private struct Write {
        var start: Int64
        var end: Int64
        var value: String
    }

    /// Acknowledged ones.
    private var acknowledged: [String: [Write]] = [:]
    /// How often each value may have been written, whatever came back.
    private var counts: [String: [String: Int]] = [:]

    init(_ requests: [RecordedRequest]) {
        for request in requests {
            guard case .write(let register, let value) = request.operation else { continue }
            switch request.outcome {
            case .refused: continue
            case .succeeded, .listed:
                acknowledged[register, default: []].append(
                    Write(start: request.start, end: request.end, value: value))
            case .unknown: break
            }
            counts[register, default: [:]][value, default: 0] += 1
        }
    }

    /// The value of an acknowledged write that had ended when another one began which had itself ended before `time`:
    /// whatever happened besides, the register has not had it since, as only one write ever wrote it.
    func replacedValue(of register: String, before time: Int64) -> String? {
        let writes = acknowledged[register] ?? []
        guard let replacing = writes.filter({ $0.end < time }).map(\.start).max() else { return nil }
        return writes.filter { $0.end < replacing && counts[register]?[$0.value] == 1 }.max { $0.end < $1.end }?.value
    }
}
