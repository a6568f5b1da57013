import Addressing

/// Turns what a testbed file assigns into a ``Testbed``, and finds everything that is wrong with it.
struct Interpreter {
    let source: SourceText
    let module: PythonModule
    let homeDirectory: String
    var findings: Findings
    /// Whether every statement could be parsed; what is missing from a part of a file says nothing.
    var isWhole = true

    /// Members of each role of `env.roledefs`, without duplicates, by the role's name.
    var roles: [String: [RoleMember]] = [:]
    /// Whether every member of every role could be read; counts mean nothing otherwise.
    var rolesAreComplete = true
    var hosts: [Testbed.Host] = []
    /// The place in ``hosts`` of each host string.
    var hostIndex: [String: Int] = [:]

    /// Settings that were reported as not used yet.
    var reportedAsNotUsedYet: Set<String> = []

    /// A host string as a role lists it.
    struct RoleMember {
        var hostString: String
        /// Where the role lists it.
        var range: SourceRange
        /// Where the string itself is written.
        var origin: SourceRange
    }

    /// A key or variable with its value.
    struct Setting {
        var place: SettingPlace
        var name: String
        var value: PythonValue
        var keyRange: SourceRange
        var subject: String { place.subject(name) }
    }

    init(source: SourceText, module: PythonModule, homeDirectory: String, findings: Findings) {
        self.source = source
        self.module = module
        self.homeDirectory = homeDirectory
        self.findings = findings
    }

    /// Reads everything. Nil when there is an error.
    mutating func testbed() -> Testbed? {
        checkKeys()
        readRoles()
        readHosts()
        readControlData()
        checkRoles()
        let (internalVIP, externalVIP) = virtualIPs()
        let keystone = keystone(internalVIP: internalVIP, externalVIP: externalVIP)
        checkSettingsWithoutEffect()
        var testbed = Testbed(hosts: hosts, internalVIP: internalVIP, externalVIP: externalVIP, keystone: keystone)
        readOtherSettings(into: &testbed)
        return findings.hasError ? nil : testbed
    }

    // MARK: Settings

    /// A setting that is there, readable and not empty. `None` counts as absent; so does an empty string, which is
    /// reported.
    mutating func setting(_ place: SettingPlace, _ name: String) -> Setting? {
        guard let setting = find(place, name), !setting.value.isUnknown else { return nil }
        if case .none = setting.value.kind { return nil }
        if setting.value.stringValue?.allSatisfy(\.isWhitespace) == true {
            report(
                .emptyValue, .warning, at: setting.value.range, subject: setting.subject,
                "\(setting.subject) is an empty string; Skein treats it as not set",
                reason: "The original took an empty string for a value in some places and for none in others.",
                proposal: "Write the value, or remove the line.")
            return nil
        }
        return setting
    }

    /// A setting that is there, whatever its value.
    func find(_ place: SettingPlace, _ name: String) -> Setting? {
        switch place {
        case .environment:
            return module.attribute(name).map { Setting(place: place, name: name, value: $0.value, keyRange: $0.range) }
        case .variable:
            return module.variable(name).map { Setting(place: place, name: name, value: $0.value, keyRange: $0.range) }
        case .ha, .keystone, .openstack, .cfgm:
            let entries = dictName(place).flatMap { module.attribute($0) }?.value.entries ?? []
            guard let entry = entries.first(where: { $0.key.stringValue == name }) else { return nil }
            return Setting(place: place, name: name, value: entry.value, keyRange: entry.key.range)
        case .cassandraSSL, .controlData: return nil
        }
    }

    /// Whether a setting may be there but could not be read, so that its absence must not be held against the file.
    func isUnreadable(_ place: SettingPlace, _ name: String) -> Bool {
        if let dict = dictName(place), let value = module.attribute(dict)?.value, value.entries == nil {
            return true
        }
        return find(place, name)?.value.isUnknown ?? false
    }

    /// The attribute of `env` that holds a place's settings.
    func dictName(_ place: SettingPlace) -> String? {
        switch place {
        case .ha: "ha"
        case .keystone: "keystone"
        case .openstack: "openstack"
        case .cfgm: "cfgm"
        default: nil
        }
    }

    /// Where to point when something is missing from a dict of `env`: its assignment, else the first line.
    func range(of place: SettingPlace) -> SourceRange {
        dictName(place).flatMap { module.attribute($0)?.range } ?? SourceRange(start: source.start, end: source.start)
    }

    // MARK: Values

    /// A text; a number is taken as its digits. Everything else is reported.
    mutating func text(_ setting: Setting) -> String? {
        switch setting.value.kind {
        case .string(let text): return text
        case .integer(let number): return String(number)
        case .unknown: return nil
        default:
            wrongType(setting, "a string", "Write the value in quotes.")
            return nil
        }
    }

    /// A whole number within a range, written as a number or as a string of digits.
    mutating func integer(_ setting: Setting, _ range: ClosedRange<Int>, _ meaning: String) -> Int? {
        let number: Int?
        switch setting.value.kind {
        case .integer(let value): number = value
        case .string(let text): number = Int(text)
        case .unknown: return nil
        default: number = nil
        }
        if let number, range.contains(number) { return number }
        report(
            .badValue, .error, at: setting.value.range, subject: setting.subject,
            "\(setting.subject) is \(setting.value.description), which is no \(meaning)",
            reason: "It must be a whole number from \(range.lowerBound) to \(range.upperBound).",
            proposal: "Write a number in that range, or remove the line for the default.")
        return nil
    }

    /// A boolean in any of the spellings that real files have.
    mutating func boolean(_ setting: Setting) -> Bool? {
        switch setting.value.kind {
        case .boolean(let value): return value
        case .integer(0): return false
        case .integer(1): return true
        case .string(let text):
            switch text.lowercased() {
            case "true", "yes", "on", "1", "enable", "enabled": return true
            case "false", "no", "off", "0", "disable", "disabled", "none": return false
            default: break
            }
        case .unknown: return nil
        default: break
        }
        report(
            .badValue, .error, at: setting.value.range, subject: setting.subject,
            "\(setting.subject) is \(setting.value.description), which is neither yes nor no",
            reason: "Skein does not guess what it means.", proposal: "Write 'yes' or 'no'.")
        return nil
    }

    /// One of a few words.
    mutating func choice(_ setting: Setting, _ words: [String]) -> String? {
        guard let text = text(setting) else { return nil }
        if words.contains(text) { return text }
        let similar =
            words.first { $0 == text.lowercased() } ?? Spelling.closest(to: text, among: words)
        let list = words.map { "'\($0)'" }.joined(separator: " or ")
        report(
            .badValue, .error, at: setting.value.range, subject: setting.subject,
            "\(setting.subject) is '\(text)'; it must be \(list)", reason: "Skein does not guess what it means.",
            proposal: similar.map { "Did you mean '\($0)'?" } ?? "Write \(list).")
        return nil
    }

    mutating func wrongType(_ setting: Setting, _ expected: String, _ proposal: String) {
        wrongType(setting.subject, setting.value, expected, proposal)
    }

    mutating func wrongType(_ subject: String, _ value: PythonValue, _ expected: String, _ proposal: String) {
        guard !value.isUnknown else { return }
        let actual = SecretRanges.isSecretName(subject) && value.stringValue != nil ? "a string" : value.description
        report(
            .wrongType, .error, at: value.range, subject: subject, "\(subject) must be \(expected), not \(actual)",
            reason: "Skein cannot tell what else it means.", proposal: proposal)
    }

    // MARK: Findings

    mutating func report(
        _ code: DiagnosticCode, _ severity: Severity, at range: SourceRange, subject: String, _ message: String,
        reason: String, proposal: String
    ) {
        findings.report(
            code, severity, at: source.location(of: range), subject: subject, message, reason: reason,
            proposal: proposal)
    }

    func line(_ range: SourceRange) -> Int { source.location(of: range).line }
}
