import Blueprint
import FoundationEssentials
import Glibc
import JSON
import Remote
import Testbed

/// Who changes a deployment at the moment: one run at a time, from whatever machine.
///
/// The lock is a file lock on each host that runs a part of the installation, kept by a step that ends with its run: so
/// that two operators meet wherever they start from, and a run that was killed leaves nothing behind. A host that cannot
/// be reached is left out; nothing can be done on it, either.
struct DeploymentLock {
    /// On a memory file system that only root writes to: not `/run/lock`, where anybody could keep it.
    static let path = "/run/skein-deployment.lock"
    /// The exit code of a script that found the lock taken.
    static let isTaken = 75

    /// Who asks for it.
    struct Holder: Hashable {
        /// The command, such as `skein up`.
        var command: String
        var user: String
        /// The machine that it runs on.
        var machine: String
        var process: Int

        static func thisProcess(command: String) -> Holder {
            Holder(
                command: command, user: ProcessInfo.processInfo.userName, machine: ProcessInfo.processInfo.hostName,
                process: Int(getpid()))
        }

        /// A line of JSON.
        var text: String {
            let value: JSONValue = [
                "command": .string(command), "user": .string(user), "machine": .string(machine),
                "process": .integer(process),
            ]
            return value.text
        }

        init(command: String, user: String, machine: String, process: Int) {
            self.command = command
            self.user = user
            self.machine = machine
            self.process = process
        }

        /// Nil for text that is none, such as that of a holder who has not written it yet.
        init?(_ text: some StringProtocol) {
            guard let value = try? JSONValue(parsing: String(text)), let command = value["command"]?.stringValue,
                let user = value["user"]?.stringValue, let machine = value["machine"]?.stringValue,
                let process = value["process"]?.integerValue
            else { return nil }
            self.init(command: command, user: user, machine: machine, process: process)
        }
    }

    /// A script that takes the lock, says so, and keeps it; or that says on its standard error who has it. The host's clock
    /// tells both times, whatever those of the operators' machines are.
    static func script(_ holder: Holder, path: String = Self.path) -> String {
        let file = shellWord(path)
        return """
            umask 077
            exec 9>>\(file)
            if ! flock -n 9; then
                # Who took it this very moment has not written its name yet.
                sleep 0.2
                since=$(stat -c %Y \(file))
                echo "$(date -u -d "@$since" '+%Y-%m-%d %H:%M:%S UTC')" >&2
                echo "$(($(date +%s) - since))" >&2
                cat \(file) >&2
                exit \(isTaken)
            fi
            printf '%s\\n' \(shellWord(holder.text)) >\(file)
            echo held
            exec sleep \(longest)
            """
    }

    /// Longer than any run, in seconds.
    private static let longest = 1 << 30

    /// What to tell the one who comes second; nil when the script did not find the lock taken.
    ///
    /// - Parameter words: what the script printed on its standard error.
    static func refusal(host: String, words: String) -> String? {
        let lines = words.split(separator: "\n")
        guard lines.count >= 2, lines[0].hasSuffix(" UTC"), let age = Int(lines[1]) else { return nil }
        let holder = lines.dropFirst(2).first.flatMap { Holder($0) }
        let who =
            holder.map { "`\($0.command)` of \($0.user) on \($0.machine) (process \($0.process))" }
            ?? "another run of skein"
        return
            "\(who) changes this deployment since \(lines[0]) (\(duration(age))); \(host) says so. Nothing was changed: wait "
            + "for its end, or end it. The lock ends with that run or its connection"
    }

    private static func duration(_ seconds: Int) -> String {
        seconds < 120 ? "\(max(0, seconds)) s" : "\(seconds / 60) min"
    }
}

extension Deployment {
    /// Does something while no other run can change the deployment.
    ///
    /// - Parameter command: what is done, for whoever comes second: `skein up`.
    /// - Throws: ``DeployError`` `locked` when another run changes it, and what `body` throws.
    package func locked<Value>(by command: String, _ body: () async throws -> Value) async throws -> Value {
        let steps = try await takeLock(.thisProcess(command: command))
        let result: Result<Value, any Error>
        do {
            result = .success(try await body())
        } catch {
            result = .failure(error)
        }
        await release(steps)
        return try result.get()
    }

    private func takeLock(_ holder: DeploymentLock.Holder) async throws(DeployError) -> [HeldStep] {
        let candidates = serviceHosts
        // The connections are made at once; the locks are taken in one order, by which of two runs one gets all of them.
        let reachable = await concurrently(candidates) { host async in (try? await host.run("true", seconds: 30)) != nil
        }
        var steps: [HeldStep] = []
        for (host, isReachable) in zip(candidates, reachable) where isReachable {
            do throws(RemoteError) {
                steps.append(try await host.hold(DeploymentLock.script(holder)))
            } catch {
                // A host that goes away at this moment is one that cannot be reached.
                guard error.code == .failed else { continue }
                await release(steps)
                let reason = DeploymentLock.refusal(host: host.name, words: error.message)
                throw DeployError(.locked, reason ?? "\(host.name): it cannot be locked: \(error.message)")
            }
        }
        return steps
    }

    /// The hosts that run a part of the installation.
    var serviceHosts: [RemoteHost] {
        let names = Set(testbed.hosts.filter { !StatusProbe.units(of: $0).isEmpty }.map(\.name))
        return hosts.filter { names.contains($0.name) }
    }

    private func release(_ steps: [HeldStep]) async {
        _ = await concurrently(steps) { step async in await step.release() }
    }
}
