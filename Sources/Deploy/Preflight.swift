import Addressing
import Blueprint
import Testbed

/// Judges, before anything is touched, whether the hosts can become the installation. Pure.
struct Preflight {
    var errors: [String] = []
    var warnings: [String] = []
    /// The URL of the Keystone port that answers, without a path; nil without Keystone.
    var keystoneURL: String?
    /// How the installation lives beside what others have on the hosts.
    let coexistence: CoexistenceRule
    /// Hosts without a part of a controller that are not fit: the others go on without them.
    var leftOut: [LeftOutHost] = []

    init(testbed: Testbed, surveys: [HostSurvey]) {
        coexistence = CoexistenceRule(testbed: testbed, surveys: surveys)
        let own = Set(surveys.flatMap { $0.facts.interfaces.flatMap { $0.addresses.map(\.address) } })
        for host in testbed.hosts where host.isManaged {
            guard let survey = surveys.first(where: { $0.facts.host == host.name }) else { continue }
            let before = errors.count
            check(survey.facts, host, minimumGB: testbed.minimumDiskGB)
            if !host.isController {
                leftOut += errors[before...].map { LeftOutHost(host: host.name, reason: $0) }
                errors.removeSubrange(before...)
            }
            for stranger in survey.strangers where !own.contains(stranger) {
                add(
                    "\(host.name): virtual IP \(stranger) answers already, and no host of the testbed has it: choose "
                        + "another address, or stop what uses it")
            }
        }
        errors += coexistence.errors
        warnings += coexistence.notices
        checkKeystone(testbed, surveys)
    }

    private mutating func check(_ facts: HostFacts, _ host: Testbed.Host, minimumGB: Int?) {
        let system = "\(facts.distribution) \(facts.distributionVersion)"
        let known = KnownSystem.all.map(\.title).joined(separator: ", ")
        switch KnownSystem.verdict(facts.distribution, facts.distributionVersion) {
        case .known: break
        case .newer: warnings.append("\(host.name): runs \(system), which nobody has tried; known are \(known)")
        case .unknown: errors.append("\(host.name): runs \(system); Skein installs on \(known)")
        }
        for least in KnownSystem.leastVersions {
            guard let version = facts.packageVersions[least.package],
                case let numbers = KnownSystem.numbers(ofPackageVersion: version),
                numbers.lexicographicallyPrecedes(least.version), Self.uses(host, least.package)
            else { continue }
            errors.append(
                "\(host.name): its \(least.package) is \(version); \(least.version.map(String.init).joined(separator: ".")) "
                    + "is the least (\(least.reason)): add a package source with a newer one")
        }
        if abs(facts.clockOffset) > 5 {
            errors.append(
                "\(host.name): its clock is off by \(Self.seconds(facts.clockOffset)) s; set up NTP (chrony) and try again"
            )
        } else if abs(facts.clockOffset) > 1 {
            warnings.append(
                "\(host.name): its clock is off by \(Self.seconds(facts.clockOffset)) s; set up NTP (chrony)")
        }
        let freeGB = Double(facts.freeBytes) / 1e9
        let needsStore = host.roles.contains(.database)
        if freeGB < 2 {
            errors.append("\(host.name): \(Self.seconds(freeGB)) GB free in /var/lib; 2 GB is the least")
        } else if needsStore, let minimumGB, freeGB < Double(minimumGB) {
            errors.append(
                "\(host.name): \(Self.seconds(freeGB)) GB free in /var/lib, minimum_diskGB of the testbed is \(minimumGB)"
            )
        } else if needsStore, freeGB < 20 {
            warnings.append("\(host.name): \(Self.seconds(freeGB)) GB free in /var/lib; 20 GB is a comfortable size")
        }
    }

    private static func uses(_ host: Testbed.Host, _ package: String) -> Bool {
        host.roles.contains(package == "etcd-server" ? .database : .cfgm)
    }

    private mutating func checkKeystone(_ testbed: Testbed, _ surveys: [HostSurvey]) {
        guard let keystone = testbed.keystone else { return }
        let controllers = testbed.hosts.filter { host in
            host.isManaged && [.cfgm, .collector, .webui].contains { host.roles.contains($0) }
                && surveys.contains { $0.facts.host == host.name }
        }
        let ports = Self.keystonePorts(keystone)
        let reached = controllers.map { host in
            surveys.first { $0.facts.host == host.name }?.keystonePorts ?? []
        }
        if let port = ports.first(where: { port in reached.allSatisfy { $0.contains(port) } }) {
            if port != keystone.authPort {
                warnings.append(
                    "Keystone does not answer on port \(keystone.authPort) (gone since Queens); port \(port) is used")
            }
            keystoneURL = keystone.url(port: port)
            return
        }
        for (controller, open) in zip(controllers, reached) where open.isEmpty {
            errors.append(
                "\(controller.name): Keystone at \(keystone.address) does not answer on port "
                    + "\(ports.map(String.init).joined(separator: " or ")); correct env.keystone, or open the way to it"
            )
        }
        if reached.allSatisfy({ !$0.isEmpty }), !controllers.isEmpty {
            errors.append("Keystone answers the controllers on different ports: \(keystone.address)")
        }
    }

    /// The ports to try, the testbed's first.
    static func keystonePorts(_ keystone: Testbed.Keystone) -> [Int] {
        keystone.authPort == 5000 ? [5000] : [keystone.authPort, 5000]
    }

    private mutating func add(_ error: String) {
        // Every host of the network sees the same stranger; one line is enough.
        let text = error.split(separator: ":", maxSplits: 1).last.map(String.init) ?? error
        if !errors.contains(where: { $0.hasSuffix(text) }) { errors.append(error) }
    }

    /// A number with one digit after the point.
    private static func seconds(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return "\(tenths < 0 ? "-" : "")\(abs(tenths) / 10).\(abs(tenths) % 10)"
    }
}
