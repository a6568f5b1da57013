import FoundationEssentials
import Glibc

/// The images that the hosts are made of; built once, kept over `down`.
struct LabImages: Sendable {
    let base: String
    let openstack: String?
    let packages: String

    /// Makes what is missing. Throws `commandFailed` with the place of the log when something cannot be built.
    static func prepare(_ plan: LabPlan, packages names: [String], _ report: @escaping @Sendable (String) -> Void)
        async throws -> LabImages
    {
        try LabFiles.makeDirectory(LabPaths.cacheRoot)
        let lock = try await LabLock.images(report)
        try removeUnfinished()
        let base = ImageRecipe.base(
            suite: try await Machine.suite(), sources: try await Machine.packageSources())
        let basePath = try await build(base, report)
        let repository = ImageRecipe.packages(names, lower: basePath)
        let openstack = plan.keystoneURL.map { ImageRecipe.openstack(lower: basePath, keystoneURL: $0) }
        async let packagesPath = build(repository, report)
        async let openstackPath = build(openstack, report)
        let images = LabImages(base: basePath, openstack: try await openstackPath, packages: try await packagesPath)
        lock.release()
        return images
    }

    private static func build(_ recipe: ImageRecipe?, _ report: @Sendable (String) -> Void) async throws -> String? {
        guard let recipe else { return nil }
        return try await build(recipe, report) as String
    }

    private static func build(_ recipe: ImageRecipe, _ report: @Sendable (String) -> Void) async throws -> String {
        let path = "\(LabPaths.cacheRoot)/\(recipe.directoryName)"
        guard !LabFiles.exists(path) else { return path }
        report("building the \(recipe.kind) image (once; \(path))")
        let unfinished = "\(LabPaths.cacheRoot)/unfinished-\(recipe.kind)"
        let log = "\(LabPaths.cacheRoot)/\(recipe.kind).log"
        try LabFiles.makeDirectory("\(unfinished)/work")
        let script = """
            set -eu
            exec >\(log) 2>&1
            export OUT=\(unfinished)/out WORK=\(unfinished)/work
            \(recipe.script)
            """
        // In namespaces of its own: when it ends, however it ends, no mount and no process of it is left.
        let result = try await Command.result([
            "unshare", "--mount", "--pid", "--fork", "--kill-child", "--propagation", "private", "--mount-proc", "sh",
            "-c", script,
        ])
        guard result.succeeded else {
            let reason = Command.lastLines(of: LabFiles.text(log) ?? "")
            throw LabError(
                .commandFailed, "the \(recipe.kind) image could not be built; the log is \(log), its end: \(reason)")
        }
        guard rename("\(unfinished)/out", path) == 0 else {
            throw LabError(
                .fileSystem, "cannot rename \(unfinished)/out to \(path): \(String(cString: strerror(errno)))")
        }
        try LabFiles.remove(unfinished)
        report("built the \(recipe.kind) image")
        return path
    }

    /// Removes what an interrupted build left.
    private static func removeUnfinished() throws(LabError) {
        for name in LabFiles.names(in: LabPaths.cacheRoot) where name.hasPrefix("unfinished-") {
            try LabFiles.remove("\(LabPaths.cacheRoot)/\(name)")
        }
    }

    /// Removes every image and package. Throws `busy` when a lab builds or uses them.
    static func wipe() async throws {
        guard LabFiles.exists(LabPaths.cacheRoot) else { return }
        let users = LabFiles.names(in: LabPaths.stateRoot)
        guard users.isEmpty else {
            throw LabError(
                .busy, "the images are in use by lab '\(users.joined(separator: "', '"))'; take it down before --wipe")
        }
        try LabFiles.remove(LabPaths.cacheRoot)
    }
}
