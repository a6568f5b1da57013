/// What a member last told about itself, for calls that wait for its answer and may wait in vain.
struct MemberHealth {
    /// The raft term; its change means an election. 0 before the first answer.
    private(set) var term: UInt64 = 0
    private var hasLeader = true
    private var isSilent = false
    private var isExamined = false

    /// The member has answered a question about itself.
    mutating func answered(term: UInt64, leader: UInt64) {
        isSilent = false
        hasLeader = leader != 0
        if hasLeader { self.term = term }
    }

    /// The member has not answered while another one has: it is not this process that is too slow.
    mutating func wasSilent() {
        isSilent = true
    }

    /// Whether the caller is to examine the member now, and to say so when it is done; one at a time does.
    mutating func beginExamination() -> Bool {
        defer { isExamined = true }
        return !isExamined
    }

    mutating func endExamination() {
        isExamined = false
    }

    /// Why a request that the member was sent in a term is unlikely to be answered, or nil when it may be yet.
    ///
    /// etcd forgets a request that it has forwarded to a leader that died, and says so only after five seconds.
    func reasonToGiveUp(sentIn term: UInt64) -> String? {
        if isSilent { return "no answer in time" }
        if !hasLeader { return "the leader was lost" }
        if term != 0, self.term != term { return "the leader has changed" }
        return nil
    }
}
