import Blueprint

/// The shell script (`/bin/sh -eu`, as root, on the host) of a fault that is brought about on the host itself, and the
/// one that undoes it. Each may be run twice, and the undo also when the fault never began or began half.
struct FaultScript: Hashable, Sendable {
    var begin: String
    var undo: String

    /// The faults that are done the same way in a lab and over SSH; nil for the others.
    init?(_ fault: Fault, controlAddress: String) {
        switch fault {
        case .stop(let unit):
            // keepalived goes with its health writer, and does not come back with it.
            let units = unit == "skein-vip-health" ? "\(unit) keepalived" : unit
            begin = "systemctl stop \(unit)"
            // Not waited for: RabbitMQ starts only when others do.
            undo = "systemctl start --no-block \(units)"
        case .restart(let unit):
            begin = "systemctl restart \(unit)"
            undo = ":"
        case .boundStoreDisk: (begin, undo) = (Self.boundStoreDisk, Self.unboundStoreDisk)
        case .fillStoreDisk: (begin, undo) = (Self.fillStoreDisk, Self.emptyStoreDisk)
        case .storeQuotaAlarm: (begin, undo) = Self.quotaAlarm(controlAddress)
        case .brokerMemoryAlarm:
            begin = "rabbitmqctl -q set_vm_memory_high_watermark 0.00001"
            undo = "rabbitmqctl -q set_vm_memory_high_watermark 0.4"
        case .brokerDiskAlarm:
            begin = "rabbitmqctl -q set_disk_free_limit 100000GB"
            undo = "rabbitmqctl -q set_disk_free_limit 200MB"
        case .usualVRRPSettings: (begin, undo) = (Self.usualVRRP, Self.ownVRRP)
        default: return nil
        }
    }

    private static let store = "/var/lib/skein/etcd"

    /// A tmpfs of what the data takes and 96 MiB more, limited by the kernel: the host's own disk cannot be filled.
    private static let boundStoreDisk = """
        mountpoint -q \(store) && exit 0
        systemctl stop skein-etcd
        mv \(store) \(store).drill
        mkdir -m 700 \(store)
        size=$(( $(du -sm \(store).drill | cut -f1) + 96 ))
        mount -t tmpfs -o size=${size}m,mode=700 skein-drill \(store)
        cp -a \(store).drill/. \(store)/
        systemctl start skein-etcd
        """

    /// What the member has written since goes back with it: a member that forgot what it acknowledged breaks the store.
    private static let unboundStoreDisk = """
        if mountpoint -q \(store); then
            systemctl stop skein-etcd || true
            rm -f \(store)/drill-filler
            rm -rf \(store).new
            mkdir -m 700 \(store).new
            cp -a \(store)/. \(store).new/
            touch \(store).new.complete
            umount \(store)
        fi
        if [ -e \(store).new.complete ]; then
            [ ! -e \(store).new ] || { rm -rf \(store); mv \(store).new \(store); }
            rm -rf \(store).drill \(store).new.complete
        elif [ -e \(store).drill ]; then
            rm -rf \(store)
            mv \(store).drill \(store)
        fi
        systemctl reset-failed skein-etcd 2>/dev/null || true
        systemctl start --no-block skein-etcd
        """

    private static let fillStoreDisk = """
        [ "$(findmnt -no SOURCE \(store))" = skein-drill ] || { echo "the store is not on a small disk" >&2; exit 1; }
        fallocate -l "$(df -B1 --output=avail \(store) | tail -n 1 | tr -d ' ')" \(store)/drill-filler
        """

    private static let emptyStoreDisk = """
        rm -f \(store)/drill-filler
        systemctl reset-failed skein-etcd 2>/dev/null || true
        systemctl start --no-block skein-etcd
        """

    /// The alarm is raised by the store's own maintenance call, and ended by the command of the manual.
    private static func quotaAlarm(_ address: String) -> (String, String) {
        let endpoint = "https://\(address):\(ServicePort.storeClient)"
        let keys =
            "--cacert \(DeploymentPath.authority) --cert \(DeploymentPath.certificate) "
            + "--key \(DeploymentPath.storePrivateKey)"
        let begin = """
            member=$(curl -fsS -m 5 \(keys) \(endpoint)/v3/maintenance/status -X POST -d '{}' \
            | sed -n 's/.*"member_id":"\\([0-9]*\\)".*/\\1/p')
            [ -n "$member" ] || { echo "the store does not say which member this is" >&2; exit 1; }
            curl -fsS -m 5 \(keys) \(endpoint)/v3/maintenance/alarm -X POST \
            -d "{\\"action\\":\\"ACTIVATE\\",\\"memberID\\":\\"$member\\",\\"alarm\\":\\"NOSPACE\\"}" >/dev/null
            """
        let undo = """
            ETCDCTL_API=3 etcdctl --endpoints=\(endpoint) --cacert=\(DeploymentPath.authority) \
            --cert=\(DeploymentPath.certificate) --key=\(DeploymentPath.storePrivateKey) alarm disarm >/dev/null
            """
        return (begin, undo)
    }

    private static let keepalived = "/etc/keepalived/keepalived.conf"
    private static let usualVRRP = """
        [ -e \(keepalived).drill ] || cp -p \(keepalived) \(keepalived).drill
        sed -e 's/advert_int .*/advert_int 1/' -e '/down_timer_adverts/d' -e '/^ *track_file.*{/,/}/d' \
        \(keepalived).drill >\(keepalived)
        systemctl restart keepalived
        """
    private static let ownVRRP = """
        [ -e \(keepalived).drill ] || exit 0
        mv -f \(keepalived).drill \(keepalived)
        systemctl restart keepalived
        """
}
