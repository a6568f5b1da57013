import Glibc

/// A lock between `skein lab` processes; it ends with the process that holds it.
struct LabLock: ~Copyable {
    private let descriptor: Int32
    private let path: String

    /// Takes the lock, or returns nil when another process has it.
    init?(tryingAt path: String) throws(LabError) {
        while true {
            let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else {
                throw LabError(.fileSystem, "cannot open the lock \(path): \(String(cString: strerror(errno)))")
            }
            guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
                close(descriptor)
                return nil
            }
            // The holder before may have removed the file: then this lock is on a file that nobody else will open.
            var locked = stat()
            var present = stat()
            if fstat(descriptor, &locked) == 0, stat(path, &present) == 0, locked.st_ino == present.st_ino {
                self.descriptor = descriptor
                self.path = path
                return
            }
            close(descriptor)
        }
    }

    /// Removes the lock's file; the lock itself is held until the value ends.
    borrowing func removeFile() { unlink(path) }

    /// Ends the lock; its holder calls this when its work is done.
    consuming func release() {}

    deinit { close(descriptor) }

    /// The path of the lock of one lab.
    static func path(_ name: LabName) -> String { "/run/skein-lab-\(name).lock" }

    /// Takes the lock of one lab, which nobody may wait for: two commands on one lab are a mistake.
    static func lab(_ name: LabName) throws(LabError) -> LabLock {
        guard let lock = try LabLock(tryingAt: path(name)) else {
            throw LabError(.busy, "another `skein lab` is working on lab '\(name)'; wait for it, or use another --name")
        }
        return lock
    }

    /// Takes the lock of the images, waiting for another lab that builds them.
    static func images(_ report: (String) -> Void) async throws -> LabLock {
        var told = false
        while true {
            if let lock = try LabLock(tryingAt: LabImages.lockPath) { return lock }
            if !told { report("waiting for another `skein lab` that builds images") }
            told = true
            try await Task.sleep(for: .milliseconds(200))
        }
    }
}
