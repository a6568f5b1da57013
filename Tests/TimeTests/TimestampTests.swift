import Testing
import Time

@Suite struct TimestampTests {
    @Test(arguments: [
        (0, "1970-01-01 00:00:00.000000"), (-1, "1969-12-31 23:59:59.999999"),
        (951_782_400_000_000, "2000-02-29 00:00:00.000000"), (4_107_542_399_000_001, "2100-02-28 23:59:59.000001"),
        (1_795_345_510_463_535, "2026-11-22 11:05:10.463535"), (Int.min, "0001-01-01 00:00:00.000000"),
        (Int.max, "9999-12-31 23:59:59.999999"),
    ])
    func texts(microseconds: Int, text: String) {
        let time = Timestamp(microseconds: microseconds)
        #expect(time.openStackText == text)
        #expect(Timestamp(text) == time)
        #expect(Timestamp(time.rfc3339Text) == time)
        #expect(time.contrailText == text.replacing(" ", with: "T"))
        #expect(Timestamp(time.contrailText) == time)
        #expect(time.neutronText == time.contrailText.prefix(19) + "Z")
    }

    @Test func fractionsOfAnyLengthAreRead() {
        #expect(Timestamp("1970-01-01T00:00:01Z")?.microseconds == 1_000_000)
        #expect(Timestamp("1970-01-01T00:00:01.5Z")?.microseconds == 1_500_000)
    }

    @Test(arguments: [
        "", "Z", "1970-01-01", "1970-13-01 00:00:00", "1970-01-01 24:00:00", "1970-01-01 00:00:00.1234567",
        "1970-01-01 00:00:-1", "99999-01-01 00:00:00", "1970-01-01 00:00:00 00:00", "1970-1-1 0:0",
    ])
    func otherTextIsNone(text: String) {
        #expect(Timestamp(text) == nil)
    }
}
