/// A timer that restarts a broker node which is cut off for good.
///
/// A node that was frozen for longer than the tick time comes back alone now and then: it runs, the others run, and
/// neither connects to the other again (seen in the lab; `pause_minority` does not notice it). Or they connect again so
/// soon that nobody pauses, and both sides remember a partition. Or a node that has paused stays so although it has the
/// others again (RabbitMQ 3.10, seen after a partition of 12 s). Only a restart heals them, and it deletes nothing.
///
/// It is a shell script and no service of its own, since it may do no more than look and restart. A look at TCP
/// connections costs no CPU; the broker itself, which costs a second of it, is asked now and then, and at once when it has
/// closed its port to clients, as a paused one does.
package struct BrokerWatch {
    /// The control address of every broker node, this one included, in the same order on all of them.
    var members: [String]
    /// This node's control address.
    var address: String
    /// On which the nodes connect to each other.
    var port: Int

    /// How often it looks, in seconds.
    static let interval = 15
    /// After so many looks in a row with the same result the first node of the list is restarted; each further node
    /// waits one look longer, so that never all of them restart at once.
    static let patience = 4
    /// Every so many looks the broker itself is asked.
    static let asking = 8
    /// After so many answers in a row, which are asked for at every look then.
    static let askingPatience = 3
    static let timer = "skein-broker-watch.timer"
    static let service = "skein-broker-watch.service"

    /// What the broker is asked, in Erlang: `true 0` is a node that runs and knows of no partition. A paused one has nobody
    /// who knows of partitions.
    package static let question = """
        lists:flatten(io_lib:format("~s ~p", [rabbit:is_running(), \
        case rabbit:is_running() of true -> length(rabbit_node_monitor:partitions()); false -> 0 end])).
        """

    private var position: Int { members.firstIndex(of: address) ?? 0 }

    var script: String {
        return """
            #!/bin/bash
            # Made by skein; `skein up` puts it back.
            set -u
            own=\(position) total=\(members.count)
            state=${RUNTIME_DIRECTORY:-/run/skein-broker-watch}/state
            looks=0 apart=0 stuck=0
            [ -r "$state" ] && read -r looks apart stuck <"$state"
            keep() { echo "$1 $2 $3" >"$state"; }
            # A node that starts waits for the others as long as it must.
            systemctl -q is-active \(DeploymentUnit.broker) || { keep 0 0 0; exit 0; }

            # A peer that takes connections and has none with this node is lost.
            connected=0 lost=0 earlier=0 index=-1
            for peer in \(members.joined(separator: " ")); do
                index=$((index + 1))
                [ "$index" = "$own" ] && continue
                if ss -Htn state established dst "$peer" "( sport = :\(port) or dport = :\(port) )" | grep -q .; then
                    connected=$((connected + 1))
                elif timeout 2 bash -c 'exec 3<>"$0"' "/dev/tcp/$peer/\(port)" 2>/dev/null; then
                    lost=$((lost + 1))
                    [ "$index" -lt "$own" ] && earlier=$((earlier + 1))
                fi
            done
            majority() { [ $((2 * $1)) -gt "$total" ]; }

            # Without a majority this side is the one that joins the other again. With one, two nodes miss only each
            # other, and the later one of the list gives way.
            if [ "$lost" -gt 0 ] && ! majority $((connected + 1)) || [ "$earlier" -gt 0 ]; then
                apart=$((apart + 1))
            else
                apart=0
            fi

            reason="cut off from $lost of $((total - 1)) nodes, which all can be reached"
            looks=$((looks + 1))
            listens=$(ss -Hltn "sport = :\(ServicePort.broker)")
            if [ "$stuck" -gt 0 ] || [ -z "$listens" ] || [ $((looks % \(Self.asking))) = 0 ]; then
                answer=$(nice -n 10 timeout 20 \(DeploymentPath.brokerControl) -q --timeout 15 eval \
                    '\(Self.question)' 2>/dev/null | tr -d '"')
                read -r runs partitions <<<"$answer"
                case "${runs:-} ${partitions:-}" in
                true\\ [1-9]*)
                    if majority $((total - partitions)); then stuck=0; else stuck=$((stuck + 1)); fi
                    [ "$stuck" -gt 0 ] && reason="on the smaller side of a partition that did not heal" ;;
                false\\ *)
                    # Paused, as it should be while a majority is away.
                    if majority $((connected + 1)); then stuck=$((stuck + 1)); else stuck=0; fi
                    reason="stopped although it reaches $connected of $((total - 1)) nodes" ;;
                *) stuck=0 ;;
                esac
            fi

            if [ "$apart" -ge $((\(Self.patience) + own)) ] || [ "$stuck" -ge $((\(Self.askingPatience) + own)) ]; then
                echo "RabbitMQ is $reason, and stays so: restarting it"
                keep 0 0 0
                systemctl restart --no-block \(DeploymentUnit.broker)
            else
                keep "$looks" "$apart" "$stuck"
            fi

            """
    }

    var serviceUnit: SystemdUnit {
        SystemdUnit(
            unit: ["Description=Restarts a RabbitMQ node that is cut off for good"],
            service: [
                "Type=oneshot", "ExecStart=\(DeploymentPath.brokerWatch)", "TimeoutStartSec=60",
                "RuntimeDirectory=skein-broker-watch", "RuntimeDirectoryPreserve=yes",
            ])
    }

    var timerUnit: SystemdUnit {
        SystemdUnit(
            unit: ["Description=Looks every \(Self.interval) s whether RabbitMQ is cut off"],
            timer: ["OnBootSec=\(Self.interval)s", "OnUnitActiveSec=\(Self.interval)s", "AccuracySec=1s"],
            wantedBy: "timers.target")
    }
}
