import ArgumentParser
import Drill
import Foundation
import Glibc
import JSON

/// `skein drill`: injects faults and measures what clients see of them.
struct DrillCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drill",
        abstract: "Inject faults into an installation and measure outage and loss.",
        discussion: """
            Each scenario puts a load on the APIs through the virtual IPs, injects its faults, waits until everything is \
            whole, and then checks that no acknowledged object is lost or doubled and that reads and writes were \
            linearizable. The exit code is 0 when every scenario passed; a control passes when the drill notices what is \
            wrong. Every fault is undone in every case: also \
            after Ctrl-C, and when the drill is killed.
            """)

    @OptionGroup var place: DrillPlace

    @Argument(help: "Scenarios by name or family; all that can be done unless given.")
    var scenarios: [String] = []

    @Option(help: ArgumentHelp("A family of scenarios; may be repeated.", valueName: "name"))
    var family: [String] = []

    @Flag(help: "Run the controls: bad installations and records, in which the drill must notice what is wrong.")
    var controls = false

    @Option(help: "Requests per second of the load.")
    var rate = 200

    @Option(help: "Of a hundred requests, how many read.")
    var readShare = 50

    @Option(help: "How long the load runs before the fault and after everything is whole again, in seconds.")
    var seconds = 3

    @Option(name: .customLong("repeat"), help: "How often each scenario is run; the report gives medians and worst.")
    var repetitions = 1

    @Option(
        help:
            "Multiplies the limits of time, for a machine slower than the one they are made for; not those of controls."
    )
    var timeFactor = 1.0

    @Option(
        help: ArgumentHelp(
            "Write the report to this file: .html, .json, .xml (JUnit) or .txt. May be repeated.", valueName: "file"))
    var output: [String] = []

    @Option(
        help: ArgumentHelp(
            "The operator's consent, needed outside of a lab; without it the drill says what to write.",
            valueName: "sentence"))
    var consent: String?

    @Option(
        help: ArgumentHelp(
            "When faults may begin, in local time; needed outside of a lab.", valueName: "HH:MM-HH:MM"))
    var window: String?

    @Option(help: "What is printed: text or json.")
    var format = "text"

    @Flag(help: "Print the scenarios and end.")
    var list = false

    func validate() throws {
        guard (1...10_000).contains(rate) else { throw ValidationError("--rate must be 1 to 10000") }
        guard (0...100).contains(readShare) else { throw ValidationError("--read-share must be 0 to 100") }
        guard (1...3600).contains(seconds) else { throw ValidationError("--seconds must be 1 to 3600") }
        guard (1...100).contains(repetitions) else { throw ValidationError("--repeat must be 1 to 100") }
        guard (1...100).contains(timeFactor) else { throw ValidationError("--time-factor must be 1 to 100") }
        guard ["text", "json"].contains(format) else { throw ValidationError("--format must be text or json") }
    }

    func run() async throws {
        let chosen = try chooseScenarios()
        if list {
            let isEverything = !controls && scenarios.isEmpty && family.isEmpty
            print(Scenario.table(chosen + (isEverything ? Scenario.controls : [])))
            return
        }
        let files = try ReportFiles(output)
        let site = try place.open()
        defer { site.close() }
        let mayBegin = try permission(site)
        let available = chosen.filter { scenario in
            guard let obstacle = site.obstacle(to: scenario) else { return true }
            Self.note("\(scenario.name): not available here: \(obstacle)")
            return false
        }
        .map { scenario in
            var scenario = scenario
            if scenario.family != .control { scenario.limits = scenario.limits.times(timeFactor) }
            return scenario
        }
        guard !available.isEmpty else { throw ValidationError("none of these scenarios is available here") }
        var report = try await drill(site, available, mayBegin)
        try files.write(&report, place: place.testbed, installation: site.installation, rate: rate)
        print(format == "json" ? report.json.text : report.text)
        if !report.passed || report.results.count < available.count * repetitions { throw ExitCode(1) }
    }

    /// What decides whether a fault may begin: outside of a lab, the operator's consent and window.
    private func permission(_ site: DrillSite) throws -> @Sendable () throws -> Void {
        let hours = try window.map { text in
            guard let hours = DrillWindow(text) else {
                throw ValidationError("--window \(text): it must be HH:MM-HH:MM, such as 01:30-04:00")
            }
            return hours
        }
        if site.needsConsent {
            guard consent == site.installation.consent else {
                throw ValidationError(
                    "this is no lab: a drill breaks things that serve. Whoever may allow that says so with "
                        + "--consent '\(site.installation.consent)'")
            }
            guard hours != nil else { throw ValidationError("outside of a lab a drill needs --window HH:MM-HH:MM") }
        }
        let mayBegin: @Sendable () throws -> Void = {
            guard let hours else { return }
            var now = time(nil)
            var local = tm()
            guard localtime_r(&now, &local) != nil, hours.contains(Int(local.tm_hour) * 60 + Int(local.tm_min)) else {
                throw DrillError("it is outside of the window: no fault is begun")
            }
        }
        try mayBegin()
        return mayBegin
    }

    private func drill(
        _ site: DrillSite, _ chosen: [Scenario], _ mayBegin: @escaping @Sendable () throws -> Void
    ) async throws -> DrillReport {
        let lock = try site.journal.lock()
        let watch = try FaultGuard(arguments: try site.guardArguments(), lock: lock)
        defer { watch.release() }
        let injector = JournaledInjector(site.injector, journal: site.journal) {
            try watch.check()
            try mayBegin()
        }
        if !site.journal.entries.isEmpty { Self.note("undoing what an earlier drill has left") }
        let left = await injector.undoEverything()
        guard left.isEmpty else { throw DrillError(left.joined(separator: "; ")) }
        var runner = DrillRunner(installation: site.installation, injector: injector) { Self.note($0) }
        runner.load.rate = rate
        runner.load.readShare = readShare
        runner.settleSeconds = seconds
        runner.repetitions = repetitions
        if chosen.contains(where: { $0.workload == .messages }) { runner.broker = try site.brokerAccess() }
        let prepared = runner
        return try await LabCommand.cancelledBySignals { try await prepared.run(chosen) }
    }

    private func chooseScenarios() throws -> [Scenario] {
        if controls { return Scenario.controls }
        let names = scenarios + family
        guard !names.isEmpty else { return Scenario.catalogue }
        return try names.flatMap { name in
            let found = Scenario.named(name)
            guard !found.isEmpty else {
                throw ValidationError("there is no scenario or family '\(name)'; --list prints them")
            }
            return found
        }
    }

    static func note(_ line: String) { FileHandle.standardError.write(Data("\(line)\n".utf8)) }
}

/// `skein drill-guard`: started by a drill, undoes its faults when it has gone.
struct DrillGuardCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "drill-guard", shouldDisplay: false)

    @OptionGroup var place: DrillPlace

    func run() async throws {
        let site = try place.open()
        defer { site.close() }
        FaultGuard.waitForDrill()
        let injector = JournaledInjector(site.injector, journal: site.journal) {}
        guard !site.journal.entries.isEmpty else { return }
        DrillCommand.note("the drill has gone: undoing its faults")
        for line in await injector.undoEverything() { DrillCommand.note(line) }
    }
}
