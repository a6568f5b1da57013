import Glibc
import Synchronization

/// A process of its own that undoes what a drill leaves behind when it is killed.
///
/// It holds one end of a pipe whose other end only the drill has. The kernel closes that when the drill ends, however
/// it ends; then the guard undoes whatever the journal still lists. It is in a session of its own, so that what ends the
/// drill's terminal or process group does not end it too.
package final class FaultGuard: Sendable {
    private let process: pid_t
    private let pipe: Mutex<Int32?>

    /// Starts the guard.
    ///
    /// - Parameters:
    ///   - arguments: the program, by its path, and its arguments; it gets the pipe as its standard input.
    ///   - lock: the journal's lock, which the guard keeps.
    /// - Throws: ``DrillError`` when it cannot be started.
    package init(arguments: [String], lock: Int32) throws(DrillError) {
        var ends: [Int32] = [-1, -1]
        guard Glibc.pipe(&ends) == 0 else { throw Self.failed("its pipe", errno) }
        let (reader, writer) = (ends[0], ends[1])
        defer { close(reader) }
        // Before anything else of the drill starts a program: nobody but the drill may hold this end.
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, reader, 0)
        posix_spawn_file_actions_adddup2(&actions, lock, Self.lockDescriptor)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        posix_spawnattr_setflags(&attributes, Self.newSession)
        var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var process: pid_t = 0
        let result = posix_spawn(&process, arguments.first ?? "", &actions, &attributes, &words, environ)
        guard result == 0 else {
            close(writer)
            throw Self.failed(arguments.first ?? "", result)
        }
        self.process = process
        pipe = Mutex(writer)
    }

    /// glibc's `POSIX_SPAWN_SETSID` (spawn.h), which the Swift overlay does not show.
    private static let newSession: Int16 = 0x80
    /// Where the guard has the journal's lock.
    private static let lockDescriptor: Int32 = 3

    /// - Throws: ``DrillError`` when the guard has ended: then no fault may begin.
    package func check() throws(DrillError) {
        var status: Int32 = 0
        guard waitpid(process, &status, WNOHANG) == 0 else {
            throw DrillError("the guard that undoes the faults when the drill is killed has ended")
        }
    }

    /// Lets the guard end, and waits for it: it undoes what there still is.
    package func release() {
        pipe.withLock { descriptor in
            if let descriptor { close(descriptor) }
            descriptor = nil
        }
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
    }

    /// The guard's own side: returns when the drill has ended. What would end this process is not listened to.
    package static func waitForDrill() {
        for number in [SIGINT, SIGTERM, SIGHUP, SIGPIPE] { signal(number, SIG_IGN) }
        var byte: UInt8 = 0
        while true {
            let count = read(0, &byte, 1)
            if count == 0 || (count < 0 && errno != EINTR) { return }
        }
    }

    private static func failed(_ what: String, _ code: Int32) -> DrillError {
        DrillError("the drill's guard could not be started: \(what): \(String(cString: strerror(code)))")
    }
}
