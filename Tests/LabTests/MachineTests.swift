import Testing

@testable import Lab

@Suite struct MachineTests {
    @Test func debianRepositoriesAreTakenFromApt() {
        let text = """
            Debian|main|http://mirror/debian/|bookworm
            Debian|contrib|http://mirror/debian/|bookworm
            Debian|main|http://mirror/debian/|bookworm
            Debian|main|http://mirror/debian-security/|bookworm-security
            Other|main|http://elsewhere/|nodistro
            damaged
            """
        #expect(
            Machine.sources(indexTargets: text) == [
                "deb http://mirror/debian/ bookworm main", "deb http://mirror/debian-security/ bookworm-security main",
            ])
    }

    /// An image is found by its recipe: another recipe is another image.
    @Test func imagesAreNamedByTheirRecipes() {
        let base = ImageRecipe.base(suite: "bookworm", sources: ["deb http://mirror/ bookworm main"])
        #expect(base.directoryName.hasPrefix("base-"))
        #expect(
            base.directoryName
                == ImageRecipe.base(suite: "bookworm", sources: ["deb http://mirror/ bookworm main"]).directoryName)
        #expect(
            base.directoryName
                != ImageRecipe.base(suite: "trixie", sources: ["deb http://mirror/ bookworm main"]).directoryName)
        #expect(
            ImageRecipe.packages(["a"], lower: "/b").directoryName
                != ImageRecipe.packages(["b"], lower: "/b").directoryName)
    }

    @Test func portsWithACarrierAreTakenFromIp() {
        let text = """
            m-controller1@if2 UP             fe:ea:2b:ae:d9:07 <BROADCAST,MULTICAST,UP,LOWER_UP>
            c-controller1@if3 DOWN           6a:c9:33:43:75:3a <BROADCAST,MULTICAST>
            c-controller2@if3 LOWERLAYERDOWN 6a:c9:33:43:75:3b <NO-CARRIER,BROADCAST,MULTICAST,UP>

            """
        #expect(LabStatus.portsUp(text) == ["m-controller1"])
    }

    /// A package's name is a word for the shell, whatever a user writes.
    @Test func packageNamesAreQuoted() {
        #expect(ImageRecipe.packages(["a; rm -rf /"], lower: "/b").script.contains("'a; rm -rf /'"))
    }
}
