import Blueprint
import Foundation
import Testbed
import Testing

@testable import Deploy

@Suite struct TrustRuleTests {
    let first: String
    let second: String

    init() throws {
        first = try SecretsFile.newAuthority(name: "first", now: SecretsFileTests.now).certificate
        second = try SecretsFile.newAuthority(name: "second", now: SecretsFileTests.now).certificate
    }

    private func folder(_ authorities: [String]?, revision: Int = 1, digest: String = "d") -> TrustRule.Folder {
        TrustRule.Folder(
            path: "/f", authorities: authorities.map { Set($0.compactMap { PEMText.fingerprint($0) }) },
            kept: .init(revision: revision, digest: digest))
    }

    private func host(_ name: String, _ authorities: [String] = [], revision: Int = 1, digest: String = "d")
        -> HostTrust
    {
        HostTrust(host: name, authorities: authorities, kept: .init(revision: revision, digest: digest))
    }

    @Test func whoTrustsNobodyIsAnybodys() {
        #expect(TrustRule(folder: folder(nil), hosts: [HostTrust(host: "a")]).refusals.isEmpty)
        #expect(TrustRule(folder: folder([first]), hosts: [HostTrust(host: "a")]).refusals.isEmpty)
        #expect(TrustRule(folder: folder([first]), hosts: [host("a", [first]), HostTrust(host: "b")]).refusals.isEmpty)
    }

    @Test func aLostFolderIsToldToAdopt() throws {
        let rule = TrustRule(
            folder: folder(nil), hosts: [HostTrust(host: "a"), host("b", [first]), host("c", [first])])
        let refusal = try #require(rule.refusals.first)
        #expect(
            refusal.hasPrefix(
                "b, c trust authority \(try #require(PEMText.fingerprint(first))), whose secrets are not in /f"))
        #expect(refusal.contains("skein adopt TESTBED"))
    }

    @Test func foreignTrustIsRefused() throws {
        let all = TrustRule(folder: folder([first]), hosts: [host("a", [second]), host("b", [second])])
        #expect(try #require(all.refusals.first).contains("a, b trust \(try #require(PEMText.fingerprint(second)))"))
        #expect(all.refusals.first?.contains("skein adopt") == true)
        let one = TrustRule(folder: folder([first]), hosts: [host("a", [first]), host("b", [second])])
        #expect(one.refusals.first?.contains(": b trusts ") == true)
        #expect(one.refusals.first?.contains("out of the testbed") == true)
        let none = TrustRule(folder: folder(nil), hosts: [host("a", [first]), host("b", [second])])
        #expect(none.refusals.first?.contains("2 deployments") == true)
    }

    @Test(arguments: [(1, "d", false), (2, "e", true), (1, "e", true), (0, "e", false)])
    func newerSecretsOnAHostAreNotOverwritten(revision: Int, digest: String, isRefused: Bool) {
        let hosts = [host("a", [first]), host("b", [first], revision: revision, digest: digest)]
        let refusals = TrustRule(folder: folder([first]), hosts: hosts).refusals
        #expect(refusals.isEmpty != isRefused)
        if isRefused { #expect(refusals.first?.hasPrefix("b has newer secrets") == true) }
    }

    /// In the middle of a rotation some trust both already, and some the old one still.
    @Test func whoeverTrustsSomethingInCommonBelongsTogether() {
        let hosts = [host("a", [first]), host("b", [second]), host("c", [first, second])]
        #expect(TrustRule.groups(hosts).map { Set($0.hosts) } == [["a", "b", "c"]])
        #expect(TrustRule(folder: folder([first, second]), hosts: hosts).refusals.isEmpty)
    }

    @Test func theNewestCopyIsAdopted() {
        let hosts = [host("a", [first]), host("b", [first], revision: 2, digest: "e"), HostTrust(host: "c")]
        let newest = HostTrust.Kept(revision: 2, digest: "e")
        #expect(
            AdoptionRule.verdict(folder: folder(nil, revision: 0, digest: ""), hosts: hosts) == .from(host: "b", newest)
        )
        #expect(AdoptionRule.verdict(folder: folder([second], revision: 7), hosts: hosts) == .from(host: "b", newest))
        #expect(AdoptionRule.verdict(folder: folder([first], revision: 2, digest: "e"), hosts: hosts) == .same)
    }

    @Test func nothingIsAdoptedWhenHostsDisagree() {
        func isRefused(_ folder: TrustRule.Folder, _ hosts: [HostTrust]) -> Bool {
            if case .refused = AdoptionRule.verdict(folder: folder, hosts: hosts) { true } else { false }
        }
        let empty = folder(nil, revision: 0, digest: "")
        #expect(isRefused(empty, [host("a", [first]), host("b", [second])]))
        #expect(isRefused(empty, [host("a", [first]), host("b", [first], digest: "e")]))
        #expect(isRefused(empty, [HostTrust(host: "a")]))
        #expect(isRefused(empty, [HostTrust(host: "a", authorities: [first])]))
        #expect(isRefused(folder([first], revision: 2, digest: "e"), [host("a", [first])]))
    }

    @Test func whatAHostPrintsIsRead() throws {
        let pair = DeploymentSecrets.KeyPair(certificate: first, privateKey: "KEY\n")
        func encoded(_ text: String) -> String { Data(text.utf8).base64EncodedString() }
        let output = "authorities \(encoded(first + second))\npair \(encoded(first + "KEY\n"))\nkept 3 abc\nnonsense\n"
        #expect(
            HostTrust(host: "a", output: output)
                == HostTrust(
                    host: "a", authorities: [first, second], pairs: [pair], kept: .init(revision: 3, digest: "abc")))
        #expect(HostTrust(host: "a", output: "") == HostTrust(host: "a"))
    }

    @Test(arguments: [(800, true, false), (59, true, true), (14, true, true), (13, false, true), (-2, false, true)])
    func certificatesAreJudgedByTheirDays(days: Int, isWell: Bool, complains: Bool) throws {
        let end = SecretsFileTests.now.addingTimeInterval(CertificateAuthority.lifetime)
        let answers = ["certificate.authority": Data(first.utf8).base64EncodedString()]
        let now = end.addingTimeInterval(Double(-days) * 86_400 - 60)
        let status = try #require(CertificateStatus.all(answers, now: now).first)
        #expect(status.daysLeft == days && status.isWell == isWell && (status.complaint != nil) == complains)
        let unreadable = try #require(CertificateStatus.all(["certificate.etcd": ""], now: now).first)
        #expect(!unreadable.isWell && unreadable.complaint == "the certificate of etcd cannot be read")
    }
}
