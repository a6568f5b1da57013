import FoundationEssentials
import Glibc

/// The images that the hosts are made of; built once, kept over `down`.
struct LabImages: Sendable {
    let base: String
    let openstack: String?
    let packages: String

    /// The lock between processes that build or remove images.
    static let lockPath = "\(LabPaths.cacheRoot)/.lock"

    /// Makes what is missing. Throws `commandFailed` with the place of the log when something cannot be built.
    static func prepare(_ plan: LabPlan, packages names: [String], _ report: @escaping @Sendable (String) -> Void)
        async throws -> LabImages
    {
        try LabFiles.makeDirectory(LabPaths.cacheRoot)
        try Machine.requireSpace(megabytes: 3000, at: LabPaths.cacheRoot)
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
        try removeSuperseded(keeping: images)
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

    /// How long an image that no lab uses is kept: long enough for two kinds of labs to take turns.
    private static let keptUnused: time_t = 24 * 3600

    /// Removes images of older recipes that no lab uses and that none has used for a day.
    private static func removeSuperseded(keeping images: LabImages) throws(LabError) {
        var used = Set([images.base, images.openstack, images.packages].compactMap(\.self))
        for path in used { try LabFiles.write("", to: "\(path).used") }
        for name in LabFiles.names(in: LabPaths.stateRoot) {
            // A lab whose record cannot be read may use any of them.
            guard let record = try? LabFiles.value(LabRecord.self, at: "\(LabPaths.stateRoot)/\(name)/lab.json") else {
                return
            }
            used.formUnion([record.base, record.openstack, record.packages].compactMap(\.self))
        }
        for name in LabFiles.names(in: LabPaths.cacheRoot) where name.hasSuffix(".used") {
            let path = "\(LabPaths.cacheRoot)/\(name.dropLast(5))"
            var status = stat()
            guard !used.contains(path), stat(path + ".used", &status) == 0,
                time(nil) - status.st_mtim.tv_sec > keptUnused
            else { continue }
            try LabFiles.remove(path)
            try LabFiles.remove(path + ".used")
        }
    }

    /// Removes every image and package. Throws `busy` when a lab builds or uses them.
    static func wipe() throws(LabError) {
        guard LabFiles.exists(LabPaths.cacheRoot) else { return }
        guard let lock = try LabLock(tryingAt: lockPath) else {
            throw LabError(.busy, "another `skein lab up` builds images; run `skein lab down --wipe` when it is done")
        }
        let users = LabFiles.names(in: LabPaths.stateRoot)
        guard users.isEmpty else {
            throw LabError(
                .busy, "the images are in use by lab '\(users.joined(separator: "', '"))'; take it down before --wipe")
        }
        try LabFiles.remove(LabPaths.cacheRoot)
        lock.release()
    }
}
