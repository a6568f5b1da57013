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
        let all = tags.takeAcknowledgements()
        #expect(all == [.init(tag: 500, isMultiple: true)])
        let none = tags.takeAcknowledgements()
        #expect(none == [])
    }

    @Test func aDeliveryThatIsStillOpenIsNotAcknowledged() {
        var tags = tags(1...6)
        for tag: UInt64 in [1, 2, 4, 6] { tags.acknowledged(tag) }
        let first = tags.takeAcknowledgements()
        #expect(
            first == [
                .init(tag: 2, isMultiple: true), .init(tag: 4, isMultiple: false), .init(tag: 6, isMultiple: false),
            ])
        for tag: UInt64 in [3, 5] { tags.acknowledged(tag) }
        let rest = tags.takeAcknowledgements()
        #expect(rest == [.init(tag: 5, isMultiple: true)])
    }

    @Test func nothingIsSettledTwice() {
        var tags = tags(1...2)
        let wasOpen = tags.rejected(1)
        #expect(wasOpen)
        let isOpen = tags.rejected(1)
        #expect(!isOpen)
        tags.acknowledged(1)
        tags.acknowledged(2)
        tags.acknowledged(2)
        tags.acknowledged(7)
        let last = tags.takeAcknowledgements()
        #expect(last == [.init(tag: 2, isMultiple: false)])
        let isOpenAfterwards = tags.rejected(2)
        #expect(!isOpenAfterwards)
    }
}
