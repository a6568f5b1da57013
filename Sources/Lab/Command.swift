import FoundationEssentials
import Subprocess

/// Runs the machine's programs. The programs get no terminal and a small, known environment.
enum Command {
    /// What a program printed and how it ended.
    struct Result: Sendable {
        let exitCode: Int
        let output: String
        let errors: String

        var succeeded: Bool { exitCode == 0 }
    }

    /// Runs a program to its end, whatever the end is. Cancelling the task ends the program.
    static func result(_ arguments: [String], input: String = "") async throws -> Result {
        guard let program = arguments.first else { throw LabError(.invalidRequest, "an empty command was to be run") }
        let result: ExecutionResult<Void, StringOutput<UTF8>, StringOutput<UTF8>>
        do {
            result = try await run(
                .name(program), arguments: Arguments(Array(arguments.dropFirst())),
                environment: .custom(environment()), input: .string(input), output: .string(limit: 1 << 22),
                error: .string(limit: 1 << 20))
        } catch let error as CancellationError {
            throw error
        } catch {
            try Task.checkCancellation()
            throw LabError(.commandFailed, "\(program) could not be run: \(error)")
        }
        try Task.checkCancellation()
        let exitCode =
            switch result.terminationStatus {
            case .exited(let code): Int(code)
            case .signaled(let signal): 128 + Int(signal)
            }
        return Result(exitCode: exitCode, output: result.standardOutput, errors: result.standardError)
    }

    /// Runs a program that must succeed; returns what it printed.
    @discardableResult
    static func output(_ arguments: [String], input: String = "") async throws -> String {
        let result = try await result(arguments, input: input)
        guard result.succeeded else {
            let shown = arguments.map { $0.count > 160 ? $0.prefix(160) + "…" : $0 }.joined(separator: " ")
            let reason = lastLines(of: result.errors.isEmpty ? result.output : result.errors)
            throw LabError(.commandFailed, "\(shown): exit code \(result.exitCode): \(reason)")
        }
        return result.output
    }

    /// The last three lines of a text that are not empty, on one line.
    static func lastLines(of text: String) -> String {
        text.split(separator: "\n").map { $0.trimmingPrefix(while: \.isWhitespace) }.filter { !$0.isEmpty }.suffix(3)
            .joined(separator: " | ")
    }

    /// PATH and the variables that say how to reach package sources; nothing else of the user's environment.
    static func environment() -> [Environment.Key: String] {
        var variables: [Environment.Key: String] = [
            "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LANG": "C.UTF-8",
            "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive",
        ]
        for (name, value) in ProcessInfo.processInfo.environment
        where name.lowercased().hasSuffix("_proxy") || name.hasPrefix("PIP_") {
            if let key = Environment.Key(rawValue: name) { variables[key] = value }
        }
        return variables
    }
}
