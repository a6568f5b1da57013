/// What a testbed file assigns.
struct PythonModule: Sendable {
    /// A name with its value.
    struct Binding: Sendable {
        /// As the file writes it: `control_data`, `env.ha`.
        var name: String
        var value: PythonValue
        /// Where it was assigned last.
        var range: SourceRange
    }

    /// Names with their values, in the order of first assignment.
    struct Namespace: Sendable {
        private(set) var bindings: [Binding] = []
        private var places: [String: Int] = [:]

        subscript(name: String) -> Binding? { places[name].map { bindings[$0] } }

        mutating func set(_ binding: Binding) {
            if let place = places[binding.name] {
                bindings[place] = binding
            } else {
                places[binding.name] = bindings.count
                bindings.append(binding)
            }
        }

        mutating func transform(_ change: (PythonValue) -> PythonValue) {
            for place in bindings.indices { bindings[place].value = change(bindings[place].value) }
        }
    }

    /// Module variables.
    var variables = Namespace()
    /// Attributes of `env`, by their name without `env.`.
    var environment = Namespace()
    /// The variables that some expression uses.
    var usedVariables: Set<String> = []

    func variable(_ name: String) -> Binding? { variables[name] }
    func attribute(_ name: String) -> Binding? { environment[name] }
}

/// Computes the values of a testbed file's assignments. It runs no code: the calls it knows are three look-ups.
struct Evaluator {
    let source: SourceText
    /// What `os.getenv` sees.
    let processEnvironment: [String: String]
    /// What `~` stands for in `os.path.expanduser`.
    let homeDirectory: String
    private(set) var module = PythonModule()
    private(set) var findings = Findings()
    private var nextIdentity = 0
    private var steps = 0
    private var unsetNames: Set<String> = []
    /// More than zero while statements that Python would run conditionally are evaluated.
    private var conditions = 0

    init(source: SourceText, processEnvironment: [String: String], homeDirectory: String) {
        self.source = source
        self.processEnvironment = processEnvironment
        self.homeDirectory = homeDirectory
    }

    mutating func run(_ statements: [Statement]) {
        for statement in statements { run(statement) }
    }

    // MARK: Statements

    private mutating func run(_ statement: Statement) {
        switch statement {
        case .ignored: break
        case .imported(let module, let range):
            guard !IgnoredModule.isHarmless(module) else { break }
            report(
                .importIgnored, .warning, at: range, subject: module, "the module '\(module)' is not imported",
                reason: "Skein reads this file only and runs nothing: what the module sets is missing.",
                proposal: "Copy the settings that matter from it into this file.")
        case .call(let range):
            report(
                .callIgnored, .warning, at: range, subject: "a call", "this call is not made",
                reason: "Skein reads values and runs nothing: if the call changes a setting, the change is missing.",
                proposal: "Write the resulting value as an assignment, or remove the line.")
        case .assignment(let targets, let expression):
            let value = evaluate(expression)
            for (target, items) in targets { assign(value, to: target, items: items) }
        case .conditional(let branches, let otherwise):
            runConditional(branches, otherwise)
        case .unreadable(let targets, _): markUnknown(targets)
        }
    }

    private mutating func runConditional(
        _ branches: [(condition: Expression, body: [Statement])], _ otherwise: [Statement]
    ) {
        conditions += 1
        defer { conditions -= 1 }
        for (index, branch) in branches.enumerated() {
            let condition = evaluate(branch.condition)
            if condition.isUnknown {
                let skipped = branches[index...].flatMap { $0.body.flatMap(\.targets) } + otherwise.flatMap(\.targets)
                return markUnknown(skipped)
            }
            if condition.isTrue { return run(branch.body) }
        }
        run(otherwise)
    }

    private mutating func markUnknown(_ targets: [AssignmentTarget]) {
        for target in targets { bind(target, PythonValue(.unknown, at: target.range)) }
    }

    private mutating func assign(_ value: PythonValue, to target: AssignmentTarget, items: [Expression]) {
        if target.name == "env", target.attribute == nil {
            guard let item = items.first else {
                return report(
                    .syntax, .error, at: target.range, subject: "env", "'env' itself cannot be assigned",
                    reason: "All settings live in it.", proposal: "Assign env.NAME instead.")
            }
            report(
                .syntax, .error, at: item.range, subject: "env", "items of 'env' itself are not read",
                reason: "Settings are attributes of env.", proposal: "Write env.NAME = VALUE.")
            return
        }
        guard !items.isEmpty else {
            noteReassignment(value, target)
            return bind(target, value)
        }
        if target.attribute == nil { module.usedVariables.insert(target.name) }
        guard var container = binding(of: target)?.value else {
            _ = undefined(target.text, at: target.range)
            return
        }
        guard !container.isUnknown else { return }
        let keys = items.map { evaluate($0) }
        for key in keys.dropLast() {
            guard let inner = item(of: container, key) else { return }
            container = inner
        }
        guard let key = keys.last, !key.isUnknown, !container.isUnknown else { return }
        guard let entries = container.entries, let identity = container.identity else {
            return report(
                .badOperation, .error, at: target.range, subject: target.text,
                "\(container.kindDescription) has no items that can be assigned",
                reason: "Only an item of a dict can be assigned.",
                proposal: "Assign a dict first: \(target.text) = {}.")
        }
        let changed = container.with(.dict(Self.setting(key, to: value, in: entries)))
        guard changed.isWithinLimits else { return limit(target.range) }
        replace(identity, by: changed)
    }

    private static func setting(
        _ key: PythonValue, to value: PythonValue, in entries: [PythonValue.Entry]
    ) -> [PythonValue.Entry] {
        var entries = entries
        if let index = entries.firstIndex(where: { PythonValue.compare($0.key, key) == 0 }) {
            entries[index].key = key
            entries[index].value = value
        } else {
            entries.append(.init(key: key, value: value))
        }
        return entries
    }

    // MARK: Names

    private func binding(of target: AssignmentTarget) -> PythonModule.Binding? {
        target.attribute.map { module.attribute($0) } ?? module.variable(target.name)
    }

    private mutating func bind(_ target: AssignmentTarget, _ value: PythonValue) {
        let name = target.attribute ?? target.name
        let binding = PythonModule.Binding(name: name, value: value, range: target.range)
        if target.attribute == nil { module.variables.set(binding) } else { module.environment.set(binding) }
    }

    private mutating func noteReassignment(_ value: PythonValue, _ target: AssignmentTarget) {
        guard conditions == 0, let earlier = binding(of: target), !earlier.value.isUnknown, !value.isUnknown else {
            return
        }
        spend(earlier.value.size)
        guard PythonValue.compare(earlier.value, value) != 0, earlier.value.isTrue else { return }
        let line = source.location(of: earlier.range).line
        report(
            .reassigned, .warning, at: target.range, subject: target.text,
            "\(target.text) is assigned again; what line \(line) gave it is lost",
            reason: "The last assignment counts, as in Python.", proposal: "Keep one of the two assignments.")
    }

    /// Gives all names of one dict its new content, wherever it is part of another value.
    private mutating func replace(_ identity: Int, by value: PythonValue) {
        let all = module.variables.bindings + module.environment.bindings
        spend(all.reduce(0) { $0 + $1.value.size })
        guard !isExhausted else { return }
        module.variables.transform { Self.replacing(identity, by: value, in: $0) }
        module.environment.transform { Self.replacing(identity, by: value, in: $0) }
    }

    private static func replacing(_ identity: Int, by new: PythonValue, in value: PythonValue) -> PythonValue {
        if value.identity == identity {
            return value.with(new.kind)
        }
        switch value.kind {
        case .list(let elements): return value.with(.list(elements.map { replacing(identity, by: new, in: $0) }))
        case .tuple(let elements): return value.with(.tuple(elements.map { replacing(identity, by: new, in: $0) }))
        case .dict(let entries):
            return value.with(
                .dict(entries.map { .init(key: $0.key, value: replacing(identity, by: new, in: $0.value)) }))
        default: return value
        }
    }

    mutating func use(_ name: String) -> PythonValue? {
        module.usedVariables.insert(name)
        return module.variable(name)?.value
    }

    mutating func newIdentity() -> Int {
        nextIdentity += 1
        return nextIdentity
    }

    /// Whether this name of the process environment is missing for the first time.
    mutating func isFirstMiss(of name: String) -> Bool { unsetNames.insert(name).inserted }

    // MARK: Limits and findings

    /// Counts work; after the limit every value is unknown.
    mutating func spend(_ count: Int) { steps = min(steps + count, TestbedLimits.evaluationSteps + 1) }

    var isExhausted: Bool { steps > TestbedLimits.evaluationSteps }

    mutating func limit(_ range: SourceRange) {
        report(
            .limitExceeded, .error, at: range, subject: "a value", "this value is larger than any testbed needs",
            reason: "Skein reads at most \(TestbedLimits.valueSize) values in one list or dict, "
                + "\(TestbedLimits.nesting) levels deep, and strings of \(TestbedLimits.stringBytes) bytes.",
            proposal: "Write the values out plainly.")
    }

    mutating func report(
        _ code: DiagnosticCode, _ severity: Severity, at range: SourceRange, subject: String, _ message: String,
        reason: String, proposal: String
    ) {
        findings.report(
            code, severity, at: source.location(of: range), subject: subject, message, reason: reason,
            proposal: proposal)
    }

    mutating func undefined(_ name: String, at range: SourceRange) -> PythonValue {
        let known = module.variables.bindings.prefix(1_000).map(\.name) + ["True", "False", "None", "env"]
        let similar = findings.isFull ? nil : Spelling.closest(to: name, among: known)
        report(
            .undefinedName, .error, at: range, subject: name, "'\(name)' has no value here",
            reason: "A name must be assigned above the line that uses it.",
            proposal: similar.map { "Did you mean '\($0)'?" } ?? "Assign it above, or put it in quotes if it is text.")
        return PythonValue(.unknown, at: range)
    }
}
