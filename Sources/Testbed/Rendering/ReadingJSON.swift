import Addressing
import JSON

extension TestbedReader.Reading {
    /// The reading for programs: `file`, `usable`, the counts `errors`, `warnings` and `notes`, the list `diagnostics`, and
    /// `deployment`, which is null when there is an error. It has no secret in it.
    package func json(fileName: String) -> JSONValue {
        [
            "file": .string(fileName), "usable": .bool(testbed != nil), "errors": .integer(count(.error)),
            "warnings": .integer(count(.warning)), "notes": .integer(count(.note)),
            "diagnostics": .array(diagnostics.map(\.json)), "deployment": testbed?.json ?? .null,
        ]
    }
}

extension Diagnostic {
    /// The finding as an object; lines and columns count from 1, `end_column` is the one after the last character.
    package var json: JSONValue {
        [
            "code": .string(code.rawValue), "severity": .string(severity.rawValue), "file": .string(location.file),
            "line": .integer(location.line), "column": .integer(location.column),
            "end_line": .integer(location.endLine),
            "end_column": .integer(location.endColumn), "subject": .string(subject), "message": .string(message),
            "reason": .string(reason), "proposal": .string(proposal),
        ]
    }
}

extension Testbed {
    /// What would be deployed, without passwords.
    fileprivate var json: JSONValue {
        [
            "hosts": .array(hosts.map(\.json)), "internal_vip": internalVIP?.json ?? .null,
            "external_vip": externalVIP?.json ?? .null, "keystone": keystone?.json ?? .null,
            "autonomous_system": .integer(autonomousSystem),
            "external_routers": .array(
                externalRouters.map { ["name": .string($0.name), "address": .string($0.address.description)] }),
        ]
    }
}

extension Testbed.Host {
    fileprivate var json: JSONValue {
        [
            "host": .string(hostString), "name": .string(name), "user": .string(user), "address": .string(address),
            "control_address": .string(controlAddress), "roles": .array(roles.map { .string($0.rawValue) }),
            "managed": .bool(isManaged),
        ]
    }
}

extension Testbed.VirtualIP {
    fileprivate var json: JSONValue {
        ["address": .string(address.description), "virtual_router_id": .integer(virtualRouterID)]
    }
}

extension Testbed.Keystone {
    fileprivate var json: JSONValue {
        [
            "address": .string(address), "auth_protocol": .string(authProtocol), "auth_port": .integer(authPort),
            "admin_user": .string(adminUser), "admin_project": .string(adminProject),
            "service_project": .string(serviceProject), "user_domain": .string(userDomain),
            "project_domain": .string(projectDomain), "region": .string(region), "insecure": .bool(insecure),
            "manages_neutron": .bool(managesNeutron),
        ]
    }
}
