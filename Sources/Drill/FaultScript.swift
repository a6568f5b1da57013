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
            begin = "systemctl stop \(unit)"
            // Not waited for: RabbitMQ starts only when others do.
            undo = "systemctl start --no-block \(unit)"
        case .restart(let unit):
            begin = "systemctl restart \(unit)"
            undo = ":"
        case .boundStoreDisk: (begin, undo) = (Self.boundStoreDisk, Self.unboundStoreDisk)
        case .fillStoreDisk: (begin, undo) = (Self.fillStoreDisk, Self.emptyStoreDisk)
        case .compactStore:
            begin = Self.compactStore(controlAddress)
            undo = ":"
        case .storeQuotaAlarm: (begin, undo) = Self.quotaAlarm(controlAddress)
        case .brokerMemoryAlarm:
            begin = "\(DeploymentPath.brokerControl) set_vm_memory_high_watermark 0.00001 >/dev/null"
            undo =
                "\(DeploymentPath.brokerControl) set_vm_memory_high_watermark 0.4 >/dev/null || \(Self.restartBroker)"
        case .brokerDiskAlarm:
            begin = "\(DeploymentPath.brokerControl) set_disk_free_limit 100000GB >/dev/null"
            undo = "\(DeploymentPath.brokerControl) set_disk_free_limit 200MB >/dev/null || \(Self.restartBroker)"
        case .usualVRRPSettings: (begin, undo) = (Self.usualVRRP, Self.ownVRRP)
        case .usualPartitionHandling:
            begin = Self.partitionHandling("autoheal")
            undo = "\(Self.partitionHandling("pause_minority")) || \(Self.restartBroker)"
        default: return nil
        }
    }

    /// Until the broker starts the next time: it is asked for anew at each partition.
    private static func partitionHandling(_ mode: String) -> String {
        "\(DeploymentPath.brokerControl) -q eval 'application:set_env(rabbit, cluster_partition_handling, \(mode)).' >/dev/null"
    }

    /// A broker that cannot be told of another limit has it from its configuration when it starts.
    private static let restartBroker = "systemctl restart --no-block \(DeploymentUnit.broker)"

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
            rm -f \(store)/drill-filler*
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
        free=$(df -B1 --output=avail \(store) | tail -n 1 | tr -d ' ')
        # The member goes on writing meanwhile: most at once, the rest until there is no more.
        [ "$free" -lt 2097152 ] || fallocate -l $((free - 1048576)) \(store)/drill-filler || true
        dd if=/dev/zero of=\(store)/drill-filler-rest bs=64k 2>/dev/null || true
        """

    private static let emptyStoreDisk = """
        rm -f \(store)/drill-filler*
        systemctl reset-failed skein-etcd 2>/dev/null || true
        systemctl start --no-block skein-etcd
        """

    private static func compactStore(_ address: String) -> String {
        """
        \(StoreControl.functions(address))
        revision=$(field revision)
        [ -n "$revision" ]
        ctl compact "$revision" >/dev/null
        """
    }

    private static let configuration = DeploymentPath.storeConfiguration

    /// The limit of one member is set below what its database has already: the store itself raises the alarm at the next
    /// write. The alarm is ended as the manual says, once the member has started again with its own limit.
    private static func quotaAlarm(_ address: String) -> (String, String) {
        let command = StoreControl.command([address], seconds: 2)
        let begin = """
            [ -e \(configuration).drill ] || cp -p \(configuration) \(configuration).drill
            sed -i 's/^quota-backend-bytes:.*/quota-backend-bytes: 1/' \(configuration)
            systemctl restart skein-etcd
            """
        let undo = """
            if [ -e \(configuration).drill ]; then
                mv -f \(configuration).drill \(configuration)
                systemctl restart skein-etcd
            fi
            tries=0
            until \(command) alarm disarm >/dev/null; do
                tries=$((tries + 1))
                [ $tries -lt 20 ]
                sleep 0.5
            done
            """
        return (begin, undo)
    }

    private static let keepalived = DeploymentPath.keepalivedConfiguration
    private static let health = DeploymentPath.vipHealth

    /// What makes `keepalived.conf` the usual one: an advertisement a second, as VRRP has it, and no health of Skein's.
    static let usualVRRPEdit = [
        "s/advert_int .*/advert_int 1/", "/down_timer_adverts/d",
        #"/^ *\(track_file\|track_script\|vrrp_script\).*{/,/}/d"#,
    ]
    /// What makes `vip-health.json` one that leaves keepalived alone. A keepalived that advertises once a second sleeps
    /// for longer than Skein's own ever does: it would be taken for one that hangs, and killed every few seconds.
    static let unwatchedHealthEdit = ["/\"keepalived\": {/,/}/c \"keepalived\": null"]

    private static func edited(_ file: String, _ edit: [String]) -> String {
        """
        [ -e \(file).drill ] || cp -p \(file) \(file).drill
        sed \(edit.map { "-e '\($0)'" }.joined(separator: " ")) \(file).drill >\(file)
        """
    }

    private static let usualVRRP = """
        \(edited(keepalived, usualVRRPEdit))
        \(edited(health, unwatchedHealthEdit))
        \(restartVRRP)
        """
    private static let ownVRRP = """
        [ -e \(keepalived).drill ] || [ -e \(health).drill ] || exit 0
        for file in \(keepalived) \(health); do
            [ ! -e $file.drill ] || mv -f $file.drill $file
        done
        \(restartVRRP)
        """
    /// The health writer's stop takes keepalived along, so it comes first.
    private static let restartVRRP = "systemctl restart skein-vip-health\nsystemctl restart \(DeploymentUnit.vip)"
}
