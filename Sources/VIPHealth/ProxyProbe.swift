import Addressing
import Glibc

/// One request to the local proxy's `/alive`, without blocking: opened, then fed by `poll` until it has the answer.
struct ProxyProbe: ~Copyable {
    private static let request = Array("GET /alive HTTP/1.0\r\n\r\n".utf8)

    /// -1 when no socket could be made.
    let descriptor: Int32
    private var isSent = false
    private var answer: [UInt8] = []
    /// The number of backends that the proxy named, once it has answered completely.
    private(set) var backends: Int?
    /// Nothing more will come.
    private(set) var isOver = false

    init(port: Int) {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
        let address = SocketAddress(IPAddress(family: .v4, bits: 0x7f00_0001), port: port)
        if descriptor < 0 || address.with({ connect(descriptor, $0, $1) }) != 0 && errno != EINPROGRESS {
            isOver = true
        }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// What to wait for.
    var events: Int16 { Int16(isSent ? POLLIN : POLLOUT) }

    /// Goes on after `poll` found the socket ready.
    mutating func advance() {
        if !isSent {
            let count = send(descriptor, Self.request, Self.request.count, Int32(MSG_NOSIGNAL))
            if count == Self.request.count { isSent = true } else { isOver = true }
            return
        }
        var buffer = [UInt8](repeating: 0, count: 1024)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        if count > 0, answer.count < 4096 {
            answer += buffer.prefix(count)
        } else if count == 0 {
            isOver = true
            backends = Self.backends(in: String(decoding: answer, as: UTF8.self))
        } else if errno != EAGAIN {
            isOver = true
        }
    }

    /// The number in the body of a complete answer with status 200; nil for every other answer.
    static func backends(in answer: String) -> Int? {
        guard let status = answer.split(separator: "\r\n").first, status.hasPrefix("HTTP/"),
            status.split(separator: " ").dropFirst().first == "200", let end = answer.firstRange(of: "\r\n\r\n")
        else { return nil }
        return Int(answer[end.upperBound...].filter { !$0.isWhitespace })
    }
}
