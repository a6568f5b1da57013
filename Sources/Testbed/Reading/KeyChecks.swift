extension Interpreter {
    /// Reports every key and variable that is unknown, in the wrong place, or known and not used by Skein.
    mutating func checkKeys() {
        for binding in module.environment.bindings { check(binding.name, in: .environment, at: binding.range) }
        for place in [SettingPlace.ha, .keystone, .openstack, .cfgm] {
            guard let name = dictName(place), let binding = module.attribute(name) else { continue }
            checkKeys(of: binding.value, in: place, subject: "env.\(name)")
        }
        if let ssl = find(.cfgm, "cassandra_ssl") {
            checkKeys(of: ssl.value, in: .cassandraSSL, subject: ssl.subject)
        }
        for binding in module.variables.bindings { checkVariable(binding) }
    }

    /// Checks the keys of a dict.
    mutating func checkKeys(of dict: PythonValue, in place: SettingPlace, subject: String) {
        if case .none = dict.kind { return }
        guard let entries = dict.entries else {
            return wrongType(subject, dict, "a dict", "Write \(subject) = { 'KEY': VALUE, ... }.")
        }
        for entry in entries {
            guard let name = entry.key.stringValue else {
                wrongType("a key of \(subject)", entry.key, "a string", "Write the key in quotes.")
                continue
            }
            // The keys of cassandra_ssl include the addresses of the nodes.
            if place == .cassandraSSL, name.first?.isNumber == true { continue }
            check(name, in: place, at: entry.key.range)
        }
    }

    private mutating func check(_ name: String, in place: SettingPlace, at range: SourceRange) {
        guard !findings.isFull else { return }
        let subject = place.subject(name)
        switch KeyTable.use(of: name, in: place) {
        case .acted: return
        case .unused(let reason): return unused(subject, reason, at: range)
        case .notYet(let reason): return notUsedYet(name, in: place, reason, at: range)
        case nil: break
        }
        if let correction = KnownSlips.correction(of: name, in: place) {
            return report(
                .misplacedKey, .warning, at: range, subject: subject, "\(subject) has no effect",
                reason: correction.reason, proposal: correction.proposal)
        }
        if let other = KeyTable.places(of: name, besides: place).first {
            return report(
                .misplacedKey, .warning, at: range, subject: subject,
                "\(subject) is in the wrong place and has no effect",
                reason: "It is read as \(other.subject(name)) only; here it is ignored.",
                proposal: "Move it to \(other.subject(name)).")
        }
        let similar = Spelling.closest(to: name, among: KeyTable.names(in: place))
        report(
            .unknownKey, .warning, at: range, subject: subject, "\(subject) is not known and has no effect",
            reason: "A mistyped key is ignored without a word by the original; Skein tells you.",
            proposal: similar.map { "Did you mean '\($0)'?" } ?? "Remove it, or check its name.")
    }

    private mutating func unused(_ subject: String, _ reason: String, at range: SourceRange) {
        report(
            .unusedKey, .note, at: range, subject: subject, "\(subject) is not used by Skein", reason: reason,
            proposal: "It can stay or go.")
    }

    /// Once for each name: `control_data` repeats its keys for every host.
    private mutating func notUsedYet(
        _ name: String, in place: SettingPlace, _ reason: String, at range: SourceRange
    ) {
        guard reportedAsNotUsedYet.insert(place.subject(name)).inserted else { return }
        report(
            .notUsedYet, .note, at: range, subject: place.subject(name),
            "\(place.subject(name)) is not used by Skein yet", reason: reason,
            proposal: "It can stay: a later version will use it.")
    }

    private mutating func checkVariable(_ binding: PythonModule.Binding) {
        guard !findings.isFull else { return }
        switch KeyTable.use(of: binding.name, in: .variable) {
        case .acted: return
        case .unused(let reason): return unused(binding.name, reason, at: binding.range)
        case .notYet(let reason): return notUsedYet(binding.name, in: .variable, reason, at: binding.range)
        case nil: break
        }
        guard isWhole, !module.usedVariables.contains(binding.name), !binding.value.isUnknown else { return }
        if let other = KeyTable.places(of: binding.name, besides: .variable).first {
            return report(
                .misplacedKey, .warning, at: binding.range, subject: binding.name,
                "the variable \(binding.name) is in the wrong place and has no effect",
                reason: "It is read as \(other.subject(binding.name)) only; here it is ignored.",
                proposal: "Move it to \(other.subject(binding.name)).")
        }
        if let similar = Spelling.closest(to: binding.name, among: KeyTable.readNames(in: .variable)),
            similar.utf8.count >= 6
        {
            return report(
                .unknownKey, .warning, at: binding.range, subject: binding.name,
                "the variable \(binding.name) is not known, and nothing in the file uses it",
                reason: "A mistyped variable is ignored without a word by the original; Skein tells you.",
                proposal: "Did you mean '\(similar)'?")
        }
        report(
            .unusedVariable, .note, at: binding.range, subject: binding.name,
            "nothing uses the variable \(binding.name)", reason: "Nothing in the file and no setting refers to it.",
            proposal: "It can stay or go.")
    }
}
