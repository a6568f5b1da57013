import Blueprint
import Testing

@testable import Deploy

@Suite struct PlannedChangeTests {
    let configuration = Resource.file(.init(path: "/etc/a.conf", content: "a", isSecret: true))
    let service = Resource.service(.init(name: "a.service", restartsOn: ["/usr/bin/a"], reloadsOn: ["/etc/a.conf"]))

    private func actions(_ states: [ResourceState], changedBefore: Set<String> = []) -> [String] {
        var changed = changedBefore
        return PlannedChange.changes([configuration, service], states: states, changedPaths: &changed).map(\.action)
    }

    @Test func nothingToDo() {
        #expect(actions([.present, .present]) == [])
    }

    @Test func aChangedFileReloadsItsService() {
        #expect(actions([.differs, .present]) == ["change /etc/a.conf (secret)", "reload a.service"])
    }

    @Test func aChangedModeAloneDoesNot() {
        #expect(actions([.access, .present]) == ["set /etc/a.conf to root 644"])
    }

    @Test func aChangeOfAnEarlierStageRestarts() {
        #expect(actions([.present, .present], changedBefore: ["/usr/bin/a"]) == ["restart a.service"])
    }

    /// A run that stopped between the file and the restart is continued by the next one.
    @Test func aServiceWithOlderFilesIsRestarted() {
        #expect(actions([.present, .outdated(byReload: false)]) == ["restart a.service"])
        #expect(actions([.present, .outdated(byReload: true)]) == ["reload a.service"])
    }

    @Test func servicesThatDoNotServe() {
        #expect(actions([.present, .stopped]) == ["start a.service"])
        #expect(actions([.present, .disabled]) == ["enable a.service"])
        #expect(actions([.present, .unready]) == ["wait until a.service serves"])
        #expect(actions([.missing([]), .stopped]) == ["create /etc/a.conf (secret)", "start a.service"])
    }

    @Test func onlyARunningServiceIsInterrupted() {
        func interrupts(_ state: ResourceState) -> [Bool] {
            var changed: Set<String> = []
            return PlannedChange.changes([service], states: [state], changedPaths: &changed).map(\.interrupts)
        }
        #expect(interrupts(.stopped) == [false])
        #expect(interrupts(.outdated(byReload: false)) == [true])
        #expect(interrupts(.outdated(byReload: true)) == [false])
    }

    @Test func hostsThatDoTheSameShareTheirLines() {
        let blueprint = Blueprint(stages: [
            .init(
                name: "store", title: "Store",
                hosts: ["a", "b", "c"].map { .init(host: $0, resources: [configuration, service]) })
        ])
        let changes = ChangeSet(
            blueprint: blueprint,
            states: ["a": [.present, .stopped], "b": [.present, .present], "c": [.present, .stopped]])
        #expect(
            changes.text == """
                Store:
                  a, c
                    start a.service
                2 steps on 2 hosts.

                """)
        #expect(ChangeSet(blueprint: blueprint, states: [:]).isEmpty)
    }
}
