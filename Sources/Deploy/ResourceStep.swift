import Blueprint
import FoundationEssentials
import Remote

/// The script that brings a resource about. Pure. Every script may run again after it has stopped half-way.
enum ResourceStep {
    /// Nil for the executable, which is copied instead.
    static func script(_ resource: Resource) -> String? {
        switch resource {
        case .packages(let names): packages(names)
        case .user(let name):
            "id -u \(name) >/dev/null 2>&1 || useradd --system --user-group --no-create-home --home-dir /nonexistent "
                + "--shell /usr/sbin/nologin \(shellWord(name))"
        case .directory(let path, let owner, let mode):
            "install -d -o \(user(owner)) -g \(group(owner)) -m \(String(mode, radix: 8)) \(shellWord(path))"
        case .file(let file): fileScript(file)
        case .sealed(let path, let content): sealedScript(path, content)
        case .executable: nil
        case .service(let service): serviceScript(service)
        case .command(let command): commandScript(command)
        }
    }

    /// How long a resource's script may take.
    static func seconds(_ resource: Resource) -> Int {
        switch resource {
        case .packages: 1_200
        case .service(let service): service.readySeconds + 60
        case .command(let command): 2 * command.seconds + 60
        case .executable: 600
        default: 60
        }
    }

    /// Installs packages. For its time nothing may start services (`policy-rc.d`), since their configuration is not
    /// there yet; the package lists are only fetched anew when a package is not found in the present ones. The packages that
    /// were not there before are noted down as Skein's, and their own units switched off, so that they do not start with the
    /// host either.
    ///
    /// - Parameters:
    ///   - policy: where Debian looks for the policy (policy-rc.d(8)).
    ///   - record: the list of packages that Skein has installed.
    static func packages(
        _ names: [String], policy: String = "/usr/sbin/policy-rc.d", record: String = DeploymentPath.installedPackages
    ) -> String {
        let list = ResourceProbe.words(names)
        let noted = Set(names).union(PackagedUnits.all.map(\.package)).sorted()
        let units = PackagedUnits.all.map { "\($0.package)) units='\($0.units.joined(separator: " "))' ;;" }
        return """
            policy=\(shellWord(policy)) record=\(shellWord(record))
            mark='# Made by skein for the time of an installation.'
            # One that a killed run has left is Skein's to remove; with it no service would start in later installations.
            if [ ! -e "$policy" ] || grep -qxF "$mark" "$policy"; then
                trap 'rm -f "$policy"' EXIT
                printf '#!/bin/sh\\n%s\\nexit 101\\n' "$mark" >"$policy"
                chmod 755 "$policy"
            fi
            installed() { [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }
            mkdir -p "${record%/*}"
            # Before anything is installed: a run that is killed meanwhile leaves the list to the next one.
            for package in \(ResourceProbe.words(noted)); do
                installed "$package" || echo "$package"
            done | sort -u - $([ ! -e "$record.unsettled" ] || echo "$record.unsettled") >"$record.new"
            mv -f "$record.new" "$record.unsettled"
            export DEBIAN_FRONTEND=noninteractive
            options='-y -q --no-install-recommends -o DPkg::Lock::Timeout=300 -o Dpkg::Options::=--force-confdef'
            options="$options -o Dpkg::Options::=--force-confold -o Acquire::Retries=3"
            # What an earlier installation was stopped in the middle of.
            dpkg --configure -a
            # What is there stays at its version: an upgrade of somebody else's would end with a service that is not restarted.
            missing=$(for package in \(list); do installed "$package" || echo "$package"; done)
            if [ -n "$missing" ]; then
                if ! apt-get $options install --simulate $missing >/dev/null 2>&1; then
                    apt-get -q -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300 update
                fi
                apt-get $options install $missing
            fi
            while read -r package; do
                installed "$package" || continue
                case "$package" in
                \(units.joined(separator: "\n    "))
                *) units= ;;
                esac
                if [ -n "$units" ]; then systemctl disable --now --quiet $units 2>/dev/null || true; fi
                grep -qxF "$package" "$record" 2>/dev/null || echo "$package" >>"$record"
            done <"$record.unsettled"
            rm -f "$record.unsettled"
            """
    }

    /// What an installation of packages that did not end was to install.
    static let unsettledPackages = DeploymentPath.installedPackages + ".unsettled"

    private static func fileScript(_ file: Resource.File) -> String {
        let encoded = Data(file.content.utf8).base64EncodedString(options: [
            .lineLength76Characters, .endLineWithLineFeed,
        ])
        let validation =
            file.validation.map {
                """
                if ! sh -ceu \(shellWord($0)) sh "$new" >"$new.log" 2>&1; then
                    echo "the new \(file.path) is refused:" >&2; tail -n 20 "$new.log" >&2; rm -f "$new" "$new.log"; exit 1
                fi
                rm -f "$new.log"
                """
            } ?? ""
        return """
            path=\(shellWord(file.path))
            new="$path.skein-new"
            mkdir -p "$(dirname "$path")"
            (umask 077; base64 -d >"$new" <<'SKEIN_END'
            \(encoded)
            SKEIN_END
            )
            \(validation)
            chown \(ResourceProbe.fullOwner(file.owner)) "$new"
            chmod \(String(file.mode, radix: 8)) "$new"
            mv -f "$new" "$path"
            """
    }

    private static func sealedScript(_ path: String, _ content: String) -> String {
        """
        if command -v systemd-creds >/dev/null; then
            new=\(shellWord(path + ".skein-new"))
            (umask 077; base64 -d <<'SKEIN_END' | \(SealedFile.closing(to: "$new")) 2>"$new.log") || {
        \(Data(content.utf8).base64EncodedString(options: [.lineLength76Characters, .endLineWithLineFeed]))
        SKEIN_END
                cat "$new.log" >&2; rm -f "$new" "$new.log"; exit 1
            }
            rm -f "$new.log"
            chmod \(String(SealedFile.mode, radix: 8)) "$new"
            mv -f "$new" \(shellWord(path))
        fi
        """
    }

    /// A script in a subshell of its own, where its traps are no matter to what is around it.
    static func apart(_ script: String) -> String { "(\ntrap 'exit 143' HUP INT TERM\n\(script)\n)" }

    /// Notes that a service is started with the files as they are, so that nobody restarts it for them.
    static func noteStamps(_ service: Resource.Service) -> String {
        apart(
            """
            \(ResourceProbe.prelude)
            \(stamps(service))
            \(keepStamps)
            """)
    }

    private static func stamps(_ service: Resource.Service) -> String {
        """
        mkdir -p "$stamps"
        restart=$(stamp \(ResourceProbe.words(service.restartsOn)))
        reload=$(stamp \(ResourceProbe.words(service.reloadsOn)))
        known="$stamps/\(service.name)"
        """
    }

    private static let keepStamps = """
        printf '%s\\n%s\\n' "$restart" "$reload" >"$known.new"
        mv -f "$known.new" "$known"
        """

    /// Decides on the host itself between start, restart and reload, by the same stamps as the probe.
    private static func serviceScript(_ service: Resource.Service) -> String {
        let unit = shellWord(service.name)
        let ready = service.readiness.map { "timeout 60 sh -ceu \(shellWord($0)) >/dev/null 2>&1" } ?? "true"
        return """
            \(ResourceProbe.prelude)
            \(stamps(service))
            # Always: systemd does not notice a first drop-in of a unit that it has already loaded.
            systemctl daemon-reload
            systemctl -q is-enabled \(unit) 2>/dev/null || systemctl enable --quiet \(unit) 2>&1
            case "$(systemctl is-active \(unit) 2>/dev/null || true)" in
            active | reloading | activating)
                if [ "$restart" != "$(sed -n 1p "$known" 2>/dev/null)" ]; then
                    systemctl reset-failed \(unit) 2>/dev/null || true
                    systemctl restart --no-block \(unit)
                elif [ "$reload" != "$(sed -n 2p "$known" 2>/dev/null)" ]; then
                    systemctl reload-or-restart \(unit)
                fi ;;
            *)
                systemctl reset-failed \(unit) 2>/dev/null || true
                systemctl start --no-block \(unit) ;;
            esac
            \(keepStamps)
            begin=$(date +%s)
            while :; do
                # A job still in the queue means that what runs may yet be the old process.
                if systemctl -q is-active \(unit) && ! systemctl list-jobs --no-legend 2>/dev/null | grep -qF \(unit) \
                    && \(ready); then
                    exit 0
                fi
                if [ $(($(date +%s) - begin)) -ge \(service.readySeconds) ]; then break; fi
                # What systemd has given up on does not come by itself.
                if systemctl -q is-failed \(unit) && [ $(($(date +%s) - begin)) -ge 3 ]; then break; fi
                sleep 0.2
            done
            {
                echo "\(service.name) does not serve after $(($(date +%s) - begin)) s" \
                    "($(systemctl is-active \(unit) || true)); its last lines:"
                # Of its processes alone: systemd's own lines would fill the room when it starts again and again.
                journalctl --no-pager -q -o cat -n 12 _SYSTEMD_UNIT=\(unit) || true
            } >&2
            exit 1
            """
    }

    private static func commandScript(_ command: Resource.Command) -> String {
        let check = "timeout 60 sh -ceu \(shellWord(command.check)) >/dev/null 2>&1"
        return """
            if \(check); then exit 0; fi
            timeout \(command.seconds) sh -ceu \(shellWord(command.apply))
            begin=$(date +%s)
            while ! \(check); do
                if [ $(($(date +%s) - begin)) -ge \(command.seconds) ]; then
                    echo \(shellWord("it was done and does not show: \(command.title)")) >&2; exit 1
                fi
                sleep 0.5
            done
            """
    }

    private static func user(_ owner: String) -> String { String(owner.prefix { $0 != ":" }) }

    private static func group(_ owner: String) -> String {
        owner.split(separator: ":").last.map(String.init) ?? owner
    }
}
