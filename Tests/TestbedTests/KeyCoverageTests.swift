import Testbed
import Testing

/// All names of contrail-ha.md, sections 1.4 and 1.5: each is known, and either changes something or is reported.
@Suite("The original's settings")
struct KeyCoverageTests {
    static let keys: [(dict: String, names: String)] = [
        (
            "env.ha",
            """
            internal_vip external_vip contrail_internal_vip contrail_external_vip internal_virtual_router_id \
            external_virtual_router_id contrail_internal_virtual_router_id contrail_external_virtual_router_id \
            nfs_server nfs_glance_path provision_openstack_ha
            """
        ),
        (
            "env.keystone",
            """
            keystone_ip auth_protocol auth_port admin_token admin_user admin_password nova_password neutron_password \
            service_tenant admin_tenant region_name insecure certfile keyfile cafile manage_neutron version
            """
        ),
        (
            "env.openstack",
            """
            service_token amqp_host amqp_port manage_amqp osapi_compute_workers conductor_workers service_dbpass \
            haproxy_token
            """
        ),
        (
            "env.cfgm",
            """
            amqp_hosts amqp_port amqp_password haproxy_token ifmap_token manage_db auth_protocol discovery_auth_protocol \
            insecure certfile keyfile cafile provision_neutron_server cassandra_ssl
            """
        ),
    ]

    static let attributes = """
        password passwords key_filename hostnames ostypes openstack_admin_password orchestrator interface_rename \
        ntp_server encap_priority enable_lbaas http_proxy ca_cert_file rsyslog_params neutron nova hypervisor sriov dpdk \
        vgw qos qos_niantic tor_agent tor_hosts physical_routers vrouter_module_params md5 compute_as_gateway_mode vcenter \
        vcenter_servers flow_cache_timeout max_vm_flows hosts kernel_upgrade xmpp_auth_enable xmpp_dns_auth_enable \
        optional_services test_repo_dir mail_to mail_from mail_server log_scenario cluster_id hosts_ipmi image_web_server \
        testbed_location pkg_dir mytestbed kubernetes
        """

    static let variables = """
        ext_routers router_asn public_vn_rtgt public_vn_subnet control_data storage_data control data bond static_route \
        multi_tenancy aaa_mode cloud_admin_role analytics_aaa_mode haproxy do_parallel minimum_diskGB database_dir \
        analytics_data_dir ssd_data_dir database_ttl analytics_config_audit_ttl analytics_statistics_ttl \
        analytics_flow_ttl alarm_gen_num_instances kafka_enabled redis_password cassandra_user cassandra_password \
        enable_ceilometer ceilometer_polling_interval ceilometer_ttl neutron_metadata_proxy_shared_secret \
        rabbitmq_cluster_uuid os_username os_password os_tenant_name live_migration nova_uid_fix backup_db_path \
        cassandra_backup skip_keyspace ha_setup ipmi_username ipmi_password controller_type hypervisor_type \
        keystone_ip keystone_admin_user keystone_admin_password region_name service_token
        """

    static let roles = """
        all build cfgm openstack control collector database webui compute storage-master storage-compute tsn toragent vgw \
        vcenter_compute contrail-kubernetes orchestrator rally backup monitor undercloud rh_hypervisor oldcfgm oldcontrol \
        olddatabase oldcollector oldwebui oldbuild contrail-controller contrail-analytics contrail-analyticsdb \
        contrail-compute contrail-lb rabbit
        """

    private static let unknown: Set<DiagnosticCode> = [.unknownKey, .misplacedKey, .unusedVariable, .unknownRole]

    @Test("in the dicts of env are all known")
    func dicts() {
        for (dict, names) in Self.keys {
            for name in names.split(separator: " ") {
                let reading = Sample.read("\(dict) = {'\(name)': '1'}\n")
                #expect(Self.unknown.isDisjoint(with: reading.codes), "\(dict) \(name): \(reading.outline)")
            }
        }
    }

    @Test("of env and of the module are all known")
    func names() {
        for name in Self.attributes.split(separator: " ") {
            let codes = Sample.read("env.\(name) = None\n").codes
            #expect(Self.unknown.isDisjoint(with: codes), "\(name)")
        }
        for name in Self.variables.split(separator: " ") {
            let codes = Sample.read("\(name) = None\n").codes
            #expect(Self.unknown.isDisjoint(with: codes), "\(name)")
        }
    }

    @Test("for roles are all known")
    func roleNames() {
        for name in Self.roles.split(separator: " ") {
            let reading = Sample.read("env.roledefs = {'\(name)': []}\n")
            #expect(Self.unknown.isDisjoint(with: reading.codes), "\(name)")
        }
    }

    @Test(
        "that are misspelled are recognized",
        arguments: [
            ("env.ha = {'contrail_internal_vpi': '1.1.1.1'}", "contrail_internal_vip"),
            ("env.keystone = {'keystoneip': '1.1.1.1'}", "keystone_ip"),
            ("env.keystone = {'manage_neuton': 'no'}", "manage_neutron"), ("env.rolesdef = {}", "roledefs"),
            ("env.hostname = {}", "hostnames"), ("contol_data = {}", "control_data"),
            ("mutli_tenancy = True", "multi_tenancy"),
            ("env.roledefs = {'cfmg': []}", "cfgm"), ("env.roledefs = {'controll': []}", "control"),
            ("env.cfgm = {'amqp_passwd': ''}", "amqp_password"),
        ])
    func misspelled(source: String, meant: String) {
        let proposals = Sample.read(source + "\n").diagnostics.map(\.proposal)
        #expect(proposals.contains("Did you mean '\(meant)'?"), "\(proposals)")
    }

    @Test(
        "with a strange name get no wild guess",
        arguments: ["env.zebra = 1", "env.ha = {'xyz': 1}", "env.roledefs = {'fridge': []}"])
    func noGuess(source: String) {
        #expect(!Sample.read(source + "\n").diagnostics.contains { $0.proposal.hasPrefix("Did you mean") })
    }
}
