import Blueprint
import JSON
import Keystone

/// Whether the installation is whole: what a drill waits for before each fault and after it.
struct InstallationHealth: Sendable {
    let installation: Installation
    let client: HTTPLoadClient

    /// What is not as it should be, in words; empty when the installation is whole.
    func complaints() async -> [String] {
        var complaints: [String] = []
        await withTaskGroup(of: [String].self) { group in
            for controller in installation.controllers {
                group.addTask { await self.complaints(of: controller) }
            }
            for (name, address) in installation.serviceAddresses {
                group.addTask {
                    let answer = try? await client.send("GET", installation.neutronURL(address), token: nil, seconds: 2)
                    return answer?.status == 200 ? [] : ["the \(name) service address \(address) does not answer"]
                }
            }
            // Without it the next scenario's load has no token.
            group.addTask {
                do throws(KeystoneError) {
                    _ = try await installation.keystoneLocator.locate()
                    return []
                } catch {
                    return ["Keystone: \(error)"]
                }
            }
            for await part in group { complaints += part }
        }
        return complaints.sorted()
    }

    /// The controller whose member leads the store, by the answer of the first that knows; nil when none does.
    func storeLeader() async -> Installation.Controller? {
        for controller in installation.controllers {
            guard let status = await status(of: controller) else { continue }
            for member in status["store"]?["members"]?.arrayValue ?? [] where member["leader"]?.boolValue ?? false {
                let endpoint = member["endpoint"]?.stringValue ?? ""
                if let leader = installation.controllers.first(where: { endpoint.contains("//\($0.controlAddress):") })
                {
                    return leader
                }
            }
        }
        return nil
    }

    private func status(of controller: Installation.Controller) async -> JSONValue? {
        let url = installation.backendURL(controller, .collector) + "/status"
        guard let answer = try? await client.send("GET", url, token: nil, seconds: 3), answer.status == 200 else {
            return nil
        }
        return answer.json
    }

    private func complaints(of controller: Installation.Controller) async -> [String] {
        guard let status = await status(of: controller) else {
            return ["\(controller.name): the status API does not answer"]
        }
        var complaints: [String] = []
        if status["ready"]?.boolValue != true { complaints.append("\(controller.name): not ready") }
        for service in status["services"]?.arrayValue ?? [] {
            let state = service["state"]?.stringValue ?? "unknown"
            if state != "active", state != "backup" {
                complaints.append(
                    "\(controller.name): \(service["name"]?.stringValue ?? "a service") is \(state) "
                        + (service["reason"]?.stringValue ?? ""))
            }
        }
        for member in status["store"]?["members"]?.arrayValue ?? [] where member["healthy"]?.boolValue != true {
            complaints.append("\(controller.name) sees store member \(member["name"]?.stringValue ?? "?") unhealthy")
        }
        return complaints
    }
}
