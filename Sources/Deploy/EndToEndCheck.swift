import Addressing
import AsyncHTTPClient
import Blueprint
import JSON
import Keystone
import NIOCore
import NIOHTTP1
import NIOSSL
import Testbed

/// The check that an installation does what it is for, made on a controller as clients would: a token, the catalogue that
/// comes with it, a network, a subnet and a port made through one virtual IP, read back through every one and through the
/// catalogue's public and internal endpoint, then removed.
///
/// The build host sends it as JSON to `skein verify` on each controller.
package struct EndToEndCheck: Hashable, Sendable {
    private var access: JSONValue
    private var region: String
    private var urls: [String]
    private var run: String
    private var seconds: Int

    /// Nil without Keystone in the testbed: then there is nobody to give a token.
    ///
    /// - Parameter run: what the checks of one `skein up` have in common: what others have left is removed.
    init?(testbed: Testbed, keystoneURL: String?, run: String, seconds: Int = 60) {
        guard let keystone = testbed.keystone, let keystoneURL else { return nil }
        access = KeystoneAccess(keystone, url: keystoneURL).json
        region = keystone.region
        let virtualIPs = [testbed.internalVIP, testbed.externalVIP].compactMap { $0?.address.description }
        let hosts = virtualIPs.isEmpty ? testbed.hosts(in: .cfgm).prefix(1).map(\.controlAddress) : virtualIPs
        urls = hosts.map { "http://\($0.contains(":") ? "[\($0)]" : $0):\(ProxiedService.neutron.frontendPort)" }
        self.run = run
        self.seconds = seconds
    }

    var json: JSONValue {
        [
            "keystone": access, "region": .string(region), "urls": .array(urls.map { .string($0) }),
            "run": .string(run), "seconds": .integer(seconds),
        ]
    }

    /// Reads a check from its JSON text and makes it.
    ///
    /// - Returns: why the installation does not work; nil when it does.
    package static func perform(_ text: String) async -> String? {
        do {
            var object = StrictObject(try JSONValue(parsing: text))
            let access = object.optionalObject("keystone") { KeystoneAccess(&$0) }
            let region = object.string("region")
            let urls = object.strings("urls")
            let run = object.string("run")
            let seconds = object.integer("seconds", in: 1...3_600)
            try object.finish()
            guard let access, !urls.isEmpty else {
                throw ConfigurationError(problems: ["keystone and urls are needed"])
            }
            let authentication = try KeystoneAuthentication(url: access.url, tls: access.tls)
            let token = try await authentication.issueToken(access.credentials, withCatalogue: true)
            let places = try CheckedPlaces(own: urls, catalogue: token.catalogue, region: region)
            let neutron = NeutronSession(
                token: token.text, tls: try access.tls.configuration(), run: run,
                deadline: .now() + .seconds(Int64(seconds)))
            defer { neutron.close() }
            try await neutron.removeLeftovers(at: places.first)
            do {
                try await neutron.exercise(places)
            } catch let failure as NeutronSession.Failure where failure.isOverQuota {
                // The administrator's project is full: that the API says so is as good an answer as it can give.
                for url in places.all { try await neutron.list("networks", url) }
            }
            return nil
        } catch {
            return "\(error)"
        }
    }
}

/// Where the Neutron API is checked.
private struct CheckedPlaces {
    /// Where objects are made: an address of the installation's own, so that nothing is ever made elsewhere.
    var first: String
    /// The installation's own addresses, then those that only the catalogue has.
    var all: [String]
    /// The interface of each endpoint in the catalogue.
    private var interfaces: [String: String]

    /// - Throws: ``NeutronSession/Failure`` when the catalogue does not say where the API is.
    init(own: [String], catalogue: [CatalogueEndpoint], region: String) throws {
        interfaces = [:]
        for interface in ["internal", "public"] {
            let found = catalogue.first {
                $0.type == "network" && $0.region == region && $0.interface == interface
            }
            guard let found else {
                throw NeutronSession.Failure(
                    description:
                        "Keystone's catalogue has no \(interface) endpoint of type network in region '\(region)': "
                        + "clients do not find the API")
            }
            interfaces[Self.base(found.url)] = interface
        }
        all = own + interfaces.keys.filter { !own.contains($0) }.sorted()
        first = own.first { [interfaces] in interfaces[$0] != nil } ?? own.first ?? ""
    }

    /// What to say when what was made is not found at a place.
    func explanation(of url: String, missing path: String) -> String {
        guard let interface = interfaces[url], url != first else {
            return "GET \(url)\(path) does not show what was made through \(first)"
        }
        return
            "the catalogue's \(interface) endpoint \(url) leads elsewhere: what was made through \(first) is not there. "
            + "Clients follow the catalogue; when they should come here: openstack endpoint set --url \(first) ID"
    }

    /// The endpoint without the version that some catalogues have in it.
    private static func base(_ url: String) -> String {
        var base = url[...]
        while base.hasSuffix("/") { base.removeLast() }
        if base.hasSuffix("/v2.0") { base.removeLast("/v2.0".count) }
        while base.hasSuffix("/") { base.removeLast() }
        return String(base)
    }
}

/// What the check asks of the Neutron API. Every request is tried again until the deadline, since a virtual IP may be
/// on its way.
private struct NeutronSession {
    struct Failure: Error, CustomStringConvertible {
        var description: String
        var isOverQuota = false
    }

    /// The name of everything that checks make.
    private static let name = "skein-end-to-end-check"
    /// How the descriptions of what they make begin. With the name it tells what may be removed.
    private static let marker = "Made by `skein up` to check the installation; run "

    let token: String
    let deadline: NIODeadline
    private let description: String
    private let client: HTTPClient

    init(token: String, tls: TLSConfiguration, run: String, deadline: NIODeadline) {
        self.token = token
        self.deadline = deadline
        description = Self.marker + run
        client = HTTPClient(
            eventLoopGroupProvider: .singleton,
            configuration: .init(
                tlsConfiguration: tls, redirectConfiguration: .disallow,
                timeout: .init(connect: .seconds(2), read: .seconds(30))))
    }

    func close() { client.shutdown { _ in } }

    func exercise(_ places: CheckedPlaces) async throws {
        let first = places.first
        let name = JSONValue.string(Self.name)
        let description = JSONValue.string(description)
        var made: [(collection: String, id: String)] = []
        do {
            let network = try await create("network", first, ["name": name, "description": description])
            made.append(("networks", network))
            let subnet = try await create(
                "subnet", first,
                [
                    "name": name, "description": description, "network_id": .string(network), "ip_version": 4,
                    "cidr": "192.0.2.0/28",
                ])
            made.append(("subnets", subnet))
            let port = try await create(
                "port", first, ["name": name, "description": description, "network_id": .string(network)])
            made.append(("ports", port))
            for url in places.all {
                for (collection, id) in made {
                    let path = "/v2.0/\(collection)/\(id)"
                    let answer = try await send(.GET, url + path, nil, mustExist: false)
                    guard answer[String(collection.dropLast())]?["description"] == description else {
                        throw Failure(description: places.explanation(of: url, missing: path))
                    }
                }
            }
        } catch {
            try? await remove(made, first)
            throw error
        }
        try await remove(made, first)
    }

    /// Removes what the checks of earlier runs have left, on whichever controller they were: one that failed or was
    /// interrupted, or whose request was done although its answer was lost. What somebody has put into such a network
    /// since is left alone, with the network.
    func removeLeftovers(at url: String) async throws {
        for collection in ["ports", "subnets", "networks"] {
            let answer = try await send(
                .GET, "\(url)/v2.0/\(collection)?name=\(Self.name)&fields=id&fields=description", nil)
            for entry in answer[collection]?.arrayValue ?? [] {
                guard let id = entry["id"]?.stringValue, let found = entry["description"]?.stringValue,
                    found.hasPrefix(Self.marker), found != description
                else { continue }
                try? await remove([(collection, id)], url)
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

    /// - Parameter mustExist: whether 404 is a failure; else it is an empty answer.
    private func send(
        _ method: HTTPMethod, _ url: String, _ body: JSONValue?, mustExist: Bool = true
    ) async throws -> JSONValue {
        while true {
            do {
                return try await attempt(method, url, body, mustExist: mustExist)
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

    private func attempt(
        _ method: HTTPMethod, _ url: String, _ body: JSONValue?, mustExist: Bool
    ) async throws -> JSONValue {
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
        case 404 where method == .DELETE || !mustExist: return .null
        case 502, 503, 504, 401:
            throw Unavailable(description: "answers \(response.status.code): \(text.prefix(300))")
        default:
            throw Failure(
                description: "\(method) \(url) answers \(response.status.code): \(text.prefix(300))",
                isOverQuota: response.status.code == 409 && text.contains("\"OverQuota\""))
        }
    }
}
