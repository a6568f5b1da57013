/// How much of a notice is left: what a backlog without end gives up, part by part.
///
/// The order is by what a loss costs. The event history is for people, and says less of a time in which too much happened;
/// a notification of a request's beginning tells of a change that the one of its end tells again. OpenStack's notifications
/// are a record of what was done (for accounting, name servers): a loss is a gap in it, and one that is older than a day
/// would not have waited for its consumer in the broker either. Contrail's message is small and goes last: it says only
/// which object to read again, and a consumer that misses it works with an old state until it reads everything again.
package enum NoticeForm: String, Sendable, CaseIterable, Comparable {
    case whole
    /// Without its event of the history and without the notifications of its request's beginning (`*.start`).
    case unrecorded
    /// Contrail's message alone.
    case bare

    /// The member that names the form; a whole notice has none.
    static let member = "form"

    package static func < (left: NoticeForm, right: NoticeForm) -> Bool { left.rank < right.rank }

    private var rank: Int {
        switch self {
        case .whole: 0
        case .unrecorded: 1
        case .bare: 2
        }
    }

    /// The form of a notice as the outbox stores it, by its first bytes. What cannot be read as a notice counts as whole.
    package init(stored bytes: [UInt8]) {
        self =
            Self.allCases.first { form in
                form != .whole && bytes.starts(with: #"{"\#(Self.member)":"\#(form.rawValue)""#.utf8)
            } ?? .whole
    }
}

extension Notice {
    /// What is left of it in a smaller form; nil when that would be nothing.
    package func reduced(to form: NoticeForm) -> Notice? {
        var notice = self
        notice.form = max(form, notice.form)
        for index in notice.neutronEvents.indices where notice.neutronEvents[index].number == nil {
            notice.neutronEvents[index].number = index
        }
        if notice.form >= .unrecorded { notice.neutronEvents.removeAll { $0.type.hasSuffix(".start") } }
        if notice.form == .bare {
            notice.neutronEvents = []
            notice.actor = nil
        }
        return notice.concernsConfigAPI || !notice.neutronEvents.isEmpty ? notice : nil
    }
}
