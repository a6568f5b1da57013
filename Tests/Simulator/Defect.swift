/// A fault that is planted into the simulated surroundings, to prove that the checks find it. The real engines are
/// trusted not to have them.
package enum Defect: String, CaseIterable, Sendable {
    /// The store commits whatever name, address or request record is taken already.
    case storeIgnoresAbsent
    /// The store commits what refers to an object that is gone.
    case storeIgnoresPresent
    /// The store commits a change of what somebody else has changed meanwhile.
    case storeIgnoresUnmodified
    /// The store commits two takes of the same room below a limit.
    case storeIgnoresQuota
    /// The store commits a number that is taken already.
    case storeIgnoresTakenNumber
    /// The store commits an address that is taken already.
    case storeIgnoresTakenAddress
    /// The store releases an address that has another holder by now.
    case storeIgnoresHolder
    /// The store commits what a former leader asks for.
    case storeIgnoresFence
    /// The store deletes what is still referred to.
    case storeIgnoresEmptyRange
    /// The store puts something under a lease that has ended, and keeps it for good.
    case storeIgnoresEndedLease
    /// The store acknowledges a transaction and does nothing.
    case storeDropsCommit
    /// The store does one half of a transaction.
    case storeTearsTransaction
    /// The store says an old revision is its newest.
    case storeServesOldRevision
    /// The store leaves an entry out of a listing.
    case storeListsLess
    /// A call of the store has no deadline, and sometimes no answer.
    case storeForgetsCall
    /// A lease ends long before its term.
    case leaseEndsEarly
    /// A lease that nobody keeps alive lasts for ever.
    case leaseNeverEnds
    /// A watch leaves a transaction out.
    case watchSkipsBatch
    /// A watch delivers transactions in the wrong order.
    case watchSwapsBatches
    /// A watch goes on behind a gap in the history instead of ending.
    case watchHidesCompaction
    /// A watch says that history is gone which is still there.
    case watchInventsCompaction
    /// The proxy sends a request again with a new id.
    case proxyRenamesRetries
    /// The broker confirms what it does not keep.
    case brokerConfirmsWithoutKeeping
    /// The broker confirms what it keeps only later.
    case brokerConfirmsBeforeKeeping
}
