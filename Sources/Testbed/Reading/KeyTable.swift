/// Where a setting stands.
enum SettingPlace: Hashable, Sendable, CaseIterable {
    case ha
    case keystone
    case openstack
    case cfgm
    case cassandraSSL
    case controlData
    case environment
    case variable

    /// The setting as the file writes it.
    func subject(_ name: String) -> String {
        switch self {
        case .ha: "env.ha['\(name)']"
        case .keystone: "env.keystone['\(name)']"
        case .openstack: "env.openstack['\(name)']"
        case .cfgm: "env.cfgm['\(name)']"
        case .cassandraSSL: "env.cfgm['cassandra_ssl']['\(name)']"
        case .controlData: "control_data[...]['\(name)']"
        case .environment: "env.\(name)"
        case .variable: name
        }
    }
}

/// All settings of contrail-ha.md, section 1.5, and Skein's own, as data.
enum KeyTable {
    enum Use: Hashable, Sendable {
        /// It changes what Skein does, or some check looks at it.
        case acted
        /// Known and without effect; the text says what it was for.
        case unused(String)
        /// Read and checked, and without effect until Skein does more; the text says what it waits for.
        case notYet(String)
    }

    static func use(of name: String, in place: SettingPlace) -> Use? { uses[place]?[name] }

    /// The names known in a place, sorted.
    static func names(in place: SettingPlace) -> [String] { (uses[place] ?? [:]).keys.sorted() }

    /// The names in a place that are read, sorted.
    static func readNames(in place: SettingPlace) -> [String] {
        (uses[place] ?? [:]).filter { if case .unused = $0.value { false } else { true } }.keys.sorted()
    }

    /// Other places that know a name.
    static func places(of name: String, besides place: SettingPlace) -> [SettingPlace] {
        SettingPlace.allCases.filter { other in
            other != place && other != .controlData && other != .cassandraSSL && uses[other]?[name] != nil
        }
    }

    private static let uses: [SettingPlace: [String: Use]] = {
        var result: [SettingPlace: [String: Use]] = [:]
        for row in rows {
            for name in row.names.split(separator: " ") {
                result[row.place, default: [:]][String(name)] = row.reason.map { .unused($0) } ?? .acted
            }
        }
        for (place, name, reason) in notYet { result[place, default: [:]][name] = .notYet(reason) }
        return result
    }()

    private static let notYet: [(place: SettingPlace, name: String, reason: String)] = [
        (
            .controlData, "device",
            "Skein configures no interface: it finds the one that has the control address by that address."
        ),
        (.controlData, "vlan", "Skein configures no interface: the address has to be on one before `skein up`."),
        (.controlData, "gw", "Skein sets no route; the gateway is only compared with the addresses of the file."),
        (.variable, "router_asn", "Skein announces no routes to gateways yet, so there is no BGP that would need it."),
        (
            .variable, "ext_routers",
            "Skein announces no routes to gateways yet; their addresses are only compared with the virtual IPs."
        ),
    ]

    /// One row: a place, names in it, and what they were for when Skein does not use them.
    private typealias Row = (place: SettingPlace, names: String, reason: String?)

    private static let rows: [Row] = ha + dicts + environment + variables

    private static let ha: [Row] = [
        (
            .ha,
            """
            internal_vip external_vip contrail_internal_vip contrail_external_vip internal_virtual_router_id \
            external_virtual_router_id contrail_internal_virtual_router_id contrail_external_virtual_router_id
            """, nil
        ),
        (.ha, "nfs_server nfs_glance_path", "Images are OpenStack's own business; Skein deploys no Glance."),
        (.ha, "provision_openstack_ha", "The original read it nowhere either."),
    ]

    private static let dicts: [Row] = [
        (
            .keystone,
            """
            keystone_ip auth_protocol auth_port admin_token admin_user admin_password neutron_password service_tenant \
            admin_tenant region_name insecure cafile manage_neutron version user_domain_name project_domain_name
            """, nil
        ),
        (.keystone, "nova_password", "Skein configures no Nova."),
        (.keystone, "certfile keyfile", "Skein is a client of Keystone and needs no certificate of it."),
        (.openstack, "manage_amqp", nil),
        (
            .openstack, "service_token amqp_host amqp_port osapi_compute_workers conductor_workers service_dbpass",
            "Skein configures no OpenStack service but the network API."
        ),
        (.openstack, "haproxy_token", "Skein generates the password of its proxy's statistics."),
        (.cfgm, "amqp_hosts amqp_port amqp_password provision_neutron_server auth_protocol cassandra_ssl", nil),
        (.cfgm, "haproxy_token ifmap_token", "Skein generates its own passwords."),
        (.cfgm, "manage_db", "Skein's store is etcd on the database hosts; there is no Cassandra."),
        (
            .cfgm, "discovery_auth_protocol insecure certfile keyfile cafile",
            "Skein has no discovery service, and makes its own certificates."
        ),
        (
            .cassandraSSL,
            """
            enabled optional config_dir truststore rootCa keystore_password truststore_password protocol algorithm \
            store_type cipher_suites
            """, "Skein's store is etcd with certificates of its own; there is no Cassandra."
        ),
        (.controlData, "ip", nil),
    ]

    private static let environment: [Row] = [
        (
            .environment,
            """
            roledefs hostnames passwords password user key_filename openstack_admin_password ha keystone openstack cfgm \
            orchestrator
            """, nil
        ),
        (.environment, "ostypes", "It told the original how to reimage hosts; Skein installs no operating system."),
        (
            .environment, "interface_rename ntp_server kernel_upgrade http_proxy rsyslog_params hosts parallel",
            "Skein leaves the hosts' operating system as it is."
        ),
        (
            .environment, "encap_priority enable_lbaas qos qos_niantic flow_cache_timeout max_vm_flows neutron",
            "Skein's data plane and API have settings of their own."
        ),
        (.environment, "nova hypervisor sriov dpdk vrouter_module_params", "Skein configures no Nova and no vRouter."),
        (
            .environment, "vgw tor_agent tor_hosts physical_routers ca_cert_file compute_as_gateway_mode md5",
            "Gateways and switches of this kind are not deployed by Skein."
        ),
        (.environment, "vcenter vcenter_servers kubernetes", "Skein serves OpenStack only."),
        (
            .environment, "xmpp_auth_enable xmpp_dns_auth_enable optional_services",
            "The original read it nowhere either."
        ),
        (
            .environment,
            """
            test_repo_dir mail_to mail_from mail_server mail_port log_scenario cluster_id hosts_ipmi image_web_server \
            testbed_location pkg_dir mytestbed test mx_gw_test test_verify_on_setup
            """, "It belongs to the original's test runs."
        ),
    ]

    private static let variables: [Row] = [
        (
            .variable,
            """
            control_data control multi_tenancy aaa_mode minimum_diskGB keystone_ip \
            keystone_admin_user keystone_admin_password region_name service_token
            """, nil
        ),
        // Skein's own; Neutron has an option of this name.
        (.variable, "pagination_max_limit", nil),
        (
            .variable,
            """
            storage_data storage_node_config storage_replica_size live_migration ext_nfs_livem ext_nfs_livem_mount \
            ceph_nfs_livem ceph_nfs_livem_subnet ceph_nfs_livem_image ceph_nfs_livem_host nova_uid_fix \
            ext_nfs_glance ext_nfs_cinder
            """, "Skein deploys no storage."
        ),
        (.variable, "data bond static_route", "Skein uses the hosts' interfaces and routes as they are."),
        (
            .variable, "haproxy do_parallel", "Skein always deploys its proxy, and works on all hosts at once."
        ),
        (
            .variable,
            """
            database_dir analytics_data_dir ssd_data_dir database_ttl analytics_config_audit_ttl \
            analytics_statistics_ttl analytics_flow_ttl cassandra_user cassandra_password redis_password kafka_enabled \
            alarm_gen_num_instances analytics_aaa_mode cassandra_backup skip_keyspace backup_db_path
            """, "Skein has no Cassandra, Kafka or Redis."
        ),
        (.variable, "cloud_admin_role", "The cloud administrator's role is 'admin'."),
        (
            .variable, "enable_ceilometer ceilometer_polling_interval ceilometer_ttl",
            "Skein deploys no Ceilometer."
        ),
        (.variable, "neutron_metadata_proxy_shared_secret", "Skein configures no Nova metadata proxy yet."),
        (.variable, "rabbitmq_cluster_uuid", "Skein generates the cluster's cookie."),
        (
            .variable,
            """
            public_vn_rtgt public_vn_subnet os_username os_password os_tenant_name horizon_user horizon_password \
            webui_user webui_password ui_config ui_browser webui ha_setup ipmi_username ipmi_password controller_type \
            hypervisor_type rally_public_network rally_git_repo
            """, "It belongs to the original's test runs."
        ),
    ]
}

/// Names that files got wrong often enough to be known.
enum KnownSlips {
    /// What to write instead of a key in a place, and why the key had no effect there.
    static func correction(of name: String, in place: SettingPlace) -> (reason: String, proposal: String)? {
        switch (place, name) {
        case (.ha, "haproxy_token"):
            (
                "The original's example documents it here, and its code reads it from env.openstack and env.cfgm only.",
                "Remove it: Skein generates the password of its proxy's statistics."
            )
        case (.keystone, "manage_neutron_server"):
            (
                "The original never read it.",
                "The setting is env.cfgm['provision_neutron_server']; registration is env.keystone['manage_neutron']."
            )
        case (.cassandraSSL, "trustsore_password"):
            (
                "It is a slip of the original's example and was never read.",
                "The key is 'truststore_password'; Skein needs neither, it has no Cassandra."
            )
        case (.openstack, "amqp_hosts"):
            ("The original reads it from env.cfgm only.", "The key of env.openstack is 'amqp_host', one address.")
        case (.cfgm, "amqp_host"):
            ("The original reads it from env.openstack only.", "The key of env.cfgm is 'amqp_hosts', a list.")
        default: nil
        }
    }
}
