import History
import Testing

/// What is planted into a record without defects is found, and nothing else is.
@Suite struct PlantedDefectTests {
    private func register(_ seed: Int) -> LoadRecord {
        var generator = HistoryGenerator(seed: seed)
        return LoadRecord(requests: generator.register(steps: 200))
    }

    @Test(arguments: 1...40) func aStaleReadIsFoundInAnyRegister(seed: Int) throws {
        let record = register(seed)
        #expect(Linearizability.check(record.requests) == .linearizable)
        let planted = try #require(PlantedDefect.staleRead.planted(in: record))
        #expect(Linearizability.check(planted.requests) == .violated(object: "r"))
    }

    /// One answer is another one: of a read, and a value that was acknowledged.
    @Test(arguments: 1...10) func aStaleReadIsOneChangedAnswer(seed: Int) throws {
        let record = register(seed)
        let planted = try #require(PlantedDefect.staleRead.planted(in: record))
        let changed = zip(record.requests, planted.requests).filter { $0 != $1 }
        #expect(changed.count == 1 && planted.requests.count == record.requests.count)
        let (before, after) = try #require(changed.first)
        #expect(before.operation == after.operation && before.start == after.start && before.end == after.end)
        guard case .read = after.operation, case .succeeded(let value?) = after.outcome else {
            Issue.record("\(after) is no read with an answer")
            return
        }
        #expect(
            record.requests.contains {
                $0.operation == .write(register: "r", value: value) && $0.succeeded && $0.end < after.start
            })
    }

    /// The model, which knows nothing of the search, agrees for every history in which one can be planted.
    @Test func theModelAgreesThatItIsADefect() {
        var generator = HistoryGenerator(seed: 3)
        var planted = 0
        for round in 0..<20_000 {
            let record = LoadRecord(requests: generator.anything(count: 5 + round % 3))
            guard let changed = PlantedDefect.staleRead.planted(in: record) else { continue }
            planted += 1
            #expect(!LinearizabilityModel.isLinearizable(changed.requests))
            guard case .violated = Linearizability.check(changed.requests) else {
                Issue.record("round \(round): not found in \(changed.requests)")
                return
            }
        }
        #expect(planted > 20)
    }

    @Test func whereNothingWasReplacedNothingIsPlanted() {
        func write(_ value: String, _ start: Int64, _ outcome: RecordedRequest.Outcome) -> RecordedRequest {
            RecordedRequest(
                operation: .write(register: "r", value: value), start: start, end: start + 10, outcome: outcome)
        }
        let read = RecordedRequest(operation: .read(register: "r"), start: 50, end: 60, outcome: .succeeded("b"))
        let done = RecordedRequest.Outcome.succeeded(nil)
        func canPlant(_ requests: [RecordedRequest]) -> Bool {
            PlantedDefect.staleRead.planted(in: LoadRecord(requests: requests)) != nil
        }
        #expect(canPlant([write("a", 0, done), write("b", 20, done), read]))
        // One write only; two that overlap; one that may never have been done, or was not; one that ended too late; the
        // same value twice; another register.
        #expect(!canPlant([write("b", 20, done), read]))
        #expect(!canPlant([write("a", 15, done), write("b", 20, done), read]))
        #expect(!canPlant([write("a", 0, done), write("b", 20, .unknown(reason: "gone")), read]))
        #expect(!canPlant([write("a", 0, done), write("b", 20, .refused(status: 503)), read]))
        #expect(!canPlant([write("a", 0, done), write("b", 45, done), read]))
        #expect(!canPlant([write("a", 0, done), write("a", 12, done), write("b", 14, done), read]))
        let other = RecordedRequest(operation: .read(register: "s"), start: 50, end: 60, outcome: .succeeded("b"))
        #expect(!canPlant([write("a", 0, done), write("b", 20, done), other]))
    }

    private func objects(_ outcome: (Int) -> RecordedRequest.Outcome) -> LoadRecord {
        let requests = (0..<9).map { number in
            RecordedRequest(
                operation: .create(name: "n\(number)"), start: Int64(number), end: Int64(number) + 5,
                outcome: outcome(number))
        }
        return LoadRecord(requests: requests, objects: (0..<9).map { .init(name: "n\($0)", id: "id-\($0)") })
    }

    @Test func aLostObjectIsFound() throws {
        let record = objects { .succeeded("id-\($0)") }
        #expect(record.objectAudit.isClean)
        let audit = try #require(PlantedDefect.lostObject.planted(in: record)).objectAudit
        #expect(audit.lost == ["n8"] && audit.doubled.isEmpty && audit.unexpected.isEmpty)
    }

    @Test func aDoubledObjectIsFound() throws {
        let record = objects { .succeeded("id-\($0)") }
        let audit = try #require(PlantedDefect.doubledObject.planted(in: record)).objectAudit
        #expect(audit.doubled == ["n8"] && audit.lost.isEmpty && audit.unexpected.isEmpty)
    }

    /// What was never acknowledged is no loss.
    @Test func onlyAnAcknowledgedObjectCanBeLost() throws {
        let some = objects { $0 == 3 ? .succeeded("id-3") : .unknown(reason: "gone") }
        #expect(try #require(PlantedDefect.lostObject.planted(in: some)).objectAudit.lost == ["n3"])
        let none = objects { _ in .unknown(reason: "gone") }
        for defect in [PlantedDefect.lostObject, .doubledObject] { #expect(defect.planted(in: none) == nil) }
        // It is not there to begin with: nothing would be planted.
        let gone = objects { $0 == 3 ? .succeeded("another") : .unknown(reason: "gone") }
        for defect in [PlantedDefect.lostObject, .doubledObject] { #expect(defect.planted(in: gone) == nil) }
    }
}
