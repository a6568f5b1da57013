import Controller
import HTTPService
import HashTreeCollections
import JSON
import Model
import Store
import Time

/// `/set-aside`: the notices that could not be published, for an administrator who looks for the reason and then drops them.
struct SetAsideNotices {
    /// The first part of its paths.
    static let path = "set-aside"
    /// How much of a reason the list shows, in characters.
    private static let shownReason = 300

    let service: ConfigService

    /// Nil for a path that is none of these:
    /// - `GET /set-aside`: which there are, oldest first, and what else of notices was given up
    /// - `GET /set-aside/<id>`: one of them, byte by byte
    /// - `DELETE /set-aside/<id>`, `DELETE /set-aside`: one is dropped; all are, and the counts begin anew
    func respond(to request: APIRequest) async throws -> APIAnswer? {
        guard request.caller?.isAdmin ?? false else {
            return Self.answer(403, "Notices are for administrators.")
        }
        let ids = request.segments.dropFirst().filter { !$0.isEmpty }
        guard ids.count <= 1 else { return nil }
        switch (request.method, ids.first) {
        case ("GET", nil), ("HEAD", nil): return list(try await service.state().snapshot)
        case ("GET", let id?), ("HEAD", let id?):
            guard let entry = try await service.state().snapshot.setAside[id] else { return Self.unknown(id) }
            return APIAnswer(
                status: 200, contentType: "application/octet-stream", body: SetAsideNotice(stored: entry.value).content)
        case ("DELETE", nil):
            _ = try await commit(
                Transaction(changes: [
                    .deletePrefix(StoreKey.setAside("").path), .delete(StoreKey.noticeLosses.path),
                ]))
            return APIAnswer(status: 204)
        case ("DELETE", let id?):
            let key = StoreKey.setAside(id).path
            // Also when it is gone: a proxy repeats a request whose answer it has lost.
            _ = try await commit(Transaction(changes: [.delete(key)]))
            return APIAnswer(status: 204)
        default: return Self.answer(405, "Only GET and DELETE are allowed here.")
        }
    }

    private func commit(_ transaction: Transaction) async throws(ServiceError) -> CommitOutcome {
        do {
            return try await service.store.commit(transaction)
        } catch {
            throw ServiceError(reason: error.description)
        }
    }

    /// What the status says of it. Everybody may ask, at any rate: of what is kept nothing is read but when the oldest came.
    static func writeSummary(of snapshot: Snapshot, to writer: inout JSONWriter) {
        let oldest = snapshot.setAside.values.min { ($0.created, $0.key) < ($1.created, $1.key) }
        writer.name("set_aside")
        writer.beginObject()
        writer.name("count")
        writer.value(snapshot.setAside.count)
        writer.name("bytes")
        writer.value(snapshot.setAside.values.reduce(0) { $0 + Outbox.size(of: $1) })
        writer.name("since")
        writer.value(oldest.flatMap { SetAsideNotice.time(stored: $0.value) }?.rfc3339Text)
        writer.endObject()
        writeLosses(of: snapshot, to: &writer)
    }

    private static func writeLosses(of snapshot: Snapshot, to writer: inout JSONWriter) {
        writer.name("lost_notices")
        if let entry = snapshot.noticeLosses {
            writer.raw(NoticeLosses(stored: entry.value).stored)
        } else {
            writer.null()
        }
    }

    private func list(_ snapshot: Snapshot) -> APIAnswer {
        var writer = JSONWriter(capacity: 4096)
        writer.beginObject()
        writer.name("set_aside")
        writer.beginArray()
        for (id, entry) in snapshot.setAside.sorted(by: { ($0.value.created, $0.key) < ($1.value.created, $1.key) }) {
            let notice = SetAsideNotice(stored: entry.value)
            writer.beginObject()
            writer.name("id")
            writer.value(id)
            writer.name("time")
            writer.value(notice.time?.rfc3339Text)
            writer.name("bytes")
            writer.value(notice.bytes)
            writer.name("reason")
            writer.value(String(notice.reason.prefix(Self.shownReason)))
            writer.endObject()
        }
        writer.endArray()
        Self.writeLosses(of: snapshot, to: &writer)
        writer.endObject()
        return APIAnswer(status: 200, body: writer.finish())
    }

    private static func unknown(_ id: String) -> APIAnswer { answer(404, "No notice \(id) is set aside.") }

    private static func answer(_ status: Int, _ message: String) -> APIAnswer {
        APIAnswer(status: status, body: JSONValue.object(["error": .string(message)]).bytes)
    }
}
