import Console
import Foundation
import HTTPService
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Keystone
import Logging
import NIOCore
import Testing

@Suite struct ConsoleRoutesTests {
    private static let network = NetworkRow(
        id: "net-1", name: "blue <script>", project: "admin", segment: "vxlan 8", subnets: ["10.1.0.0/24"],
        portCount: 2, isShared: true)
    private static let port = PortRow(
        id: "port-1", name: "", addresses: ["10.1.0.7"], mac: "fa:16:3e:00:00:07", networkID: "net-1",
        networkName: "blue", deviceOwner: "compute:nova", deviceID: "vm-1", host: "cmp1", status: "ACTIVE")

    private func application(
        cluster: any ClusterStateSource = FixedCluster(),
        listing: FixedListing = FixedListing(networks: [network], ports: [port]), signIn: FixedSignIn = FixedSignIn(),
        settings: ConsoleRoutes.Settings = .init(interval: .milliseconds(20), signOfLife: .milliseconds(50))
    ) throws -> Application<ConsoleRoutes> {
        Application(
            responder: try ConsoleRoutes(
                cluster: cluster, listing: listing, signIn: signIn, signer: SessionSigner(),
                readiness: Readiness { nil }, settings: settings))
    }

    private static let form = "user=ada&password=engine&project=admin&domain=Default"

    /// Signs in and returns the headers of whoever has.
    private func signedIn(_ client: some TestClientProtocol) async throws -> HTTPFields {
        try await client.execute(uri: "/sign-in", method: .post, body: ByteBuffer(string: Self.form + "&next=/ports")) {
            response in
            #expect(response.status == .seeOther)
            #expect(response.headers[.location] == "/ports")
            let cookie = try #require(response.headers[.setCookie])
            #expect(cookie.hasPrefix("__Host-skein="))
            for attribute in ["HttpOnly", "Secure", "SameSite=Lax", "Path=/"] { #expect(cookie.contains(attribute)) }
            return [.cookie: String(cookie.prefix { $0 != ";" })]
        }
    }

    private func page(
        _ uri: String, _ application: Application<ConsoleRoutes>, status: HTTPResponse.Status = .ok
    ) async throws -> String {
        try await application.test(.router) { client in
            let headers = try await signedIn(client)
            return try await client.execute(uri: uri, method: .get, headers: headers) { response in
                #expect(response.status == status)
                #expect(response.headers[.contentType] == "text/html; charset=utf-8")
                #expect(response.headers[.cacheControl] == "no-store")
                return String(buffer: response.body)
            }
        }
    }

    // MARK: - Signing in

    @Test(arguments: ["/", "/cluster", "/networks?q=a%20b", "/ports", "/nowhere"])
    func strangersAreSentToSignIn(_ uri: String) async throws {
        try await application().test(.router) { client in
            try await client.execute(uri: uri, method: .get) { response in
                #expect(response.status == .seeOther)
                #expect(response.headers[.location]?.hasPrefix("/sign-in?next=/") == true)
            }
            try await client.execute(uri: "/cluster/events", method: .get) { #expect($0.status == .unauthorized) }
        }
    }

    @Test func signInPageHasALabelForEveryField() async throws {
        try await application().test(.router) { client in
            try await client.execute(uri: "/sign-in?next=/ports", method: .get) { response in
                let text = String(buffer: response.body)
                for field in ["user", "password", "project", "domain"] {
                    #expect(text.contains("<label for=\"\(field)\">"))
                    #expect(text.contains("id=\"\(field)\""))
                }
                #expect(text.contains("name=\"next\" value=\"/ports\""))
            }
        }
    }

    @Test func wrongPasswordSaysSoAndKeepsTheUser() async throws {
        try await application().test(.router) { client in
            let body = ByteBuffer(string: "user=ada%3Cb%3E&password=wrong&project=admin&domain=Default")
            try await client.execute(uri: "/sign-in", method: .post, body: body) { response in
                #expect(response.status == .unauthorized)
                #expect(response.headers[.setCookie] == nil)
                let text = String(buffer: response.body)
                #expect(text.contains("role=\"alert\""))
                #expect(text.contains("value=\"ada&lt;b&gt;\""))
                #expect(!text.contains("wrong\""))
            }
        }
    }

    @Test func keystoneAwayIsNoWrongPassword() async throws {
        try await application(signIn: FixedSignIn(isAvailable: false)).test(.router) { client in
            try await client.execute(uri: "/sign-in", method: .post, body: ByteBuffer(string: Self.form)) { response in
                #expect(response.status == .serviceUnavailable)
                #expect(String(buffer: response.body).contains("Nobody can sign in at the moment. Keystone at"))
            }
        }
    }

    @Test(arguments: ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)", "/a b"])
    func signingInNeverLeadsElsewhere(_ next: String) async throws {
        let escaped = try #require(next.addingPercentEncoding(withAllowedCharacters: .alphanumerics))
        try await application().test(.router) { client in
            let body = ByteBuffer(string: Self.form + "&next=" + escaped)
            try await client.execute(uri: "/sign-in", method: .post, body: body) { response in
                #expect(response.headers[.location] == "/")
            }
        }
    }

    @Test func formsOfOtherSitesAreRefused() async throws {
        try await application().test(.router) { client in
            let site = try #require(HTTPField.Name("Sec-Fetch-Site"))
            for headers in [[site: "cross-site"], [.origin: "https://evil.example"]] as [HTTPFields] {
                for uri in ["/sign-in", "/sign-out"] {
                    try await client.execute(
                        uri: uri, method: .post, headers: headers, body: ByteBuffer(string: Self.form)
                    ) { response in
                        #expect(response.status == .forbidden)
                        #expect(response.headers[.setCookie] == nil)
                    }
                }
            }
        }
    }

    @Test func hugeFormIsRefused() async throws {
        try await application().test(.router) { client in
            try await client.execute(
                uri: "/sign-in", method: .post, body: ByteBuffer(repeating: UInt8(ascii: "a"), count: 100_000)
            ) { #expect($0.status == .contentTooLarge) }
        }
    }

    @Test func signingOutTakesTheCookie() async throws {
        try await application().test(.router) { client in
            try await client.execute(uri: "/sign-out", method: .post) { response in
                #expect(response.headers[.setCookie]?.contains("Max-Age=0") == true)
                #expect(response.headers[.location] == "/sign-in")
            }
        }
    }

    @Test func everyAnswerIsProtected() async throws {
        try await application().test(.router) { client in
            for uri in ["/sign-in", "/cluster", "/assets/console.css", "/assets/nothing"] {
                try await client.execute(uri: uri, method: .get) { response in
                    let policy = HTTPField.Name("Content-Security-Policy").flatMap { response.headers[$0] }
                    #expect(policy?.hasPrefix("default-src 'none'") == true)
                }
            }
        }
    }

    @Test func proxyMayAskWithoutSigningIn() async throws {
        try await application().test(.router) { client in
            for path in ["/readyz", "/healthz"] {
                try await client.execute(uri: path, method: .get) { #expect($0.status == .ok) }
            }
        }
    }

    // MARK: - Pages

    @Test func clusterPageShowsEverything() async throws {
        let text = try await page("/cluster", application())
        for words in [
            "Everything works on 3 controllers.", "172.16.41.100", "ctl2", "skein-neutron", "https://172.16.41.13:2379",
            "172.16.41.11:5671", "leader", "outbox", "Revision 4711, as ctl1 sees it", "0 notices waiting for it",
            "ada in admin", "aria-current=\"page\"",
            "data-events=\"/cluster/events\"",
        ] { #expect(text.contains(words), "\(words)") }
        #expect(!text.contains("{{"))
    }

    @Test func clusterPageSaysWhatIsWrong() async throws {
        let text = try await page("/cluster", application(cluster: FixedCluster(.degraded)))
        #expect(text.contains("<div class=\"summary warn\">"))
        #expect(text.contains("<li>ctl3 does not answer: no answer within 1.5 seconds.</li>"))
        // The reason of the host must not show up as that of others.
        #expect(text.components(separatedBy: "<span class=\"reason\">no answer within 1.5 seconds</span>").count == 2)
    }

    @Test func namesCannotBecomeMarkup() async throws {
        let text = try await page("/networks", application())
        #expect(text.contains("blue &lt;script&gt;"))
        #expect(!text.contains("blue <script>"))
        #expect(text.contains("10.1.0.0/24"))
        #expect(text.contains("<span class=\"tag\">shared</span>"))
        let searched = try await page("/networks?q=%22%3E%3Cscript%3E", application())
        #expect(!searched.contains("\"><script>"))
        #expect(searched.contains("Nothing matches"))
    }

    @Test func networkHasAPage() async throws {
        let text = try await page("/networks/net-1", application())
        #expect(text.contains("10.1.0.2 to 10.1.0.254"))
        #expect(text.contains("href=\"/ports?network=net-1\">2 ports on this network"))
        #expect(try await page("/networks/other", application(), status: .notFound).contains("No such network"))
    }

    @Test func portsAreListed() async throws {
        let text = try await page("/ports?network=net-1", application())
        for words in ["10.1.0.7", "fa:16:3e:00:00:07", "compute:nova", "cmp1", "active"] {
            #expect(text.contains(words), "\(words)")
        }
        #expect(text.contains("<input type=\"hidden\" name=\"network\" value=\"net-1\">"))
        #expect(try await page("/ports?network=net-2", application()).contains("There are no ports yet."))
    }

    @Test func longListsHavePages() async throws {
        let ports = (0..<120).map { index in
            var port = Self.port
            port.name = "port-\(index)"
            return port
        }
        let listing = FixedListing(ports: ports)
        let second = try await page("/ports?page=2", application(listing: listing))
        #expect(second.contains("Page 2 of 3"))
        #expect(second.contains("120 ports"))
        #expect(second.contains("href=\"/ports?page=1\""))
        #expect(second.contains("href=\"/ports?page=3\""))
        #expect(second.contains("port-50<"))
        #expect(!second.contains("port-49<"))
        for number in ["99", "-1", "x", "99999999999999999999"] {
            #expect(try await page("/ports?page=\(number)", application(listing: listing)).contains("of 3"))
        }
    }

    @Test func oldRowsAreMarked() async throws {
        let listing = FixedListing(networks: [Self.network], staleness: "the store has no majority.")
        for uri in ["/networks", "/networks/net-1", "/ports"] {
            #expect(try await page(uri, application(listing: listing)).contains("This may be old."))
        }
    }
}
