import Model
import Testing

@Suite struct TimestampTests {
    @Test(arguments: [
        (0, "1970-01-01T00:00:00.000000"), (1_795_000_000_000_001, "2026-11-18T11:06:40.000001"),
        (951_782_399_999_999, "2000-02-28T23:59:59.999999"), (951_782_400_000_000, "2000-02-29T00:00:00.000000"),
        (4_107_542_400_000_000, "2100-03-01T00:00:00.000000"), (-1, "1969-12-31T23:59:59.999999"),
        (-62_135_596_800_000_000, "0001-01-01T00:00:00.000000"),
    ])
    func `Moments are written as Contrail writes them`(microseconds: Int, text: String) {
        let moment = Timestamp(microseconds: Int64(microseconds))
        #expect(moment.contrailText == text)
        #expect(moment.neutronText == text.prefix(19) + "Z")
    }

    @Test func `No moment is too far away to be written`() {
        #expect(!Timestamp(microseconds: .max).contrailText.isEmpty)
        #expect(!Timestamp(microseconds: .min).contrailText.isEmpty)
    }
}
