import AsyncHTTPClient
import JSON
import NIOCore
import NIOHTTP1
import NIOSSL
import Synchronization

/// How TLS to Keystone is verified.
package struct KeystoneTLS: Hashable, Sendable {
    /// Nothing is verified: whoever answers is believed. Loud wherever it is shown.
    package var insecure: Bool
    /// Path of a PEM bundle of authorities, trusted besides the system's.
    package var authorityFile: String?

    package init(insecure: Bool = false, authorityFile: String? = nil) {
        self.insecure = insecure
        self.authorityFile = authorityFile
    }

    /// - Throws: ``KeystoneError`` `misconfigured` when the CA file cannot be read.
    package func configuration() throws(KeystoneError) -> TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        if insecure {
            configuration.certificateVerification = .none
        } else if let authorityFile {
            do {
                let authorities = try NIOSSLCertificate.fromPEMFile(authorityFile)
                guard !authorities.isEmpty else {
                    throw KeystoneError(.misconfigured, "the CA file \(authorityFile) holds no certificate")
                }
                configuration.additionalTrustRoots = [.certificates(authorities)]
            } catch let error as KeystoneError {
                throw error
            } catch {
                throw KeystoneError(
                    .misconfigured, "the CA file \(authorityFile) cannot be read as PEM certificates: \(error)")
            }
        }
        return configuration
    }
}

/// How long a request to Keystone may take.
package struct KeystoneDeadlines: Hashable, Sendable {
    /// To connect, TLS included.
    package var connect: Duration
    /// For one request with all its attempts, until the last byte of the answer.
    package var total: Duration

    package init(connect: Duration = .seconds(2), total: Duration = .seconds(5)) {
        self.connect = connect
        self.total = total
    }
}

/// Requests to one Keystone: deadlines, limited attempts, limited answers, errors in words.
///
/// It stops its connections when the last reference to it goes.
final class KeystoneConnection: Sendable {
    /// What Keystone answered, whatever the status.
    struct Answer: Sendable {
        var status: Int
        var headers: HTTPHeaders
        /// nil when the body is no JSON.
        var body: JSONValue?
    }

    /// A request that the caller wants sent.
    struct Request: Sendable {
        var method: HTTPMethod = .GET
        /// Below the v3 URL, beginning with a slash.
        var path: String
        var token: String?
        var headers: [(String, String)] = []
        var body: JSONValue?
        /// Whether sending it twice does no harm.
        var isRepeatable: Bool {
            [.GET, .HEAD, .PUT, .DELETE].contains(method) || path.hasPrefix("/auth/tokens")
        }
    }

    /// What Keystone was said to be at, without a slash at its end: its v3 URL, or one below which that has to be found.
    let url: String
    private let client: HTTPClient
    private let tls: KeystoneTLS
    private let deadlines: KeystoneDeadlines
    /// The v3 URL, once it is known. Requests that need it at the same time each look for it, which does no harm.
    private let version3: Mutex<String?>
    private static let maximumAnswerSize = 4 << 20

    /// - Throws: ``KeystoneError`` `misconfigured`
    init(url: String, tls: KeystoneTLS, deadlines: KeystoneDeadlines = KeystoneDeadlines()) throws(KeystoneError) {
        guard url.hasPrefix("http://") || url.hasPrefix("https://") else {
            throw KeystoneError(.misconfigured, "Keystone's URL '\(url)' begins with neither http:// nor https://")
        }
        var trimmed = url[...]
        while trimmed.hasSuffix("/") { trimmed.removeLast() }
        self.url = String(trimmed)
        self.tls = tls
        self.deadlines = deadlines
        version3 = Mutex(trimmed.hasSuffix("/v3") ? String(trimmed) : nil)
        var configuration = HTTPClient.Configuration(
            tlsConfiguration: try tls.configuration(),
            // A redirect would carry tokens and passwords to wherever it points.
            redirectConfiguration: .disallow,
            timeout: .init(connect: TimeAmount(deadlines.connect)))
        configuration.httpVersion = .http1Only
        configuration.connectionPool.retryConnectionEstablishment = false
        client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }

    /// A connection to another URL, with the same trust and deadlines.
    convenience init(url: String, like other: KeystoneConnection) throws(KeystoneError) {
        try self.init(url: url, tls: other.tls, deadlines: other.deadlines)
    }

    deinit {
        client.shutdown { _ in }
    }

    /// Sends a request to the v3 API and waits for the whole answer. The first one finds out where that is.
    ///
    /// - Throws: ``KeystoneError`` `unavailable` when no answer arrives in time or Keystone says that it cannot (5xx).
    func send(_ request: Request) async throws(KeystoneError) -> Answer {
        if let known = version3.withLock({ $0 }) { return try await exchange(request, below: known) }
        let found = try await KeystoneLocator.locate(self).url
        version3.withLock { $0 = found }
        return try await exchange(request, below: found)
    }

    /// Sends a request below a URL of this Keystone's and waits for the whole answer.
    ///
    /// - Throws: ``KeystoneError`` `unavailable` when no answer arrives in time or Keystone says that it cannot (5xx).
    func exchange(_ request: Request, below base: String) async throws(KeystoneError) -> Answer {
        let deadline = NIODeadline.now() + TimeAmount(deadlines.total)
        do {
            return try await attempt(request, below: base, deadline: deadline)
        } catch  where request.isRepeatable && NIODeadline.now() < deadline {
            // One pause, one more attempt: a kept connection that the other side has closed, a proxy between two
            // backends, a virtual IP on its way. Whatever lasts longer is an outage.
            do { try await Task.sleep(for: .milliseconds(150)) } catch { throw Self.cancelled }
            return try await attempt(request, below: base, deadline: deadline)
        }
    }

    private func attempt(
        _ request: Request, below base: String, deadline: NIODeadline
    ) async throws(KeystoneError) -> Answer {
        var message = HTTPClientRequest(url: base + request.path)
        message.method = request.method
        message.headers.add(name: "accept", value: "application/json")
        message.headers.add(name: "user-agent", value: "skein")
        if let token = request.token { message.headers.add(name: "x-auth-token", value: token) }
        for (name, value) in request.headers { message.headers.add(name: name, value: value) }
        if let body = request.body {
            message.headers.add(name: "content-type", value: "application/json")
            message.body = .bytes(ByteBuffer(bytes: body.bytes))
        }
        let answer: Answer
        do {
            answer = try await receive(message, deadline: deadline)
        } catch {
            throw Self.failure(error, url: url, deadlines: deadlines)
        }
        if answer.status >= 500 || answer.status == 429 {
            throw KeystoneError(.unavailable, "Keystone at \(url) answers \(answer.status)\(answer.reason)")
        }
        return answer
    }

    /// The client's own deadline ends with the head of the answer; this one holds until the last byte.
    private func receive(_ message: HTTPClientRequest, deadline: NIODeadline) async throws -> Answer {
        try await withThrowingTaskGroup(of: Answer.self) { [client] group in
            group.addTask {
                let response = try await client.execute(message, deadline: deadline)
                let buffer = try await response.body.collect(upTo: Self.maximumAnswerSize)
                return Answer(
                    status: Int(response.status.code), headers: response.headers,
                    body: try? JSONValue(parsing: buffer.readableBytesView))
            }
            group.addTask {
                try await Task.sleep(for: Duration(deadline - .now()))
                throw HTTPClientError.deadlineExceeded
            }
            defer { group.cancelAll() }
            guard let answer = try await group.next() else { throw CancellationError() }
            return answer
        }
    }

    private static let cancelled = KeystoneError(
        .unavailable, "the request to Keystone was cancelled", isAnswered: true)

    private static func failure(_ error: any Error, url: String, deadlines: KeystoneDeadlines) -> KeystoneError {
        if error is CancellationError { return cancelled }
        if error is NIOTooManyBytesError {
            return KeystoneError(.unavailable, "Keystone at \(url) answers with more than \(maximumAnswerSize) bytes")
        }
        let reason: String
        switch error as? HTTPClientError {
        case .cancelled?: return cancelled
        case .connectTimeout?: reason = "no connection within \(deadlines.connect)"
        case .deadlineExceeded?, .getConnectionFromPoolTimeout?: reason = "no answer within \(deadlines.total)"
        case .remoteConnectionClosed?: reason = "it closed the connection before it answered"
        case .tlsHandshakeTimeout?: reason = "no TLS handshake within \(deadlines.connect)"
        case .invalidURL?, .emptyHost?, .emptyScheme?:
            return KeystoneError(.misconfigured, "Keystone's URL '\(url)' is not a URL")
        default: reason = words(for: error)
        }
        return KeystoneError(.unavailable, "Keystone at \(url) cannot be used: \(reason)", isAnswered: false)
    }

    /// The library's errors name their own machinery; these are the ones an operator meets.
    private static func words(for error: any Error) -> String {
        let text = String(describing: error)
        if text.contains("CERTIFICATE_VERIFY_FAILED") || text.contains("unableToValidateCertificate") {
            return "its TLS certificate is not signed by a trusted authority (name the authority's file)"
        }
        if text.contains("WRONG_VERSION_NUMBER") { return "it does not speak TLS (is the protocol http?)" }
        if text.contains("Connection refused") { return "connection refused" }
        if text.contains("Connection reset") { return "connection reset" }
        if text.contains("No route to host") { return "no route to host" }
        if text.contains("Network is unreachable") { return "network unreachable" }
        if text.contains("connectTimeout") { return "no connection in time" }
        return text
    }
}

extension KeystoneConnection.Answer {
    /// Keystone's own words, with a colon before them; empty when it gave none.
    var reason: String {
        guard let message = body?["error"]?["message"]?.stringValue, !message.isEmpty else { return "" }
        return ": " + (message.hasSuffix(".") ? message.dropLast() : message[...]).prefix(300)
    }
}

extension KeystoneConnection {
    /// Asks for a token with a user's name and password.
    ///
    /// - Parameter withCatalogue: whether the catalogue is wanted, too, which can be long.
    /// - Throws: ``KeystoneError`` `unauthorized` when the name, the password or the project is wrong; `unavailable`.
    func issueToken(
        _ credentials: Credentials, withCatalogue: Bool = false
    ) async throws(KeystoneError) -> (token: String, document: TokenDocument) {
        let answer = try await send(
            Request(
                method: .POST, path: "/auth/tokens" + (withCatalogue ? "" : "?nocatalog"),
                body: credentials.authenticationRequest))
        switch answer.status {
        case 200, 201:
            guard let token = answer.headers.first(name: "x-subject-token"), !token.isEmpty, let body = answer.body
            else {
                throw KeystoneError(.unavailable, "Keystone at \(url) answers \(answer.status) without a token")
            }
            return (token, try TokenDocument(body))
        case 400, 401, 403:
            let scope = credentials.project.map { " in project '\($0)'" } ?? ""
            throw KeystoneError(
                .unauthorized, "Keystone at \(url) refuses user '\(credentials.user)'\(scope)\(answer.reason)")
        default:
            throw KeystoneError(
                .unavailable, "\(url) does not answer as a Keystone v3: \(answer.status)\(answer.reason)")
        }
    }
}
