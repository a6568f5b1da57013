import Blueprint

/// Does what ``VIPTermRule`` says: writes this node's term as the owner of the virtual IPs to the file that keepalived adds
/// to its priority.
struct OwnershipTerm {
    private let file: TrackFile
    private var rule: VIPTermRule

    /// - Throws: ``VIPHealthError`` when the file cannot be written.
    init(path: String) throws(VIPHealthError) {
        file = TrackFile(path: path)
        rule = VIPTermRule(term: file.read() ?? 0)
        try file.write(rule.term)
    }

    var term: Int { rule.term }

    /// - Throws: ``VIPHealthError`` when the file cannot be written any more.
    mutating func watch(holdsVirtualIP: Bool, peers: [VIPTermRule.Peer]) throws(VIPHealthError) {
        if rule.judge(holdsVirtualIP: holdsVirtualIP, peers: peers) { try file.write(rule.term) }
    }
}
