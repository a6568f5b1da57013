import CRabbitMQ
import Foundation

/// Wakes a thread out of poll(2); made of an eventfd.
final class Wakeup: Sendable {
    let descriptor: Int32

    /// - Throws: ``BrokerError/Code/unavailable`` when the process has too many open files.
    init() throws(BrokerError) {
        descriptor = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
        guard descriptor >= 0 else {
            throw BrokerError(.unavailable, "eventfd: \(String(cString: strerror(errno)))")
        }
    }

    deinit { Foundation.close(descriptor) }

    func wake() {
        var one: UInt64 = 1
        _ = write(descriptor, &one, MemoryLayout<UInt64>.size)
    }

    /// Sleeps until woken, until the socket (if one is given) is ready, or for a time.
    func wait(socket: Int32? = nil, wantsToWrite: Bool = false, atMost time: Duration) {
        var descriptors = [pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)]
        if let socket {
            let events = wantsToWrite ? POLLIN | POLLOUT : POLLIN
            descriptors.append(pollfd(fd: socket, events: Int16(events), revents: 0))
        }
        let (seconds, attoseconds) = max(time, .zero).components
        let milliseconds = seconds * 1000 + attoseconds / 1_000_000_000_000_000 + 1
        _ = poll(&descriptors, nfds_t(descriptors.count), time <= .zero ? 0 : Int32(clamping: milliseconds))
        var count: UInt64 = 0
        _ = read(descriptor, &count, MemoryLayout<UInt64>.size)
    }

    /// Whether the socket takes bytes at once.
    static func isWritable(_ socket: Int32) -> Bool {
        var descriptor = pollfd(fd: socket, events: Int16(POLLOUT), revents: 0)
        return poll(&descriptor, 1, 0) == 1
    }
}
