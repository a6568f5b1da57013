import FoundationEssentials
import Glibc

/// The processes of a systemd unit: what they do, and how they are ended.
struct UnitProcesses {
    /// What was seen of them at one moment.
    struct Activity: Equatable {
        /// How often they have gone to sleep so far, all together.
        var sleeps: Int
        /// One of them has a CPU or waits for one.
        var isRunnable: Bool
    }

    /// The files that may list them, one for each layout of the control groups; the first that exists counts.
    private let lists: [String]

    init(unit: String) {
        self.init(
            lists: ["", "/systemd", "/unified"].map { "/sys/fs/cgroup\($0)/system.slice/\(unit)/cgroup.procs" })
    }

    init(lists: [String]) {
        self.lists = lists
    }

    /// Nil when none runs, or one cannot be seen.
    var activity: Activity? {
        let processes = processes
        let texts = processes.compactMap { Self.text(of: "/proc/\($0)/status") }
        guard !processes.isEmpty, texts.count == processes.count else { return nil }
        return texts.reduce(Activity(sleeps: 0, isRunnable: false)) { sum, text in
            let one = Self.activity(in: text)
            return Activity(sleeps: sum.sleeps &+ one.sleeps, isRunnable: sum.isRunnable || one.isRunnable)
        }
    }

    /// Ends them all at once; systemd sees it, and starts the unit anew.
    ///
    /// - Returns: whether every one of them got the signal.
    func end() -> Bool {
        let processes = processes
        return !processes.isEmpty && processes.allSatisfy { kill($0, SIGKILL) == 0 || errno == ESRCH }
    }

    private var processes: [pid_t] {
        for list in lists {
            guard let text = Self.text(of: list) else { continue }
            // 0 would be this process's own group.
            return text.split(separator: "\n").compactMap { pid_t($0) }.filter { $0 > 1 }
        }
        return []
    }

    /// Reads what proc(5) says about a process in its `status`.
    static func activity(in status: String) -> Activity {
        var activity = Activity(sleeps: 0, isRunnable: false)
        for line in status.split(separator: "\n") {
            let words = line.split { $0 == "\t" || $0 == " " }
            guard words.count >= 2 else { continue }
            switch words[0] {
            case "State:": activity.isRunnable = words[1] == "R"
            case "voluntary_ctxt_switches:": activity.sleeps = Int(words[1]) ?? 0
            default: break
            }
        }
        return activity
    }

    private static func text(of path: String) -> String? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 8192)
        let count = read(file, &bytes, bytes.count)
        return count < 0 ? nil : String(decoding: bytes.prefix(count), as: UTF8.self)
    }
}
