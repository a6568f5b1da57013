import Testing

@testable import Broker

@Suite struct DeliveryTagsTests {
    private func tags(_ delivered: ClosedRange<UInt64>) -> DeliveryTags {
        var tags = DeliveryTags()
        for tag in delivered { tags.delivered(tag) }
        return tags
    }

    @Test func oneAcknowledgementStandsForAll() {
        var tags = tags(1...500)
        for tag in UInt64(1)...500 { tags.acknowledged(tag) }
        #expect(tags.takeAcknowledgements() == [.init(tag: 500, isMultiple: true)])
        #expect(tags.takeAcknowledgements() == [])
    }

    @Test func aDeliveryThatIsStillOpenIsNotAcknowledged() {
        var tags = tags(1...6)
        for tag: UInt64 in [1, 2, 4, 6] { tags.acknowledged(tag) }
        #expect(
            tags.takeAcknowledgements() == [
                .init(tag: 2, isMultiple: true), .init(tag: 4, isMultiple: false), .init(tag: 6, isMultiple: false),
            ])
        for tag: UInt64 in [3, 5] { tags.acknowledged(tag) }
        #expect(tags.takeAcknowledgements() == [.init(tag: 5, isMultiple: true)])
    }

    @Test func nothingIsSettledTwice() {
        var tags = tags(1...2)
        #expect(tags.rejected(1))
        #expect(!tags.rejected(1))
        tags.acknowledged(1)
        tags.acknowledged(2)
        tags.acknowledged(2)
        tags.acknowledged(7)
        #expect(tags.takeAcknowledgements() == [.init(tag: 2, isMultiple: false)])
        #expect(!tags.rejected(2))
    }
}
