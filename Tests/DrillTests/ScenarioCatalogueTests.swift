import Testing

@testable import Drill

@Suite struct ScenarioCatalogueTests {
    /// `skein drill` chooses scenarios by name or by family, so that no name may be used twice or be a family's.
    @Test func namesAreUniqueAndNoFamilies() {
        let names = (Scenario.catalogue + Scenario.controls).map(\.name)
        #expect(Set(names).count == names.count)
        #expect(Set(names).isDisjoint(with: Scenario.Family.allCases.map(\.rawValue)))
    }

    @Test(arguments: Scenario.Family.allCases) func everyFamilyHasScenarios(family: Scenario.Family) {
        #expect(!Scenario.named(family.rawValue).isEmpty)
        #expect(Scenario.named(family.rawValue).allSatisfy { $0.family == family })
    }

    /// A fault that lasts ends within its scenario or with it; what a scenario ends, it has begun.
    @Test(arguments: Scenario.catalogue + Scenario.controls) func stepsEndOnlyWhatHasBegun(scenario: Scenario) {
        var active: Set<Fault> = []
        for step in scenario.preparation + scenario.steps {
            switch step {
            case .begin(let fault, let victim):
                #expect(victim != .same || !active.isEmpty)
                if !fault.endsItself { active.insert(fault) }
            case .end(let fault): #expect(active.remove(fault) != nil)
            case .wait(let seconds), .awaitWhole(let seconds), .greedyClient(let seconds): #expect(seconds > 0)
            }
        }
        let prepared = Set(
            scenario.preparation.compactMap { step in
                if case .begin(let fault, _) = step { fault } else { nil }
            })
        #expect(active.isSubset(of: prepared), "left to the end of the drill: \(active)")
    }

    @Test func controlsMustViolateAndAreNoPartOfAFullDrill() {
        #expect(!Scenario.controls.isEmpty)
        #expect(Scenario.controls.allSatisfy { $0.mustViolate != nil && $0.family == .control })
        #expect(Scenario.catalogue.allSatisfy { $0.mustViolate == nil })
    }

    @Test func aFaultLastsUntilItsEnd() {
        let fault = Fault.silence(.control)
        let scenario = Scenario(
            "example", .combined,
            [
                .begin(fault, on: .other), .wait(seconds: 2),
                .begin(.kill(unit: "skein-haproxy"), on: .virtualIPHolder),
                .wait(seconds: 3), .end(fault), .wait(seconds: 9),
            ], .init(outage: 1, recovery: 1))
        #expect(scenario.duration(from: 0) == 5)
        #expect(scenario.duration(from: 2) == nil)
        #expect(scenario.duration(from: 99) == nil)
    }

    @Test func theTableNamesFaultsVictimsAndLimits() {
        let table = Scenario.table(Scenario.named("cold-start-all") + Scenario.named("clock-step")) { fault in
            if case .stepClock = fault { "no clock" } else { nil }
        }
        #expect(table.contains("powered off (every controller); 5 s"))
        #expect(table.contains("serving in 60 s"))
        #expect(table.contains("not available: no clock"))
    }
}
