import Store

/// Where one member of the cluster answers clients.
struct EtcdEndpoint: Hashable, Sendable, CustomStringConvertible {
    let host: String
    let port: Int
    let isSecure: Bool

    /// Reads `https://host:port` or `http://host:port`; an IPv6 address stands in brackets.
    ///
    /// - Throws: ``StoreError/Code/invalid``.
    init(_ text: String) throws(StoreError) {
        let rest: Substring
        if text.hasPrefix("https://") {
            isSecure = true
            rest = text.dropFirst("https://".count)
        } else if text.hasPrefix("http://") {
            isSecure = false
            rest = text.dropFirst("http://".count)
        } else {
            throw StoreError(.invalid, "store endpoint \(text): begin it with https:// or http://")
        }
        let address = rest.hasSuffix("/") ? rest.dropLast() : rest
        guard let colon = address.lastIndex(of: ":"), let port = UInt16(address[address.index(after: colon)...]),
            port > 0
        else {
            throw StoreError(.invalid, "store endpoint \(text): end it with a port, such as :2379")
        }
        var host = address[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
        guard !host.isEmpty, !host.contains("/"), !host.contains("[") else {
            throw StoreError(.invalid, "store endpoint \(text): the host is missing")
        }
        self.host = String(host)
        self.port = Int(port)
    }

    /// As etcd writes its client URLs.
    var description: String { "\(isSecure ? "https" : "http")://\(authority)" }

    /// Host and port, as HTTP writes them.
    var authority: String { "\(isIPv6 ? "[\(host)]" : host):\(port)" }

    /// The name that the member's certificate must be for; nil for the address that the connection goes to.
    var certificateName: String? { isIPv4 || isIPv6 ? nil : host }

    /// Whether the host is an IPv4 address and not a name.
    var isIPv4: Bool {
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts.allSatisfy { UInt8($0) != nil }
    }

    /// Whether the host is an IPv6 address and not a name.
    var isIPv6: Bool { host.contains(":") }
}

/// The PEM files with which a client and etcd know each other.
package struct TLSFiles: Hashable, Sendable {
    /// Certificates of the authority that has signed the members' certificates.
    package let authority: String
    /// The client's own certificate.
    package let certificate: String
    /// The key of `certificate`.
    package let key: String

    package init(authority: String, certificate: String, key: String) {
        self.authority = authority
        self.certificate = certificate
        self.key = key
    }
}
