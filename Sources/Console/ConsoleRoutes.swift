import FoundationEssentials
import HTTPService
import HTTPTypes
import Hummingbird
import Keystone
import Logging
import NIOCore
import ServiceLifecycle
import Synchronization

/// The console's pages: who has signed in sees the cluster's state, networks and ports.
package struct ConsoleRoutes: HTTPResponder {
    package typealias Context = BasicRequestContext

    /// How the console is reached.
    package struct Settings: Hashable, Sendable {
        /// Whether browsers come by https: only then do they keep a cookie that is marked as secure.
        package var isSecure: Bool
        /// How often the live page is renewed.
        package var interval: Duration
        /// After how long without news a live page gets a sign of life.
        package var signOfLife: Duration
        /// How many live pages one controller serves.
        package var streamLimit: Int

        package init(
            isSecure: Bool = true, interval: Duration = .seconds(2), signOfLife: Duration = .seconds(15),
            streamLimit: Int = 256
        ) {
            self.isSecure = isSecure
            self.interval = interval
            self.signOfLife = signOfLife
            self.streamLimit = streamLimit
        }
    }

    private let cluster: any ClusterStateSource
    private let listing: any NetworkListing
    private let signIn: any SignIn
    private let signer: SessionSigner
    private let readiness: Readiness
    private let settings: Settings
    private let assets: ConsoleAssets
    private let pages: ConsolePages
    private let streams = StreamCount()

    private static let formLimit = 16 << 10

    /// - Throws: when a template is damaged, which cannot be with those of the executable.
    package init(
        cluster: any ClusterStateSource, listing: any NetworkListing, signIn: any SignIn, signer: SessionSigner,
        readiness: Readiness, settings: Settings = Settings()
    ) throws {
        self.cluster = cluster
        self.listing = listing
        self.signIn = signIn
        self.signer = signer
        self.readiness = readiness
        self.settings = settings
        assets = ConsoleAssets()
        pages = try ConsolePages(assets: assets)
    }

    package func respond(to request: Request, context: Context) async throws -> Response {
        let path = request.uri.path
        if path == "/readyz" || path == "/healthz" { return readiness.response(path: path) }
        var response = try await answer(to: request, path: path)
        for (name, value) in Self.protection { response.headers[name] = value }
        if response.headers[.cacheControl] == nil { response.headers[.cacheControl] = "no-store" }
        if request.method == .head { response.body = .init() }
        return response
    }

    private func answer(to request: Request, path: String) async throws -> Response {
        let isReading = request.method == .get || request.method == .head
        if isReading, path.hasPrefix("/assets/") { return asset(String(path.dropFirst(8))) }
        switch (path, isReading) {
        case ("/sign-in", true):
            return html(signInPage(next: QueryItems(parsing: request.uri.query ?? "")["next"] ?? "/"))
        case ("/sign-in", false): return try await startSession(request)
        case ("/sign-out", false): return endSession(request)
        default: break
        }
        guard isReading else { return message(.methodNotAllowed, "Not here", "This page takes no input.", nil) }
        guard let session = session(of: request) else {
            // A live page must not get the sign-in page as an event.
            guard path != "/cluster/events" else { return Response(status: .unauthorized) }
            return redirect("/sign-in?next=" + Self.escaped(request.uri.string))
        }
        return await page(path, QueryItems(parsing: request.uri.query ?? ""), session)
    }

    private func page(_ path: String, _ query: QueryItems, _ session: ConsoleSession) async -> Response {
        let search = String((query["q"] ?? "").prefix(255))
        let number = query["page"].flatMap { Int($0) } ?? 1
        let segments = path.split(separator: "/").map(String.init)
        switch segments.first {
        case nil: return redirect("/cluster")
        case "cluster" where segments.count == 1:
            return html(pages.cluster(await cluster.state(), session: session))
        case "cluster" where segments == ["cluster", "events"]: return events(session)
        case "networks" where segments.count == 1:
            let list = await listing.networks(for: session, search: search, page: number)
            return html(pages.networks(list, search: search, session: session))
        case "networks" where segments.count == 2:
            guard let details = await listing.network(segments[1], for: session) else {
                return message(
                    .notFound, "No such network", "It may have been deleted, or you may not see it.", session)
            }
            return html(pages.network(details, session: session))
        case "ports" where segments.count == 1:
            let network = query["network"].flatMap { $0.isEmpty ? nil : $0 }
            let list = await listing.ports(for: session, search: search, network: network, page: number)
            return html(pages.ports(list, search: search, network: network, session: session))
        default:
            return message(.notFound, "No such page", "There is nothing at this address.", session)
        }
    }

    // MARK: - Sessions

    private var cookieName: String { settings.isSecure ? "__Host-skein" : "skein" }

    private func cookie(_ value: String, seconds: Int) -> String {
        "\(cookieName)=\(value); Path=/; HttpOnly; SameSite=Lax; Max-Age=\(seconds)"
            + (settings.isSecure ? "; Secure" : "")
    }

    private func session(of request: Request) -> ConsoleSession? {
        for pair in (request.headers[.cookie] ?? "").split(separator: ";") {
            let parts = pair.split(separator: "=", maxSplits: 1)
            guard parts.count == 2, parts[0].trimming(" ") == cookieName else { continue }
            return signer.open(String(parts[1].trimming(" ")), now: .now)
        }
        return nil
    }

    private func startSession(_ request: Request) async throws -> Response {
        guard Self.isFromHere(request) else { return foreign }
        guard let body = try? await request.body.collect(upTo: Self.formLimit) else {
            return message(.contentTooLarge, "Too much", "The form is larger than a form can be.", nil)
        }
        let form = QueryItems(parsing: String(decoding: body.readableBytesView, as: UTF8.self))
        let attempt = SignInAttempt(
            user: form["user"] ?? "", password: form["password"] ?? "", project: form["project"] ?? "",
            domain: form["domain"] ?? "")
        let next = form["next"] ?? "/"
        do throws(KeystoneError) {
            let identity = try await signIn.identity(of: attempt)
            let session = ConsoleSession(identity, now: .now)
            var response = redirect(Self.isLocal(next) ? next : "/")
            response.headers[.setCookie] = cookie(
                signer.seal(session), seconds: max(0, session.expiresAt - Int(Date.now.timeIntervalSince1970)))
            return response
        } catch {
            let isWrong = error.code == .unauthorized
            let failure =
                isWrong
                ? "This is not right. Check each field; Keystone does not say which one is wrong."
                : "Nobody can sign in at the moment. \(error.message)"
            return html(
                signInPage(next: next, attempt: attempt, failure: failure),
                status: isWrong ? .unauthorized : .serviceUnavailable)
        }
    }

    private func endSession(_ request: Request) -> Response {
        guard Self.isFromHere(request) else { return foreign }
        var response = redirect("/sign-in")
        response.headers[.setCookie] = cookie("", seconds: 0)
        return response
    }

    private func signInPage(next: String, attempt: SignInAttempt? = nil, failure: String? = nil) -> String {
        pages.signIn(form: signIn.form, attempt: attempt, next: Self.isLocal(next) ? next : "/", failure: failure)
    }

    private var foreign: Response {
        message(
            .forbidden, "Not from here", "The form was sent by another site's page. Open the console and try again.",
            nil)
    }

    /// Whether a form was sent by a page of the console's own: browsers say so.
    private static func isFromHere(_ request: Request) -> Bool {
        if let site = HTTPField.Name("Sec-Fetch-Site").flatMap({ request.headers[$0] }) {
            return site == "same-origin" || site == "none"
        }
        guard let origin = request.headers[.origin] else { return true }
        guard let start = origin.firstRange(of: "://"), let authority = request.head.authority else { return false }
        return origin[start.upperBound...] == authority
    }

    /// Whether an address leads to the console itself.
    private static func isLocal(_ address: String) -> Bool {
        address.hasPrefix("/") && !address.hasPrefix("//")
            && address.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "\\") }
    }

    // MARK: - Live

    /// The cluster's state as server-sent events, until the session, the browser or the controller ends.
    private func events(_ session: ConsoleSession) -> Response {
        guard streams.enter(limit: settings.streamLimit) else { return Response(status: .serviceUnavailable) }
        let lease = StreamLease(count: streams)
        return Response(
            status: .ok, headers: [.contentType: "text/event-stream", .cacheControl: "no-store"],
            body: ResponseBody { [cluster, pages, settings, lease] writer in
                let shutdown = AsyncTimer(interval: settings.interval).cancelOnGracefulShutdown()
                var shown = ""
                var shownClock = ""
                var lastWritten = ContinuousClock.now
                for try await _ in shutdown {
                    guard Date.now.timeIntervalSince1970 < Double(session.expiresAt) else { break }
                    let state = await cluster.state()
                    let text = pages.clusterState(state)
                    let clock = pages.clock(state)
                    if text != shown {
                        shown = text
                        try await writer.write(ByteBuffer(string: Self.event("state", text)))
                    }
                    if clock != shownClock {
                        shownClock = clock
                        lastWritten = .now
                        try await writer.write(ByteBuffer(string: Self.event("clock", clock)))
                    } else if lastWritten.duration(to: .now) >= settings.signOfLife {
                        lastWritten = .now
                        try await writer.write(ByteBuffer(string: ": still here\n\n"))
                    }
                }
                try await writer.finish(nil)
                withExtendedLifetime(lease) {}
            })
    }

    private static func event(_ name: String, _ text: String) -> String {
        "event: \(name)\nretry: 1000\n" + text.split(separator: "\n").map { "data: \($0)\n" }.joined() + "\n"
    }

    // MARK: - Responses

    private func html(_ text: String, status: HTTPResponse.Status = .ok) -> Response {
        Response(
            status: status, headers: [.contentType: "text/html; charset=utf-8"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }

    private func message(
        _ status: HTTPResponse.Status, _ title: String, _ text: String, _ session: ConsoleSession?
    ) -> Response {
        html(pages.message(title: title, text, session: session), status: status)
    }

    private func redirect(_ address: String) -> Response {
        Response(status: .seeOther, headers: [.location: address])
    }

    private func asset(_ name: String) -> Response {
        guard let file = assets.files[name] else { return Response(status: .notFound) }
        return Response(
            status: .ok,
            headers: [.contentType: file.contentType, .cacheControl: "public, max-age=31536000, immutable"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: file.bytes)))
    }

    /// Nothing from elsewhere is loaded, shown in or sent to another site. No promise of https for the future: the
    /// deployment's own authority is unknown to browsers, and such a promise would lock people out.
    private static let protection: [(HTTPField.Name, String)] = [
        (
            "Content-Security-Policy",
            "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; "
                + "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
        ),
        ("X-Content-Type-Options", "nosniff"),
        ("Referrer-Policy", "same-origin"),
    ].compactMap { name, value in HTTPField.Name(name).map { ($0, value) } }

    private static func escaped(_ text: String) -> String {
        text.replacing("%", with: "%25").replacing("&", with: "%26").replacing("+", with: "%2B").replacing(
            "#", with: "%23")
    }
}

/// Counts live pages.
private final class StreamCount: Sendable {
    private let number = Mutex(0)

    func enter(limit: Int) -> Bool {
        number.withLock { number in
            guard number < limit else { return false }
            number += 1
            return true
        }
    }

    func leave() { number.withLock { $0 -= 1 } }
}

/// Gives its place back when the response goes, however it ends.
private final class StreamLease: Sendable {
    private let count: StreamCount

    init(count: StreamCount) { self.count = count }
    deinit { count.leave() }
}

/// Ticks at once and then at intervals.
private struct AsyncTimer: AsyncSequence, Sendable {
    let interval: Duration

    struct AsyncIterator: AsyncIteratorProtocol {
        let interval: Duration
        var isFirst = true

        mutating func next() async throws -> Void? {
            if isFirst { isFirst = false } else { try await Task.sleep(for: interval) }
            return ()
        }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(interval: interval) }
}

extension Substring {
    fileprivate func trimming(_ character: Character) -> Substring {
        var text = self
        while text.first == character { text.removeFirst() }
        while text.last == character { text.removeLast() }
        return text
    }
}
