import Controller
import HTTPTypes
import Hummingbird
import JSON
import Synchronization

/// What the proxy asks before it sends requests here, and what a stop changes first.
package final class Readiness: Sendable {
    private let reason: @Sendable () -> String?
    private let draining = Mutex(false)

    /// - Parameter reason: why the controller cannot serve now, nil when it can; asked for each check.
    package init(reason: @escaping @Sendable () -> String?) {
        self.reason = reason
    }

    /// From now on the proxy is told to send nothing more.
    package func drain() {
        draining.withLock { $0 = true }
    }

    /// Why no request should come here now.
    package var unreadiness: String? {
        draining.withLock { $0 } ? "the controller is stopping" : reason()
    }

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
