import ArgumentParser
import Deploy
import Foundation
import JSON

/// What `skein up` runs on a controller: Neutron's entry in Keystone. Task and result are JSON on standard input and
/// output, so that no password stands on a command line or in a file.
struct RegisterNeutronCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "register-neutron", abstract: "Look for, or create, Neutron's entry in Keystone.",
        shouldDisplay: false)

    func run() async throws {
        let task = String(decoding: FileHandle.standardInput.readDataToEndOfFile(), as: UTF8.self)
        let result = await RegistrationTask.perform(task)
        print(result.json.text)
    }
}

/// What `skein up` runs on every controller at its end: the end-to-end check.
struct VerifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Check the installation end to end.", shouldDisplay: false)

    func run() async throws {
        let check = String(decoding: FileHandle.standardInput.readDataToEndOfFile(), as: UTF8.self)
        if let failure = await EndToEndCheck.perform(check) {
            FileHandle.standardError.write(Data((failure + "\n").utf8))
            throw ExitCode(1)
        }
    }
}
