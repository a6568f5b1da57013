/// What a member last told about itself, for calls that wait for its answer and may wait in vain.
struct MemberHealth {
    /// The raft term; its change means an election. 0 before the first answer.
    private(set) var term: UInt64 = 0
    /// It says that it leads, and has answered in time since.
    private var leads = false
    private var hasLeader = true
    private var isSilent = false
    private var isExamined = false

    /// The member has answered a question about itself.
    ///
    /// - Parameters:
    ///   - leader: the id of the member that leads, 0 for none.
    ///   - id: its own.
    mutating func answered(term: UInt64, leader: UInt64, id: UInt64) {
        isSilent = false
        hasLeader = leader != 0
        leads = hasLeader && leader == id
        if hasLeader { self.term = term }
    }

    /// The member has not answered while another one has: it is not this process that is too slow.
    mutating func wasSilent() {
        isSilent = true
    }

    /// Another member was faster although this one was asked first: it is not to be asked first until it says again that it
    /// leads.
    mutating func wasLate() {
        leads = false
    }

    /// The place of the member that leads, as far as is known.
    ///
    /// One that says so in a term that is over does not: whoever has heard of a newer one knows better.
    static func leader(among members: [MemberHealth]) -> Int? {
        let newest = members.map(\.term).max() ?? 0
        return members.firstIndex { $0.leads && $0.term == newest }
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
