import Testing

@testable import Drill

@Suite struct DrillWindowTests {
    @Test(arguments: [
        "", "1:00-2:00", "01:00", "01:00-01:00", "24:00-01:00", "01:60-02:00", "01:00-02:00-03:00", "a-b",
    ])
    func whatIsNoWindowIsRefused(text: String) {
        #expect(DrillWindow(text) == nil)
    }

    @Test(arguments: [
        ("01:30-04:00", 89, false), ("01:30-04:00", 90, true), ("01:30-04:00", 239, true), ("01:30-04:00", 240, false),
        ("23:00-01:00", 1380, true), ("23:00-01:00", 0, true), ("23:00-01:00", 60, false), ("23:00-01:00", 720, false),
    ])
    func aWindowHasItsFirstMinuteAndNotItsLast(text: String, minute: Int, isInside: Bool) throws {
        #expect(try #require(DrillWindow(text)).contains(minute) == isInside)
    }
}
