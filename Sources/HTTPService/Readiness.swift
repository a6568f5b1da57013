import Controller
import HTTPTypes
import Hummingbird
import JSON
import Synchronization

/// What the proxy asks before it sends requests here, and what a stop changes first.
package final class Readiness: Sendable {
    private let reason: @Sendable () -> String?
    private let stallWatch: StallWatch?
    private let draining = Mutex(false)

    /// - Parameters:
    ///   - stallWatch: knows whether the process stood still for too long.
    ///   - reason: why the controller cannot serve now, nil when it can; asked for each check.
    package init(stallWatch: StallWatch? = nil, reason: @escaping @Sendable () -> String?) {
        self.stallWatch = stallWatch
        self.reason = reason
    }

    /// Whether a request that is here may be one that was done elsewhere, long ago.
    package var hasStalled: Bool { stallWatch?.hasStalled ?? false }

    /// From now on the proxy is told to send nothing more.
    package func drain() {
        draining.withLock { $0 = true }
    }

    /// A service's own readiness that ends with this one: it need not wait for what the others wait for, but it stops
    /// when they stop.
    package func independent() -> Readiness {
        Readiness(stallWatch: stallWatch) { [self] in isDraining ? Self.stopping : nil }
    }

    /// Why no request should come here now.
    package var unreadiness: String? {
        if hasStalled { return StallWatch.Stalled().description }
        return isDraining ? Self.stopping : reason()
    }

    private var isDraining: Bool { draining.withLock { $0 } }
    private static let stopping = "the controller is stopping"

    /// `/readyz`: 200, or 503 with the reason. `/healthz`: 200 as long as the process answers at all.
    package func response(path: String) -> Response {
        let reason = path == "/healthz" ? nil : unreadiness
        var writer = JSONWriter()
        writer.beginObject()
        writer.name("ready")
        writer.value(reason == nil)
        writer.name("reason")
        writer.value(reason)
        writer.endObject()
        return Response(
            status: reason == nil ? .ok : .serviceUnavailable, headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: writer.finish())))
    }
}
