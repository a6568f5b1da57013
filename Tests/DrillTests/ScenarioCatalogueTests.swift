import Drill
import Testing

@Suite struct ScenarioCatalogueTests {
    /// `skein drill` chooses scenarios by name or by family, so that no name may be used twice or be a family's.
    @Test func namesAreUniqueAndNoFamilies() {
        let names = Scenario.catalogue.map(\.name)
        #expect(Set(names).count == names.count)
        #expect(Set(names).isDisjoint(with: Scenario.Family.allCases.map(\.rawValue)))
    }
}
