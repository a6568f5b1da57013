#!/usr/bin/env python3
"""Drives a config API with Contrail's own Python client (contrail-api-client 2005, unmodified) and checks what it gets.

usage: vnc_client_check.py PORT TOKEN
Prints one line for each check; exit code 0 when all hold. The server must be one that was just started for the first time.
"""
import json, sys, traceback, uuid, warnings

warnings.simplefilter("ignore")
from vnc_api import exceptions as errors
from vnc_api.gen import resource_client
from vnc_api.gen.vnc_api_client_gen import all_resource_type_tuples
from vnc_api.vnc_api import *

port, token = sys.argv[1], sys.argv[2]
failures = []
api = VncApi(api_server_host="127.0.0.1", api_server_port=port, auth_token=token, conf_file="/nonexistent")
PROJECT = ["default-domain", "default-project"]


def check(function):
    try:
        function()
        print(f"ok      {function.__name__}")
    except Exception:
        failures.append(function.__name__)
        print(f"FAILED  {function.__name__}")
        traceback.print_exc(file=sys.stdout)


def refused(error, call, *arguments, **named):
    try:
        call(*arguments, **named)
    except error as raised:
        return raised
    raise AssertionError(f"{call} was not refused with {error.__name__}")


def class_of(object_type):
    return getattr(resource_client, "".join(part.capitalize() for part in object_type.split("_")))


def network(name, *subnets, **more):
    net = VirtualNetwork(name, api.project_read(fq_name=PROJECT), **more)
    if subnets:
        ipam = api.network_ipam_read(fq_name=PROJECT + ["default-network-ipam"])
        blocks = [IpamSubnetType(subnet=SubnetType(*subnet)) for subnet in subnets]
        net.add_network_ipam(ipam, VnSubnetsType(blocks))
    api.virtual_network_create(net)
    return api.virtual_network_read(id=net.uuid)


def interface(name, net):
    vmi = VirtualMachineInterface(name, api.project_read(fq_name=PROJECT))
    vmi.add_virtual_network(net)
    api.virtual_machine_interface_create(vmi)
    return api.virtual_machine_interface_read(id=vmi.uuid)


@check
def every_type_has_its_urls():
    for object_type, resource_type in sorted(all_resource_type_tuples):
        cls = class_of(object_type)
        assert cls.create_uri == f"/{resource_type}s", resource_type
        assert cls.resource_uri_base[resource_type] == f"/{resource_type}", resource_type


@check
def what_exists_after_the_first_start():
    assert api.fq_name_to_id("domain", ["default-domain"])
    assert api.global_system_config_read(fq_name=["default-global-system-config"]).get_autonomous_system() == 64512
    assert api.virtual_network_read(fq_name=PROJECT + ["ip-fabric"]).get_routing_instances()
    assert api.security_group_read(fq_name=PROJECT + ["__no_rule__"])
    assert api.network_ipam_read(fq_name=PROJECT + ["default-network-ipam"]).get_perms2().global_access == 5


@check
def network_with_subnet():
    net = network("net1", ("10.1.0.0", 24))
    assert net.get_virtual_network_network_id() > 0
    subnet = net.get_network_ipam_refs()[0]["attr"].get_ipam_subnets()[0]
    assert subnet.get_default_gateway() == "10.1.0.254" and subnet.get_dns_server_address() == "10.1.0.253"
    assert uuid.UUID(subnet.get_subnet_uuid())
    assert net.get_routing_instances()[0]["to"][-1] == "net1"
    assert net.get_id_perms().get_uuid().uuid_mslong == uuid.UUID(net.uuid).int >> 64
    net.set_display_name("other name")
    net.set_mac_aging_time(60)
    api.virtual_network_update(net)
    again = api.virtual_network_read(fq_name=PROJECT + ["net1"])
    assert again.display_name == "other name" and again.get_mac_aging_time() == 60
    refused(errors.PermissionDenied, api.virtual_network_create,
            VirtualNetwork("net2", api.project_read(fq_name=PROJECT), virtual_network_network_id=9))
    refused(errors.RefsExistError, api.virtual_network_create,
            VirtualNetwork("net1", api.project_read(fq_name=PROJECT)))
    refused(errors.BadRequest, network, "net3", ("10.1.0.0", 24), ("10.1.0.128", 25))
    refused(errors.NoIdError, api.virtual_network_read, id=str(uuid.uuid4()))
    refused(errors.NoIdError, api.virtual_network_read, fq_name=["a", "b", "c"])


@check
def interface_and_addresses():
    net = network("net4", ("10.4.0.0", 29))
    vmi = interface("vmi4", net)
    assert vmi.get_virtual_machine_interface_mac_addresses().get_mac_address()[0].startswith("02:")
    assert vmi.get_routing_instance_refs()[0]["attr"].get_direction() == "both"
    addresses = []
    for number in range(4):
        iip = InstanceIp(f"iip{number}")
        iip.set_virtual_network(net)
        iip.set_virtual_machine_interface(vmi)
        api.instance_ip_create(iip)
        addresses.append(api.instance_ip_read(id=iip.uuid).get_instance_ip_address())
    assert addresses == ["10.4.0.4", "10.4.0.3", "10.4.0.2", "10.4.0.1"], addresses
    full = InstanceIp("iip9")
    full.set_virtual_network(net)
    assert "exhausted" in str(refused(errors.RefsExistError, api.instance_ip_create, full))
    assert len(api.virtual_machine_interface_read(id=vmi.uuid).get_instance_ip_back_refs()) == 4
    refused(errors.RefsExistError, api.virtual_machine_interface_delete, id=vmi.uuid)
    refused(errors.RefsExistError, api.virtual_network_delete, id=net.uuid)
    for number in range(4):
        api.instance_ip_delete(fq_name=[f"iip{number}"])
    api.virtual_machine_interface_delete(id=vmi.uuid)
    api.virtual_network_delete(id=net.uuid)
    refused(errors.NoIdError, api.virtual_network_read, id=net.uuid)


@check
def addresses_without_objects():
    net = network("net5", ("10.5.0.0", 24))
    subnet = net.get_network_ipam_refs()[0]["attr"].get_ipam_subnets()[0].get_subnet_uuid()
    count = lambda: json.loads(api.virtual_network_subnet_ip_count(net, [subnet]))["ip_count_list"][0]
    before = count()
    taken = api.virtual_network_ip_alloc(net, count=3)
    assert taken == ["10.5.0.252", "10.5.0.251", "10.5.0.250"], taken
    assert count() == before + 3
    api.virtual_network_ip_free(net, taken)
    assert count() == before
    api.virtual_network_delete(id=net.uuid)


@check
def security_groups():
    group = SecurityGroup("group1", api.project_read(fq_name=PROJECT))
    rule = PolicyRuleType(
        direction=">", protocol="tcp", src_addresses=[AddressType(subnet=SubnetType("0.0.0.0", 0))],
        src_ports=[PortType(0, 65535)], dst_addresses=[AddressType(security_group="local")],
        dst_ports=[PortType(80, 80)], ethertype="IPv4")
    group.set_security_group_entries(PolicyEntriesType([rule]))
    api.security_group_create(group)
    read = api.security_group_read(id=group.uuid)
    assert read.get_security_group_id() > 8000000
    assert read.get_security_group_entries().get_policy_rule()[0].get_rule_uuid()
    read.get_security_group_entries().add_policy_rule(rule)
    read.set_security_group_entries(read.get_security_group_entries())
    refused(errors.RefsExistError, api.security_group_update, read)
    api.security_group_delete(id=group.uuid)


@check
def references():
    net = network("net6")
    policy = NetworkPolicy("policy6", api.project_read(fq_name=PROJECT))
    api.network_policy_create(policy)
    attribute = VirtualNetworkPolicyType(sequence=SequenceType(1, 2))
    api.ref_update("virtual-network", net.uuid, "network-policy", policy.uuid, None, "ADD", attribute)
    link = api.virtual_network_read(id=net.uuid).get_network_policy_refs()[0]
    assert link["uuid"] == policy.uuid and link["attr"].get_sequence().get_minor() == 2
    assert api.network_policy_read(id=policy.uuid).get_virtual_network_back_refs()[0]["uuid"] == net.uuid
    refused(errors.RefsExistError, api.network_policy_delete, id=policy.uuid)
    api.ref_relax_for_delete(net.uuid, policy.uuid)
    api.network_policy_delete(id=policy.uuid)
    assert not api.virtual_network_read(id=net.uuid).get_network_policy_refs()
    net = api.virtual_network_read(id=net.uuid)
    net.set_qos_config_list([])
    api.virtual_network_update(net)
    api.virtual_network_delete(id=net.uuid)


@check
def lists():
    nets = [network(f"list{number}") for number in range(30)]
    project = api.fq_name_to_id("project", PROJECT)
    everything = [":".join(entry["fq_name"]) for entry in api.virtual_networks_list()["virtual-networks"]]
    assert everything == sorted(everything)
    ids = [entry["uuid"] for entry in api.virtual_networks_list(parent_id=project)["virtual-networks"]]
    names = [entry["fq_name"][-1] for entry in api.virtual_networks_list(parent_id=project)["virtual-networks"]]
    assert ids == sorted(ids) and "list7" in names
    assert api.virtual_networks_list(count=True)["virtual-networks"]["count"] == len(names)
    many = api.virtual_networks_list(obj_uuids=[net.uuid for net in nets], detail=True)
    assert len(many) == 30 and many[0].get_id_perms()
    assert len(api.virtual_networks_list(filters={"display_name": ["list3", "list4"]})["virtual-networks"]) == 2
    assert len(api.virtual_networks_list(fq_names=[net.fq_name for net in nets[:3]])["virtual-networks"]) == 3
    fields = api.virtual_networks_list(parent_id=project, fields=["virtual_network_network_id"])["virtual-networks"]
    assert all("virtual_network_network_id" in entry for entry in fields)
    children = api.virtual_networks_list(parent_id=project, fields=["routing_instances"], detail=True)
    assert all(net.get_routing_instances() for net in children)
    assert api.virtual_networks_list(back_ref_id=[str(uuid.uuid4())])["virtual-networks"] == []


@check
def names_and_ids():
    net = network("net7")
    assert api.fq_name_to_id("virtual-network", PROJECT + ["net7"]) == net.uuid
    assert api.id_to_fq_name(net.uuid) == PROJECT + ["net7"]
    assert api.id_to_fq_name_type(net.uuid) == (PROJECT + ["net7"], "virtual-network")
    refused(errors.NoIdError, api.fq_name_to_id, "virtual-network", ["x"])
    refused(errors.NoIdError, api.id_to_fq_name, str(uuid.uuid4()))


@check
def key_values():
    api.kv_store("key/1", "value")
    assert api.kv_retrieve("key/1") == "value"
    assert {"key": "key/1", "value": "value"} in api.kv_retrieve()
    api.kv_delete("key/1")
    refused(errors.NoIdError, api.kv_retrieve, "key/1")


@check
def property_collections():
    vmi = interface("vmi8", network("net8"))
    vmi.add_virtual_machine_interface_bindings(KeyValuePair("host_id", "compute1"))
    vmi.add_virtual_machine_interface_bindings(KeyValuePair("a", "b"))
    api.virtual_machine_interface_update(vmi)
    read = api.virtual_machine_interface_read(id=vmi.uuid)
    pairs = {pair.key: pair.value for pair in read.get_virtual_machine_interface_bindings().key_value_pair}
    assert pairs == {"host_id": "compute1", "a": "b"}, pairs
    api.prop_map_set_element(vmi.uuid, "virtual_machine_interface_bindings", KeyValuePair("a", "c"))
    api.prop_map_delete_element(vmi.uuid, "virtual_machine_interface_bindings", "host_id")
    elements = api.prop_map_get(vmi.uuid, "virtual_machine_interface_bindings")
    assert [(value["key"], value["value"], position) for value, position in elements] == [("a", "c", "a")], elements
    api.prop_list_add_element(
        vmi.uuid, "virtual_machine_interface_fat_flow_protocols", ProtocolType("tcp", 80), "5")
    api.prop_list_modify_element(
        vmi.uuid, "virtual_machine_interface_fat_flow_protocols", ProtocolType("tcp", 81), "5")
    flows = api.prop_list_get(vmi.uuid, "virtual_machine_interface_fat_flow_protocols")
    assert [(value["port"], position) for value, position in flows] == [(81, "5")], flows
    api.prop_list_delete_element(vmi.uuid, "virtual_machine_interface_fat_flow_protocols", "5")
    assert not api.prop_list_get(vmi.uuid, "virtual_machine_interface_fat_flow_protocols")


@check
def permissions():
    net = network("net9")
    owner = str(uuid.uuid4())
    api.chown(net.uuid, owner)
    assert api.virtual_network_read(id=net.uuid).get_perms2().owner == owner.replace("-", "")
    api.chmod(net.uuid, global_access=5, share=[(str(uuid.uuid4()), 7)])
    perms = api.virtual_network_read(id=net.uuid).get_perms2()
    assert perms.global_access == 5 and perms.share[0].tenant_access == 7
    assert api.get_aaa_mode() == {"aaa-mode": "cloud-admin"}
    assert api.obj_perms(token)["is_cloud_admin_role"] is True
    assert api.obj_perms(token, net.uuid)["permissions"] == "RWX"
    net.set_is_shared(True)
    api.virtual_network_update(net)
    assert api.virtual_network_read(id=net.uuid).get_perms2().global_access == 7


@check
def tags():
    api.tag_create(Tag(tag_type_name="site", tag_value="bonn"))
    net = network("net10")
    api.set_tag(net, "site", "bonn", is_global=True)
    assert api.virtual_network_read(id=net.uuid).get_tag_refs()[0]["to"] == ["site=bonn"]
    api.unset_tag(net, "site")
    assert not api.virtual_network_read(id=net.uuid).get_tag_refs()


@check
def quotas():
    project = Project("small", api.domain_read(fq_name=["default-domain"]))
    project.set_quota(QuotaType(virtual_network=1))
    api.project_create(project)
    api.virtual_network_create(VirtualNetwork("one", project))
    message = str(refused(errors.OverQuota, api.virtual_network_create, VirtualNetwork("two", project)))
    assert "quota limit (1) exceeded for resource virtual_network" in message
    refused(errors.RefsExistError, api.project_delete, id=project.uuid)
    api.virtual_network_delete(fq_name=["default-domain", "small", "one"])
    api.project_delete(id=project.uuid)


@check
def every_class_can_be_made_read_updated_and_deleted():
    homes = {"project": PROJECT, "domain": ["default-domain"], "config-root": [],
             "global-system-config": ["default-global-system-config"],
             "global-qos-config": ["default-global-system-config", "default-global-qos-config"],
             "virtual-network": PROJECT + ["default-virtual-network"]}
    # Types that need more than a name have checks of their own above, or rules of their own.
    special = {"virtual-machine-interface", "global-system-config", "instance-ip", "config-root", "route-target", "tag",
               "loadbalancer-healthmonitor", "alarm", "floating-ip", "alias-ip"}
    made, unmade = set(), sorted(kind for _, kind in all_resource_type_tuples if kind not in special)
    progress = True
    while unmade and progress:
        progress = False
        for kind in list(unmade):
            object_type = next(object_type for object_type, resource in all_resource_type_tuples if resource == kind)
            cls = class_of(object_type)
            parent = next((parent for parent in cls.parent_types or ["config-root"] if parent in homes), None)
            if parent is None:
                continue
            fq_name = homes[parent] + ["every-" + kind]
            obj = cls("every-" + kind, parent_type=parent, fq_name=fq_name)
            getattr(api, object_type + "_create")(obj)
            read = getattr(api, object_type + "_read")(id=obj.uuid)
            assert read.fq_name == fq_name and read.get_perms2() is not None, kind
            read.add_annotations(KeyValuePair("key", "value"))
            getattr(api, object_type + "_update")(read)
            assert getattr(api, object_type + "_read")(id=obj.uuid).get_annotations().key_value_pair[0].value == "value"
            homes.setdefault(kind, fq_name)
            made.add((object_type, tuple(fq_name)))
            unmade.remove(kind)
            progress = True
    assert not unmade, unmade
    for object_type, fq_name in sorted(made, key=lambda entry: -len(entry[1])):
        getattr(api, object_type + "_delete")(fq_name=list(fq_name))
    print(f"        {len(made)} types")


print(f"{len(failures)} checks failed: {', '.join(failures)}" if failures else "all checks hold")
sys.exit(1 if failures else 0)
