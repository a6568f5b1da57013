/// The id of the store that a controller was made for. A member of another one is not asked for anything: what it has
/// acknowledged is not in this one, and the other way round.
package struct StoreIdentity: Hashable, Sendable, CustomStringConvertible {
    package let number: UInt64

    package init(_ number: UInt64) { self.number = number }

    /// Reads hexadecimal digits; nil for any other text.
    package init?(text: some StringProtocol) {
        guard let number = UInt64(text, radix: 16), number != 0 else { return nil }
        self.number = number
    }

    /// As etcd's log and `etcdctl` write it.
    package var description: String { String(number, radix: 16) }

    /// Why a member must not be asked; nil when it may.
    func objection(to member: EtcdEndpoint, of other: UInt64) -> String? {
        other == number
            ? nil
            : "\(member) belongs to the store \(StoreIdentity(other)), and this controller was made for \(self): "
                + "`skein plan TESTBED` says what to do"
    }
}
