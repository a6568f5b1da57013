import ArgumentParser
import Foundation
import Testbed

/// A testbed file on disk, for every command that takes one.
enum TestbedFile {
    /// Reads a file that must be without errors.
    ///
    /// - Parameters:
    ///   - path: the file.
    ///   - environment: `NAME=VALUE` texts of the command's `--env` options.
    /// - Throws: `ExitCode(1)` when there is an error; all findings stand on standard error then.
    static func load(path: String, environment variables: [String] = []) throws -> Testbed {
        let (environment, faults) = EnvironmentOption.parse(variables)
        var reading = read(path: path, environment: environment)
        if !faults.isEmpty {
            reading.testbed = nil
            reading.diagnostics.insert(contentsOf: faults, at: 0)
        }
        if let testbed = reading.testbed { return testbed }
        write(DiagnosticText(usesColour: Terminal.usesColour(STDERR_FILENO)).render(reading), to: .standardError)
        throw ExitCode(1)
    }

    /// Reads a file and tells what is wrong with it, be it the file itself.
    static func read(path: String, environment: [String: String]) -> TestbedReader.Reading {
        let bytes: [UInt8]
        do throws(FileFault) {
            bytes = try contents(of: path)
        } catch {
            let diagnostic = Diagnostic.aboutFile(
                .unreadableFile, file: path, message: "the file cannot be read: \(error.message)",
                reason: "Without it there is nothing to deploy.", proposal: error.proposal)
            return TestbedReader.Reading(testbed: nil, diagnostics: [diagnostic])
        }
        return TestbedReader.read(
            bytes: bytes, fileName: path, environment: environment, homeDirectory: NSHomeDirectory())
    }

    private struct FileFault: Error {
        var message: String
        var proposal: String
    }

    /// At most one byte more than the reader takes, so that an endless file ends here.
    private static func contents(of path: String) throws(FileFault) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw fault(errno) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while bytes.count <= TestbedLimits.sourceBytes {
            let count = chunk.withUnsafeMutableBytes { Foundation.read(descriptor, $0.baseAddress, $0.count) }
            if count == 0 { break }
            if count < 0 {
                if errno == EINTR { continue }
                throw fault(errno)
            }
            bytes += chunk[..<count]
        }
        return bytes
    }

    private static func fault(_ code: Int32) -> FileFault {
        let message = String(cString: strerror(code)).lowercased()
        return switch code {
        case ENOENT: FileFault(message: message, proposal: "Check the path; the file is usually called testbed.py.")
        case EISDIR: FileFault(message: message, proposal: "Name the testbed file in it, usually testbed.py.")
        case EACCES: FileFault(message: message, proposal: "Run as a user who may read it.")
        default: FileFault(message: message, proposal: "Check the file and the disk that it is on.")
        }
    }

    /// Writes text whole; a reader that has gone away is not an error.
    static func write(_ text: String, to handle: FileHandle) {
        try? handle.write(contentsOf: Data(text.utf8))
    }
}

/// What the terminal can do.
enum Terminal {
    /// Whether output to a descriptor may have colours: it is a terminal, and `NO_COLOR` is not set.
    static func usesColour(_ descriptor: Int32) -> Bool {
        let environment = ProcessInfo.processInfo.environment
        return isatty(descriptor) == 1 && (environment["NO_COLOR"] ?? "").isEmpty && environment["TERM"] != "dumb"
    }
}
