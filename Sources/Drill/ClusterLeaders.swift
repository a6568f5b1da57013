import Blueprint
import JSON

/// Who leads the store and the tasks that only one controller may run, as one controller sees it.
struct ClusterLeaders: Hashable, Sendable {
    /// The host whose member leads the store; nil when no member says that it does.
    var store: String?
    /// The leading host by task.
    var tasks: [String: String]

    /// - Parameters:
    ///   - status: a controller's answer to `/status`.
    ///   - controllers: the hosts by whose addresses the store's members are known.
    /// - Returns: nil when this controller cannot know: it sees no majority of the store's members at work.
    init?(status: JSONValue, controllers: [Installation.Controller]) {
        let members = status["store"]?["members"]?.arrayValue ?? []
        let healthy = members.filter { $0["healthy"]?.boolValue ?? false }
        guard healthy.count * 2 > members.count else { return nil }
        let leader = healthy.first { $0["leader"]?.boolValue ?? false }
        store = leader.map { leader in
            let endpoint = leader["endpoint"]?.stringValue ?? ""
            let host = controllers.first { endpoint.contains("//\($0.controlAddress):") }
            return host?.name ?? leader["name"]?.stringValue ?? endpoint
        }
        let leaders = status["leaders"]?.objectValue ?? [:]
        tasks = Dictionary(
            leaders.compactMap { member in member.value.stringValue.map { (member.name, $0) } },
            uniquingKeysWith: { first, _ in first })
    }
}

extension InstallationHealth {
    /// How long a controller is given before the next one is asked, too.
    private static let hedge = Duration.milliseconds(300)

    /// By the first answer of a controller that can know; nil when there is none.
    func leaders() async -> ClusterLeaders? {
        await withTaskGroup(of: ClusterLeaders?.self) { group in
            for (position, controller) in installation.controllers.enumerated() {
                group.addTask {
                    guard (try? await Task.sleep(for: Self.hedge * position)) != nil else { return nil }
                    let url = installation.backendURL(controller, .collector) + "/status"
                    guard let answer = try? await client.send("GET", url, token: nil, seconds: 2),
                        answer.status == 200
                    else { return nil }
                    return ClusterLeaders(status: answer.json, controllers: installation.controllers)
                }
            }
            defer { group.cancelAll() }
            for await leaders in group {
                if let leaders { return leaders }
            }
            return nil
        }
    }
}
