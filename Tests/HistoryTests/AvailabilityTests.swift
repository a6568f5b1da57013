import History
import Testing

@Suite struct AvailabilityTests {
    private func request(_ start: Int64, _ end: Int64, ok: Bool = true, name: String = "n") -> RecordedRequest {
        RecordedRequest(
            operation: .create(name: name), start: start * 1000, end: end * 1000,
            outcome: ok ? .succeeded("id-\(name)") : .refused(status: 503))
    }

    @Test func withoutAFailureTheOutageIsTheSlowestWait() {
        let figures = Availability(of: [request(0, 5), request(10, 15), request(20, 25)])
        #expect(figures.failed == 0)
        #expect(figures.longestOutage == 0.005)
        #expect(figures.medianMilliseconds == 5)
    }

    @Test func anOutageLastsFromTheFirstFailureToTheNextSuccess() {
        let figures = Availability(of: [
            request(0, 5), request(10, 11, ok: false), request(20, 21, ok: false), request(300, 310),
        ])
        #expect(figures.failed == 2)
        #expect(figures.longestOutage == 0.3)
    }

    @Test func anOutageThatDoesNotEndCountsToTheLastRequest() {
        let figures = Availability(of: [request(0, 5), request(10, 11, ok: false), request(900, 1000, ok: false)])
        #expect(figures.longestOutage == 0.99)
    }

    /// A client knows one address: that the other one answers is no help to it.
    @Test func eachAddressHasItsOwnOutage() {
        let requests = (0..<20).map { index in
            var request = request(Int64(index) * 10, Int64(index) * 10 + 5, ok: index % 2 == 0 || index > 15)
            request.address = index % 2 == 0 ? "internal" : "external"
            return request
        }
        #expect(Availability(of: requests).longestOutage == 0.165)
        #expect(Availability(of: requests.filter { $0.address == "internal" }).longestOutage == 0.005)
    }

    @Test func nothingWasAsked() {
        let figures = Availability(of: [])
        #expect(figures.requests == 0)
        #expect(figures.longestOutage == 0)
    }

    @Test func lostDoubledAndUnexpectedObjectsAreFound() {
        let requests = [
            request(0, 1, name: "a"), request(1, 2, name: "b"), request(2, 3, ok: false, name: "c"),
            request(3, 4, name: "d"),
        ]
        let audit = ObjectAudit(
            of: requests,
            present: [("a", "id-a"), ("b", "other"), ("c", "id-c"), ("d", "id-d"), ("d", "id-e"), ("foreign", "x")])
        #expect(audit.acknowledged == 3)
        #expect(audit.lost == ["b"])
        #expect(audit.doubled == ["d"])
        #expect(audit.unexpected == ["c"])
        #expect(!audit.isClean)
    }
}
