/// The `--env NAME=VALUE` option of commands that read a testbed file.
package enum EnvironmentOption {
    /// The variables that a command was given, and a finding for each text that is none. The last of two values counts.
    package static func parse(_ texts: [String]) -> (environment: [String: String], faults: [Diagnostic]) {
        var environment: [String: String] = [:]
        var faults: [Diagnostic] = []
        for text in texts {
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2, isName(parts[0]) {
                environment[String(parts[0])] = String(parts[1])
            } else {
                // What follows the name may be a secret, so it is not repeated.
                let name = parts.first.map(String.init) ?? ""
                faults.append(
                    .aboutFile(
                        .badOption, file: "--env", message: "the option --env has '\(name)', which is not NAME=VALUE",
                        reason: "os.getenv in the file sees exactly the variables that are given.",
                        proposal: isName(parts.first ?? "")
                            ? "Write --env \(name)=VALUE."
                            : "A name has letters, digits and '_', and begins with no digit."))
            }
        }
        return (environment, faults)
    }

    private static func isName(_ text: Substring) -> Bool {
        guard let first = text.utf8.first, Lexer.isNameStart(first) else { return false }
        return text.utf8.allSatisfy { Lexer.isNameStart($0) || Lexer.isDigit($0) }
    }
}
