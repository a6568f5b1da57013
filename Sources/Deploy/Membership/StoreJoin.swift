import Blueprint

/// The script by which a host gets a member of a store that is there: added as a learner, which has no vote, started, and
/// promoted once it has caught up. Pure.
///
/// It may run again wherever it was stopped, and looks before each of its steps: what it was decided by may have changed.
enum StoreJoin {
    /// How long the store may refuse a change of its members, in seconds: for 5 s after each one it does, and for as long as
    /// a member is away.
    private static let refusing = 60
    /// How long the new member may take to catch up, in seconds: several GB over a slow link.
    private static let catchingUp = 1_800
    static let seconds = refusing + catchingUp + 180

    /// - Parameter through: members that have a vote.
    static func script(through: [MemberHost]) -> String {
        """
        \(prelude(through: through))
        find() { ctl member list | awk -F', ' -v url="$url" '$4 == url { print '"$1"' }'; }
        # Tries until the store agrees, which it does not before all of its members are connected.
        insist() {
            begin=$(date +%s)
            until answer=$(ctl member "$@" 2>&1); do
                if [ $(($(date +%s) - begin)) -ge \(refusing) ]; then
                    echo "member $1 is refused: $(printf %s "$answer" | tail -n 1)" >&2; exit 1
                fi
                sleep 1
            done
        }
        insist list
        id=$(find '$1')
        if [ -n "$id" ] && [ ! -d \(DeploymentPath.storeLog) ]; then
            # It has told its client URLs: it was there once.
            if [ -n "$(find '$5')" ] && [ "$(find '$6')" = false ]; then
                echo "it is a member, and its data is gone" >&2
                echo "-> \\`skein replace TESTBED HOST\\` makes it anew" >&2
                exit 1
            fi
            insist remove "$id"
            id=
        fi
        if [ -z "$id" ]; then
            if [ -d \(DeploymentPath.storeLog) ]; then
                echo "it has data of another store" >&2
                echo "-> \\`skein replace TESTBED HOST\\` deletes it" >&2
                exit 1
            fi
            insist add "$name" --learner --peer-urls="$url"
            id=$(find '$1')
        fi
        if [ ! -d \(DeploymentPath.storeLog) ]; then
            # Members are known by their URLs; the names of others may be the same as this one's, and are no matter.
            cluster=$(ctl member list | awk -F', ' -v url="$url" -v name="$name" '
                { printf "%s%s=%s", (NR > 1 ? "," : ""), ($4 == url ? name : "member-" $1), $4 }')
            \(StoreFormation.start(.existing, cluster: "\"$cluster\""))
        fi
        systemctl -q is-active \(DeploymentUnit.store) || systemctl start --no-block \(DeploymentUnit.store)
        begin=$(date +%s)
        while [ "$(find '$6')" != false ]; do
            ctl member promote "$id" >/dev/null 2>&1 && continue
            if [ $(($(date +%s) - begin)) -ge \(catchingUp) ]; then
                echo "it has not caught up after \(catchingUp) s; its last lines:" >&2
                journalctl --no-pager -q -o cat -n 8 _SYSTEMD_UNIT=\(DeploymentUnit.store) >&2
                exit 1
            fi
            sleep 0.5
        done
        """
    }

    /// `ctl`, and the host's own `$name` and `$url`.
    static func prelude(through: [MemberHost]) -> String {
        """
        ctl() { \(StoreControl.command(through.map(\.controlAddress))) "$@"; }
        url=$(sed -n 's/^initial-advertise-peer-urls: //p' \(DeploymentPath.storeConfiguration))
        name=$(sed -n 's/^name: //p' \(DeploymentPath.storeConfiguration))
        [ -n "$url" ] && [ -n "$name" ]
        """
    }
}
