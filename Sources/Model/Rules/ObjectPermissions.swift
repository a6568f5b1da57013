import Addressing
import JSON

/// What `perms2` of an object grants (vnc-api.md, 3.9): read 4, write 2, refer to it 1.
struct ObjectPermissions {
    private let owner: String
    private let ownerAccess: Int
    private let globalAccess: Int
    private let share: [(tenant: String, access: Int)]

    init(of object: ConfigObject) {
        let perms = object.properties["perms2"]
        owner = perms?["owner"]?.stringValue ?? ""
        ownerAccess = perms?["owner_access"]?.integerValue ?? 7
        globalAccess = perms?["global_access"]?.integerValue ?? 0
        share = (perms?["share"]?.arrayValue ?? []).compactMap { entry in
            guard let tenant = entry["tenant"]?.stringValue, let access = entry["tenant_access"]?.integerValue else {
                return nil
            }
            return (tenant, access)
        }
    }

    /// The bits that the caller has; an administrator has all.
    func access(for caller: EditContext.Caller) -> Int {
        if caller.isAdmin { return 7 }
        var access = globalAccess
        let project = Self.plain(caller.projectID)
        if Self.plain(owner) == project { access |= ownerAccess }
        for entry in share {
            let parts = entry.tenant.split(separator: ":", maxSplits: 1)
            let id = Self.plain(String(parts.last ?? ""))
            let isDomain = parts.count == 2 && parts[0] == "domain"
            if id == (isDomain ? Self.plain(caller.domainID) : project) { access |= entry.access }
        }
        return access
    }

    /// The bits as `RWX`, `R`, ….
    func text(for caller: EditContext.Caller) -> String {
        let access = access(for: caller)
        return (access & 4 != 0 ? "R" : "") + (access & 2 != 0 ? "W" : "") + (access & 1 != 0 ? "X" : "")
    }

    private static func plain(_ id: String) -> String { id.replacing("-", with: "").lowercased() }
}
