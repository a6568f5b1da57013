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

    /// A package's name is a word for the shell, whatever a user writes.
    @Test func packageNamesAreQuoted() {
        #expect(ImageRecipe.packages(["a; rm -rf /"], lower: "/b").script.contains("'a; rm -rf /'"))
    }
}
