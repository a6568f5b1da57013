/// The deliveries of one consumer's channel: which may still be settled, and which are to be acknowledged.
///
/// One acknowledgement can stand for all deliveries up to its tag (AMQP 0-9-1, `basic.ack` with `multiple`). In a quorum
/// queue each is an entry in the log of every member, so that acknowledging a thousand one by one costs as much as
/// publishing them.
struct DeliveryTags {
    /// An acknowledgement to be sent.
    struct Acknowledgement: Hashable {
        var tag: UInt64
        /// Whether it stands for all unsettled deliveries before it as well.
        var isMultiple: Bool
    }

    /// Delivered, and nothing has become of them.
    private var unsettled: Set<UInt64> = []
    private var acknowledged: Set<UInt64> = []

    mutating func delivered(_ tag: UInt64) { unsettled.insert(tag) }

    /// - Returns: false when the tag was not to be settled any more.
    mutating func rejected(_ tag: UInt64) -> Bool { unsettled.remove(tag) != nil }

    /// Without effect when the tag was not to be settled any more.
    mutating func acknowledged(_ tag: UInt64) {
        if unsettled.remove(tag) != nil { acknowledged.insert(tag) }
    }

    /// What has been acknowledged since the last call, in as few acknowledgements as can say it.
    mutating func takeAcknowledgements() -> [Acknowledgement] {
        guard !acknowledged.isEmpty else { return [] }
        defer { acknowledged = [] }
        let open = unsettled.min() ?? .max
        let single = acknowledged.filter { $0 > open }.sorted().map { Acknowledgement(tag: $0, isMultiple: false) }
        let together = acknowledged.filter { $0 < open }
        guard let last = together.max() else { return single }
        return [Acknowledgement(tag: last, isMultiple: together.count > 1)] + single
    }
}
