import Addressing
import Testbed

extension Blueprint {
    /// Works out what every managed host needs.
    ///
    /// - Parameters:
    ///   - facts: one for each managed host, by its name. Hosts of which they are only assumed get nothing.
    ///   - secrets: with a certificate for each managed host.
    /// - Throws: ``BlueprintError`` with everything that makes the testbed impossible on these hosts.
    package init(
        testbed: Testbed, facts: [HostFacts], secrets: DeploymentSecrets,
        settings: DeploymentSettings = DeploymentSettings()
    ) throws(BlueprintError) {
        let placement = try Placement(testbed: testbed, facts: facts)
        let plan = DeploymentPlan(testbed: testbed, placement: placement, secrets: secrets, settings: settings)
        let problems = plan.problems
        guard problems.isEmpty else { throw BlueprintError(problems: problems) }
        let absent = Set(placement.nodes.filter(\.facts.isAssumed).map(\.name))
        let stages = [
            plan.packageStage(), plan.certificateStage(), plan.storeStage(), plan.brokerStage(),
            plan.controllerStage(), plan.proxyStage(), try plan.vipStage(),
        ].map { stage in
            Stage(name: stage.name, title: stage.title, hosts: stage.hosts.filter { !absent.contains($0.host) })
        }
        self.init(
            stages: stages.filter { !$0.hosts.isEmpty }, notes: plan.notes,
            storeCluster: placement.stores.map {
                "\($0.word)=https://\($0.control.endpoint(settings.ports.storePeer))"
            }.joined(separator: ","))
    }
}

/// The inputs of a blueprint, for the functions that make one stage each.
struct DeploymentPlan {
    var testbed: Testbed
    var placement: Placement
    var secrets: DeploymentSecrets
    var settings: DeploymentSettings

    /// A stage of the given nodes, in the order of the testbed; nodes that need nothing are left out.
    func stage(
        _ name: String, _ title: String, _ nodes: [Placement.Node], _ resources: (Placement.Node) -> [Resource]
    ) -> Blueprint.Stage {
        let hosts = nodes.map { Blueprint.HostResources(host: $0.name, resources: resources($0)) }
        return Blueprint.Stage(name: name, title: title, hosts: hosts.filter { !$0.resources.isEmpty })
    }

    var problems: [BlueprintError.Problem] {
        var result = settings.timing.problems.map { BlueprintError.Problem(message: $0) }
        for node in placement.brokers where node.control.family == .v6 {
            result.append(
                .init(
                    host: node.name, message: "RabbitMQ's node names need an IPv4 control address, not \(node.control)")
            )
        }
        for node in placement.nodes where secrets.hostCertificates[node.name] == nil {
            result.append(.init(host: node.name, message: "there is no certificate for this host"))
        }
        let words = Dictionary(grouping: placement.nodes, by: \.word).filter { $0.value.count > 1 }
        for (word, nodes) in words.sorted(by: { $0.key < $1.key }) {
            result.append(
                .init(message: "hosts \(nodes.map(\.name).joined(separator: ", ")) have the same name (\(word))"))
        }
        return result
    }

    /// The major version of the oldest RabbitMQ there is, or will be: what all members of a cluster understand.
    private var brokerMajorVersion: Int? {
        placement.brokers.compactMap { node in
            node.facts.packageVersions["rabbitmq-server"].flatMap { version in
                // Debian versions may begin with an epoch: "1:3.10.8-1.1".
                let upstream = version.split(separator: ":").last ?? ""
                return Int(upstream.prefix { $0.isNumber })
            }
        }.min()
    }

    /// Mirrored classic queues are gone since RabbitMQ 4.0.
    var canMirror: Bool { (brokerMajorVersion ?? 3) < 4 }

    var notes: [String] {
        var result: [String] = []
        if !canMirror {
            result.append(
                "RabbitMQ \(brokerMajorVersion ?? 4) has no mirrored classic queues: policy ha-all is left out; Skein's "
                    + "own queues are quorum queues, replicated to every broker")
        }
        if testbed.keystone?.insecure == true {
            result.append(
                "Keystone's certificate is NOT verified (insecure = True): anyone on the path can read passwords")
        }
        if testbed.internalVIP == nil, testbed.externalVIP == nil {
            result.append(
                "no virtual IP: clients use \(placement.proxies.first?.control.description ?? "the first controller"), and "
                    + "lose the service when that host is down")
        }
        if placement.stores.count < 3 {
            result.append(
                "\(placement.stores.count) database host\(placement.stores.count == 1 ? "" : "s"): the store survives no "
                    + "failure; three survive one")
        }
        return result
    }

    /// The virtual IPs, internal first; one when both are the same.
    var virtualIPs: [(kind: String, virtualIP: Testbed.VirtualIP)] {
        var result: [(String, Testbed.VirtualIP)] = []
        if let internalVIP = testbed.internalVIP { result.append(("INTERNAL", internalVIP)) }
        if let externalVIP = testbed.externalVIP, externalVIP.address != testbed.internalVIP?.address {
            result.append(("EXTERNAL", externalVIP))
        }
        return result
    }

    /// A service's unit file, drop-in or configuration.
    func file(
        _ path: String, _ content: String, owner: String = "root", mode: Int = 0o644, isSecret: Bool = false,
        validation: String? = nil
    ) -> Resource {
        .file(
            .init(
                path: path, content: content, owner: owner, mode: mode, isSecret: isSecret, validation: validation))
    }
}
