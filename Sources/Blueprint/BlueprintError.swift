/// Why a testbed, on the hosts as they are, cannot become an installation. All reasons at once.
package struct BlueprintError: Error, Hashable, CustomStringConvertible {
    /// One reason and the host it concerns, nil for the installation as a whole.
    package struct Problem: Hashable, Sendable {
        package var host: String?
        package var message: String

        package init(host: String? = nil, message: String) {
            self.host = host
            self.message = message
        }
    }

    package var problems: [Problem]

    package init(problems: [Problem]) { self.problems = problems }

    package var description: String {
        problems.map { problem in
            if let host = problem.host { "\(host): \(problem.message)" } else { problem.message }
        }.joined(separator: "\n")
    }
}
