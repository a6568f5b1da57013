import Addressing
import AsyncHTTPClient
import Blueprint
import JSON
import Keystone
import NIOCore
import NIOHTTP1
import Testbed

/// The check that an installation does what it is for, made on a controller: a token, a network, a subnet and a port
/// made through one virtual IP, read back through every one, then removed.
///
/// The build host sends it as JSON to `skein verify` on each controller.
package struct EndToEndCheck: Hashable, Sendable {
    private var access: JSONValue
    private var urls: [String]
    private var name: String
    private var seconds: Int

    /// Nil without Keystone in the testbed: then there is nobody to give a token.
    init?(testbed: Testbed, keystoneURL: String?, host: String, seconds: Int = 60) {
        guard let keystone = testbed.keystone, let keystoneURL else { return nil }
        access = KeystoneAccess(keystone, url: keystoneURL).json
        let virtualIPs = [testbed.internalVIP, testbed.externalVIP].compactMap { $0?.address.description }
        let hosts = virtualIPs.isEmpty ? testbed.hosts(in: .cfgm).prefix(1).map(\.controlAddress) : virtualIPs
        urls = hosts.map { "http://\($0.contains(":") ? "[\($0)]" : $0):\(ProxiedService.neutron.frontendPort)" }
        name = "skein-check-\(host)"
        self.seconds = seconds
    }

    var json: JSONValue {
        [
            "keystone": access, "urls": .array(urls.map { .string($0) }), "name": .string(name),
            "seconds": .integer(seconds),
        ]
    }

    /// Reads a check from its JSON text and makes it.
    ///
    /// - Returns: why the installation does not work; nil when it does.
    package static func perform(_ text: String) async -> String? {
        do {
            var object = StrictObject(try JSONValue(parsing: text))
            let access = object.optionalObject("keystone") { KeystoneAccess(&$0) }
            let urls = object.strings("urls")
            let name = object.string("name")
            let seconds = object.integer("seconds", in: 1...3_600)
            try object.finish()
            guard let access, let first = urls.first else {
                throw ConfigurationError(problems: ["keystone and urls are needed"])
            }
            let authentication = try KeystoneAuthentication(url: access.url, tls: access.tls)
            let token = try await authentication.issueToken(access.credentials)
            let neutron = NeutronSession(token: token.text, deadline: .now() + .seconds(Int64(seconds)))
            defer { neutron.close() }
            try await neutron.removeLeftovers(of: name, url: first)
            do {
                try await neutron.exercise(name: name, at: first, readingThrough: urls)
            } catch let failure as NeutronSession.Failure where failure.isOverQuota {
                // The administrator's project is full: that the API says so is as good an answer as it can give.
                for url in urls { try await neutron.list("networks", url) }
            }
            return nil
        } catch {
            return "\(error)"
        }
    }
}

/// What the check asks of the Neutron API. Every request is tried again until the deadline, since a virtual IP may be
/// on its way.
private struct NeutronSession {
    struct Failure: Error, CustomStringConvertible {
        var description: String
        var isOverQuota = false
    }

    let token: String
    let deadline: NIODeadline
    private let client: HTTPClient

    init(token: String, deadline: NIODeadline) {
        self.token = token
        self.deadline = deadline
        client = HTTPClient(
            eventLoopGroupProvider: .singleton,
            configuration: .init(
                redirectConfiguration: .disallow, timeout: .init(connect: .seconds(2), read: .seconds(30))))
    }

    func close() { client.shutdown { _ in } }

    func exercise(name: String, at first: String, readingThrough urls: [String]) async throws {
        var made: [(collection: String, id: String)] = []
        do {
            let network = try await create("network", first, ["name": .string(name)])
            made.append(("networks", network))
            let subnet = try await create(
                "subnet", first,
                ["name": .string(name), "network_id": .string(network), "ip_version": 4, "cidr": "192.0.2.0/28"])
            made.append(("subnets", subnet))
            let port = try await create("port", first, ["name": .string(name), "network_id": .string(network)])
            made.append(("ports", port))
            for url in urls {
                for (collection, id) in made {
                    let answer = try await send(.GET, "\(url)/v2.0/\(collection)/\(id)", nil)
                    guard answer[String(collection.dropLast())]?["name"]?.stringValue == name else {
                        throw Failure(description: "GET \(url)/v2.0/\(collection)/\(id) answers with another object")
                    }
                }
            }
        } catch {
            try? await remove(made, first)
            throw error
        }
        try await remove(made, first)
    }

    /// Removes what a check that was interrupted has left.
    func removeLeftovers(of name: String, url: String) async throws {
        for collection in ["ports", "subnets", "networks"] {
            let answer = try await send(.GET, "\(url)/v2.0/\(collection)?name=\(name)&fields=id", nil)
            for entry in answer[collection]?.arrayValue ?? [] {
                if let id = entry["id"]?.stringValue { try await remove([(collection, id)], url) }
            }
        }
    }

    func list(_ collection: String, _ url: String) async throws {
        let answer = try await send(.GET, "\(url)/v2.0/\(collection)?limit=1", nil)
        guard answer[collection]?.arrayValue != nil else {
            throw Failure(description: "GET \(url)/v2.0/\(collection) answers without a list")
        }
    }

    private func create(_ kind: String, _ url: String, _ object: JSONObject) async throws -> String {
        let answer = try await send(.POST, "\(url)/v2.0/\(kind)s", .object([kind: .object(object)]))
        guard let id = answer[kind]?["id"]?.stringValue else {
            throw Failure(description: "POST \(url)/v2.0/\(kind)s answers without an id")
        }
        return id
    }

    private func remove(_ made: [(collection: String, id: String)], _ url: String) async throws {
        for (collection, id) in made.reversed() {
            _ = try await send(.DELETE, "\(url)/v2.0/\(collection)/\(id)", nil)
        }
    }

    private func send(_ method: HTTPMethod, _ url: String, _ body: JSONValue?) async throws -> JSONValue {
        while true {
            do {
                return try await attempt(method, url, body)
            } catch let failure as Failure {
                throw failure
            } catch {
                guard NIODeadline.now() < deadline else {
                    throw Failure(description: "\(method) \(url): \(error)")
                }
                try await Task.sleep(for: .milliseconds(300))
            }
        }
    }

    private struct Unavailable: Error, CustomStringConvertible {
        var description: String
    }

    private func attempt(_ method: HTTPMethod, _ url: String, _ body: JSONValue?) async throws -> JSONValue {
        var request = HTTPClientRequest(url: url)
        request.method = method
        request.headers.add(name: "x-auth-token", value: token)
        request.headers.add(name: "accept", value: "application/json")
        if let body {
            request.headers.add(name: "content-type", value: "application/json")
            request.body = .bytes(ByteBuffer(bytes: body.bytes))
        }
        let response = try await client.execute(request, timeout: .seconds(15))
        let text = String(buffer: try await response.body.collect(upTo: 1 << 20))
        switch response.status.code {
        case 200..<300: return text.isEmpty ? .null : try JSONValue(parsing: text)
        case 404 where method == .DELETE: return .null
        case 502, 503, 504, 401:
            throw Unavailable(description: "answers \(response.status.code): \(text.prefix(300))")
        default:
            throw Failure(
                description: "\(method) \(url) answers \(response.status.code): \(text.prefix(300))",
                isOverQuota: response.status.code == 409 && text.contains("\"OverQuota\""))
        }
    }
}
