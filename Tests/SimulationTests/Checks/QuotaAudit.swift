import Addressing
import JSON
import Model
import Simulator
import Store
import StoreContents

/// That no transaction has made more of something than its project's limit allowed at that moment: the store's log is
/// counted again from the beginning.
struct QuotaAudit {
    private static let kinds = [
        "virtual-network": "virtual_network", "virtual-machine-interface": "virtual_machine_interface",
    ]

    private let project: ObjectID
    private var objects: [String: Set<ObjectID>] = [:]
    private var limits: [String: Int] = [:]

    /// - Parameters:
    ///   - contents: what was there before the log.
    ///   - project: one that has its own limits, which are those of both APIs.
    init(contents: StoreContents, project: ObjectID) {
        self.project = project
        for entry in contents.list(prefix: "/objects/").entries { note(entry) }
    }

    func violations(in log: [LogEntry]) -> [String] {
        var audit = self
        return log.flatMap { audit.check($0) }
    }

    private mutating func check(_ logged: LogEntry) -> [String] {
        let before = objects.mapValues(\.count)
        for event in logged.events {
            switch event {
            case .put(let entry): note(entry)
            case .delete(let path):
                if case .object(let type, let id) = StoreKey(path: path) { objects[type]?.remove(id) }
            }
        }
        return objects.compactMap { type, ids -> String? in
            guard let limit = limits[type], ids.count > limit, ids.count > before[type] ?? 0 else { return nil }
            return "\(ids.count) of \(type) were made with a limit of \(limit)"
        }
    }

    private mutating func note(_ entry: StoredEntry) {
        guard case .object(let type, let id) = StoreKey(path: entry.key),
            Self.kinds[type] != nil && !(objects[type]?.contains(id) ?? false) || type == "project" && id == project,
            let object = try? ConfigObject(type: type, id: id, stored: entry.value, modified: entry.modified)
        else { return }
        if type == "project" {
            limits = Self.kinds.mapValues { object.properties["quota"]?[$0]?.integerValue ?? .max }
        } else if object.parent?.id == project {
            objects[type, default: []].insert(id)
        }
    }
}
