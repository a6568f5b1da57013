import Addressing
import HTTPTypes
import JSON
import Testbed
import Testing

@testable import Deploy

/// The check against a cloud in this process, which may be what no real one should be.
@Suite struct EndToEndCheckTests {
    /// What the check says of a cloud whose API is at the address of the first controller.
    private func outcome(_ cloud: FakeCloud, run: String = "this run") async throws -> String? {
        try await cloud.serving { port in
            let host = Testbed.Host(
                hostString: "root@127.0.0.1", name: "c1", user: "root", address: "127.0.0.1", roles: [.cfgm])
            let testbed = Testbed(hosts: [host], keystone: .init(address: "127.0.0.1", adminPassword: "secret"))
            let check = try #require(
                EndToEndCheck(testbed: testbed, keystoneURL: "http://127.0.0.1:\(port)", run: run, seconds: 1))
            let text = check.json.text.replacing("127.0.0.1:9696", with: "127.0.0.1:\(port)")
            return await EndToEndCheck.perform(text)
        }
    }

    @Test func cloudThatWorksIsLeftAsItWas() async throws {
        let cloud = FakeCloud()
        #expect(try await outcome(cloud) == nil)
        #expect(await cloud.objects.isEmpty)
        #expect(await cloud.created == 3)
    }

    @Test func whatEarlierRunsLeftIsRemovedAndNothingElse() async throws {
        let cloud = FakeCloud()
        let name = "skein-end-to-end-check"
        let mark = "Made by `skein up` to check the installation; run "
        // Of another controller, in another run; of another controller in this run; of somebody else.
        await cloud.add("networks", "left", name: name, description: mark + "an earlier run")
        await cloud.add("subnets", "left-subnet", name: name, description: mark + "an earlier run")
        await cloud.add("networks", "beside", name: name, description: mark + "this run")
        await cloud.add("networks", "namesake", name: name, description: "mine")
        await cloud.add("networks", "foreign", name: "web", description: mark + "an earlier run")
        #expect(try await outcome(cloud) == nil)
        #expect(await cloud.objects.keys.sorted() == ["beside", "foreign", "namesake"])
    }

    @Test func networkOfACheckThatFailedIsRemovedByTheNextOne() async throws {
        let cloud = FakeCloud()
        await cloud.set(refusesDeletion: true)
        #expect(try await outcome(cloud)?.contains("DELETE") == true)
        #expect(await cloud.objects.count == 3)
        await cloud.set(refusesDeletion: false)
        #expect(try await outcome(cloud, run: "the next") == nil)
        #expect(await cloud.objects.isEmpty)
    }

    @Test(arguments: ["internal", "public"])
    func catalogueWithoutAnEndpointIsNoInstallation(_ interface: String) async throws {
        let cloud = FakeCloud()
        await cloud.set(endpoints: [interface == "public" ? "internal" : "public": nil])
        let failure = try #require(try await outcome(cloud))
        #expect(failure.contains("no \(interface) endpoint of type network in region 'RegionOne'"), "\(failure)")
        #expect(await cloud.created == 0)
    }

    /// Nothing may be made there: it is somebody else's.
    @Test func catalogueThatLeadsElsewhereIsSaidSo() async throws {
        let cloud = FakeCloud()
        let elsewhere = FakeCloud()
        let failure = try await elsewhere.serving { port in
            await cloud.set(endpoints: ["internal": nil, "public": "http://127.0.0.1:\(port)/v2.0/"])
            return try await outcome(cloud)
        }
        #expect(failure?.contains("public endpoint") == true && failure?.contains("leads elsewhere") == true)
        #expect(await elsewhere.created == 0)
        #expect(await cloud.objects.isEmpty)
    }
}
