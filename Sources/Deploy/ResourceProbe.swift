import Blueprint
import Crypto
import Remote

/// Asks a host, in one script, how all of its resources are. Pure: makes the script, and reads what it printed.
enum ResourceProbe {
    /// The SHA-256 of the executable that hosts should have, in hexadecimal digits.
    typealias Digest = String

    /// A script that prints one line for each resource: its position, a tab, and `ok` or what is wrong.
    static func script(_ resources: [Resource], executable: Digest) -> String {
        let checks = resources.enumerated().map { index, resource in
            check(resource, executable: executable).replacing("{index}", with: String(index))
        }
        return ([prelude] + checks).joined(separator: "\n")
    }

    /// The state of each resource, in order. Nil when a line is missing: the script did not run to its end.
    static func states(_ output: String, count: Int) -> [ResourceState]? {
        var states = [ResourceState?](repeating: nil, count: count)
        for line in output.split(separator: "\n") {
            let parts = line.split(separator: "\t", maxSplits: 1)
            guard parts.count == 2, let index = Int(parts[0]), states.indices.contains(index) else { continue }
            states[index] = ResourceState(String(parts[1]))
        }
        let known = states.compactMap { $0 }
        return known.count == count ? known : nil
    }

    /// The SHA-256 of a text, in hexadecimal digits.
    static func digest(_ text: String) -> Digest {
        SHA256.hash(data: Array(text.utf8)).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// Functions that both the probe and the steps use. `stamp` is one number for the content of several files; it
    /// is kept when a service is started, so that a change is noticed even when the run that made it did not finish.
    static let prelude = """
        stamps=\(DeploymentPath.state)/applied
        sums=$(mktemp -d)
        trap 'rm -rf "$sums"' EXIT
        say() { printf '%s\\t%s\\n' "$1" "$2"; }
        sum() {
            cached="$sums/$(printf %s "$1" | tr / _)"
            [ -f "$cached" ] || { sha256sum -- "$1" 2>/dev/null | cut -d' ' -f1 >"$cached"; }
            cat "$cached"
        }
        stamp() { for file; do sum "$file"; done | sha256sum | cut -d' ' -f1; }
        """

    private static func check(_ resource: Resource, executable: Digest) -> String {
        switch resource {
        case .packages(let names):
            return """
                missing=
                for p in \(words(names)); do
                    [ "$(dpkg-query -W -f='${db:Status-Status}' "$p" 2>/dev/null)" = installed ] || missing="$missing $p"
                done
                if [ -z "$missing" ] && [ -e \(ResourceStep.unsettledPackages) ]; then missing=" $(tr '\\n' ' ' <\(ResourceStep.unsettledPackages))"; fi
                if [ -z "$missing" ]; then say {index} ok; else say {index} "missing$missing"; fi
                """
        case .user(let name):
            return "if id -u \(shellWord(name)) >/dev/null 2>&1; then say {index} ok; else say {index} missing; fi"
        case .directory(let path, let owner, let mode):
            return "if [ -d \(shellWord(path)) ]; then\n\(access(path, owner, mode))\nelse say {index} missing; fi"
        case .file(let file):
            return """
                if [ ! -e \(shellWord(file.path)) ]; then say {index} missing
                elif [ "$(sum \(shellWord(file.path)))" != \(digest(file.content)) ]; then say {index} content
                else
                \(access(file.path, file.owner, file.mode))
                fi
                """
        case .sealed(let path, let content):
            return """
                if ! command -v systemd-creds >/dev/null; then say {index} ok
                elif [ ! -e \(shellWord(path)) ]; then say {index} missing
                elif [ "$(\(SealedFile.opening(path)) 2>/dev/null | sha256sum | cut -d' ' -f1)" != \(digest(content)) ]; then
                    say {index} content
                else
                \(access(path, "root", SealedFile.mode))
                fi
                """
        case .executable(let path):
            return """
                if [ "$(sum \(shellWord(path)))" = \(executable) ]; then say {index} ok; else say {index} content; fi
                """
        case .service(let service):
            return serviceCheck(service)
        case .command(let command):
            return """
                if timeout 60 sh -ceu \(shellWord(command.check)) >/dev/null 2>&1; then say {index} ok
                else say {index} missing; fi
                """
        }
    }

    private static func serviceCheck(_ service: Resource.Service) -> String {
        let unit = shellWord(service.name)
        let readiness =
            service.readiness.map { "timeout 60 sh -ceu \(shellWord($0)) >/dev/null 2>&1" } ?? "true"
        return """
            case "$(systemctl is-active \(unit) 2>/dev/null || true)" in
            active | reloading | activating)
                if ! systemctl -q is-enabled \(unit) 2>/dev/null; then say {index} disabled
                elif [ "$(stamp \(words(service.restartsOn)))" != "$(sed -n 1p "$stamps/\(service.name)" 2>/dev/null)" ]; then
                    say {index} restart
                elif [ "$(stamp \(words(service.reloadsOn)))" != "$(sed -n 2p "$stamps/\(service.name)" 2>/dev/null)" ]; then
                    say {index} reload
                elif [ "$(systemctl show --property NeedDaemonReload --value \(unit))" = yes ]; then
                    say {index} reload
                elif \(readiness); then say {index} ok
                else say {index} unready; fi ;;
            *) say {index} stopped ;;
            esac
            """
    }

    /// Says `ok` or `access` for the owner and mode of what is at a path.
    private static func access(_ path: String, _ owner: String, _ mode: Int) -> String {
        let expected = "\(fullOwner(owner)) \(String(mode, radix: 8))"
        return """
            if [ "$(stat -c '%U:%G %a' \(shellWord(path)))" = '\(expected)' ]; then say {index} ok
            else say {index} access; fi
            """
    }

    /// A user alone stands for its own group, too.
    static func fullOwner(_ owner: String) -> String {
        owner.contains(":") ? owner : "\(owner):\(owner)"
    }

    static func words(_ texts: [String]) -> String {
        texts.map { shellWord($0) }.joined(separator: " ")
    }
}
