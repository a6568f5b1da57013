/// A fault that is planted into the simulated surroundings, to prove that the checks find it. The real engines are
/// trusted not to have them.
enum Defect: String, CaseIterable, Sendable {
    /// The store commits whatever name, address or request record is taken already.
    case storeIgnoresAbsent
    /// The store commits a change of what somebody else has changed meanwhile.
    case storeIgnoresUnmodified
    /// The store deletes what is still referred to.
    case storeIgnoresEmptyRange
    /// The store says an old revision is its newest.
    case storeServesOldRevision
    /// A watch leaves a transaction out.
    case watchSkipsBatch
    /// The proxy sends a request again with a new id.
    case proxyRenamesRetries
    /// The broker confirms what it does not keep.
    case brokerConfirmsWithoutKeeping
}
