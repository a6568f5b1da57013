import JSON
import Model

/// One request to an API, as its handler gets it: read in whole, its path and query decoded, its token validated.
package struct APIRequest: Sendable {
    /// `GET`, `POST`, …, in capitals.
    package var method: String
    /// The path as sent, without the query, such as `/v2.0/networks/x`.
    package var path: String
    /// The path's parts, percent-decoded; a trailing slash gives an empty last part.
    package var segments: [String]
    package var query: QueryItems
    /// Looks a header up by name, in whatever case.
    package var header: @Sendable (String) -> String?
    package var body: [UInt8]
    /// Who asks; nil only for what a handler serves without a token.
    package var caller: EditContext.Caller?
    /// What the proxy gave the request, the same for every repetition of it; nil when no proxy is in front.
    package var requestID: String?
    /// The id of this request in answers, logs and notices: `req-<uuid>`.
    package var traceID: String
    /// `http://host:port` as the client addressed it, for links in answers.
    package var origin: String
    /// Until when it is worth working at it; nil without a limit but the service's own.
    package var deadline: ContinuousClock.Instant?

    /// Whether another controller may have made a change for it: the proxy has it, and its method is not one of the safe
    /// ones (RFC 9110, 9.2.1).
    var mayHaveWritten: Bool { requestID != nil && !["GET", "HEAD", "OPTIONS"].contains(method) }

    /// Whether it only reads: a controller that cannot read what it asks for may leave the answer to another one, which may be a
    /// newer version.
    package var isRead: Bool { method == "GET" || method == "HEAD" }

    /// The words of its path, and its body when that is JSON: what it names.
    package var named: JSONValue {
        .array([
            .object(["path": .array(segments.map { ["part": .string($0)] })]),
            (try? JSONValue(parsing: body, maximumDepth: JSONDepth.request)) ?? .null,
        ])
    }

    /// How many opening braces are in the body: it has no more objects.
    package var braceCount: Int { body.count { $0 == UInt8(ascii: "{") } }

    package init(
        method: String, path: String, query: QueryItems = QueryItems([]), body: [UInt8] = [],
        caller: EditContext.Caller? = nil, requestID: String? = nil, traceID: String = "req-",
        origin: String = "http://localhost", deadline: ContinuousClock.Instant? = nil,
        header: @escaping @Sendable (String) -> String? = { _ in nil }
    ) {
        self.method = method
        self.path = path
        segments = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
            .map { QueryItems.decoded($0, plusIsSpace: false) }
        self.query = query
        self.body = body
        self.caller = caller
        self.requestID = requestID
        self.traceID = traceID
        self.origin = origin
        self.deadline = deadline
        self.header = header
    }
}

/// The names and values of a query, in order; a name may occur several times.
package struct QueryItems: Sendable, Hashable {
    /// One `name=value`; the value is empty when there is no `=`.
    package struct Item: Sendable, Hashable {
        package let name: String
        package let value: String
    }

    package let items: [Item]

    package init(_ items: [Item]) {
        self.items = items
    }

    /// Reads `application/x-www-form-urlencoded` text; a damaged escape stands for itself.
    package init(parsing text: some StringProtocol) {
        items = Substring(text).split(separator: "&").map { pair in
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return Item(
                name: Self.decoded(parts[0], plusIsSpace: true),
                value: parts.count > 1 ? Self.decoded(parts[1], plusIsSpace: true) : "")
        }
    }

    package var isEmpty: Bool { items.isEmpty }

    /// The first value of a name.
    package subscript(name: String) -> String? { items.first { $0.name == name }?.value }

    /// All values of a name, in order.
    package func all(_ name: String) -> [String] { items.filter { $0.name == name }.map(\.value) }

    static func decoded(_ text: Substring, plusIsSpace: Bool) -> String {
        guard text.utf8.contains(where: { $0 == UInt8(ascii: "%") || $0 == UInt8(ascii: "+") }) else {
            return String(text)
        }
        let bytes = Array(text.utf8)
        var result: [UInt8] = []
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            if byte == UInt8(ascii: "%"), index + 2 < bytes.count, let high = digit(bytes[index + 1]),
                let low = digit(bytes[index + 2])
            {
                result.append(high << 4 | low)
                index += 3
            } else {
                result.append(plusIsSpace && byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
                index += 1
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
