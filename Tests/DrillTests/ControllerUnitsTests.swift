import Testing

@testable import Drill

@Suite struct ControllerUnitsTests {
    private func inactive(_ states: [String], _ listeners: String = "1", _ connections: String = "2") -> [String] {
        ControllerUnits.inactive((states + [listeners, connections]).joined(separator: "\n"), brokers: 3)
    }

    private let active = Array(repeating: "active", count: ControllerUnits.names.count)

    @Test func nothingIsSaidOfWhatRuns() { #expect(inactive(active) == []) }

    @Test func aUnitThatDoesNotRunIsNamed() {
        var states = active
        states[3] = "failed"
        #expect(inactive(states) == ["skein-haproxy is failed"])
    }

    @Test func aBrokerThatPausedItselfDoesNotRun() {
        #expect(inactive(active, "0", "0").count == 2)
        #expect(inactive(active, "1", "1") == ["the broker is not connected to all others"])
    }

    @Test func anAnswerThatIsNoneCountsAsWrong() {
        #expect(ControllerUnits.inactive("", brokers: 3) == ["its units cannot be asked for"])
        #expect(ControllerUnits.inactive("active\n", brokers: 3) == ["its units cannot be asked for"])
    }
}
