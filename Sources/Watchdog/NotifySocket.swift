import Glibc

/// The socket on which systemd, or whoever else started this process, wants to hear from it: datagrams to `$NOTIFY_SOCKET`
/// (sd_notify(3)).
package final class NotifySocket: Sendable {
    private let socket: Int32
    private let path: String

    /// - Parameters:
    ///   - path: `$NOTIFY_SOCKET`: a path, or a name after `@` in Linux's abstract name space.
    /// - Returns: nil when the path cannot be a socket's, or there is no socket to send from.
    package init?(path: String) {
        guard path.utf8.count > 1, path.utf8.count < MemoryLayout.size(ofValue: sockaddr_un().sun_path),
            path.hasPrefix("/") || path.hasPrefix("@")
        else { return nil }
        // Never waits: a manager that does not read must not hold up the one who tells it.
        let type = Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        let socket = Glibc.socket(AF_UNIX, type, 0)
        guard socket >= 0 else { return nil }
        self.socket = socket
        self.path = path
    }

    deinit {
        close(socket)
    }

    /// Who started this process, nil when nobody wants to hear from it.
    package static var current: NotifySocket? {
        getenv("NOTIFY_SOCKET").flatMap { NotifySocket(path: String(cString: $0)) }
    }

    /// Sends assignments such as `READY=1`.
    ///
    /// - Returns: whether the manager has got them.
    @discardableResult
    package func tell(_ assignments: [String]) -> Bool {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let name = [UInt8](path.utf8)
        withUnsafeMutableBytes(of: &address.sun_path) { place in
            place.copyBytes(from: name)
            if name.first == UInt8(ascii: "@") { place[0] = 0 }
        }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + name.count)
        let text = [UInt8](assignments.joined(separator: "\n").utf8)
        let sent = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                sendto(socket, text, text.count, Int32(MSG_NOSIGNAL), $0, length)
            }
        }
        return sent == text.count
    }
}
