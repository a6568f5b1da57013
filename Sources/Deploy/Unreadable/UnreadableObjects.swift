import Blueprint
import FoundationEssentials
import JSON
import Remote
import Testbed

/// The objects in the store that the installed version of Skein cannot read. What is asked for is done by `skein host
/// unreadable` on a controller.
extension Deployment {
    /// All of them, for people or as JSON.
    ///
    /// - Throws: ``DeployError`` `stepFailed`
    package func unreadableObjects(asJSON: Bool) async throws(DeployError) -> String {
        let answer = try await askController(["unreadable"])
        return asJSON ? answer.prettyText() + "\n" : UnreadableList.text(answer)
    }

    /// One of them, as it is in the store.
    ///
    /// - Throws: ``DeployError`` `stepFailed`
    package func unreadableObject(_ key: String) async throws(DeployError) -> [UInt8] {
        UnreadableList.content(try await askController(["unreadable", "--show", key]))
    }

    /// Deletes one of them, with its name and what it holds.
    ///
    /// - Returns: what it was.
    /// - Throws: ``DeployError`` `stepFailed`
    package func deleteUnreadableObject(_ key: String) async throws(DeployError) -> [UInt8] {
        UnreadableList.content(try await askController(["unreadable", "--delete", key]))
    }

    /// What `skein host …` answers on the first controller on which it succeeds.
    private func askController(_ arguments: [String]) async throws(DeployError) -> JSONValue {
        var reasons: [String] = []
        for controller in testbed.hosts(in: .cfgm) {
            guard let remote = hosts.first(where: { $0.name == controller.name }) else { continue }
            do throws(RemoteError) {
                let output = try await remote.run(
                    program: [DeploymentPath.executable, "host"] + arguments, input: "", seconds: 120)
                if output.succeeded, let answer = try? JSONValue(parsing: output.output) { return answer }
                reasons.append("\(controller.name): \(output.lastLines(3))")
            } catch {
                reasons.append("\(controller.name): \(error.message)")
            }
        }
        throw DeployError(.stepFailed, reasons.isEmpty ? ["no controller is managed"] : reasons)
    }
}

/// Reads what `skein host unreadable` answers. Pure.
enum UnreadableList {
    static func text(_ answer: JSONValue) -> String {
        let objects = answer["objects"]?.arrayValue ?? []
        guard !objects.isEmpty else { return "Every object can be read.\n" }
        return objects.map { object in
            "\(object["key"]?.stringValue ?? "")  \(object["bytes"]?.integerValue ?? 0) bytes\n"
                + "    \(object["reason"]?.stringValue ?? "")\n"
        }.joined()
    }

    static func content(_ answer: JSONValue) -> [UInt8] {
        answer["content"]?.stringValue.flatMap { Data(base64Encoded: $0) }.map { [UInt8]($0) } ?? []
    }
}
