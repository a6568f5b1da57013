import Addressing
import JSON
import Model

extension NeutronRules {
    /// What a caller may say about a port, by Neutron's default policies.
    ///
    /// - Parameter current: the port as it is; nil for a new one.
    /// - Throws: 403 with the rules that refuse it, 404 for a network that is not the caller's to use.
    func checkPolicy(
        _ input: AttributeInput, action: String, network: NeutronNetwork?, current: NeutronPort?,
        _ caller: EditContext.Caller
    ) throws(NeutronError) {
        guard !caller.seesEverything else { return }
        let ownsNetwork = network.map { $0.projectID == Visibility.projectID(caller) } ?? false
        if current == nil, let network, !ownsNetwork, !network.isShared { throw .pathNotFound }
        var refused: [String] = []
        for name in ["binding:host_id", "binding:profile"] where isSet(input[name]) { refused.append(name) }
        if current != nil, let mac = input["mac_address"]?.stringValue.flatMap(MACAddress.init), mac != current?.mac {
            refused.append("mac_address")
        }
        if !ownsNetwork {
            if input["device_owner"]?.stringValue?.hasPrefix("network:") ?? false { refused.append("device_owner") }
            if current == nil, input["mac_address"] != nil { refused.append("mac_address") }
            if input["port_security_enabled"] != nil { refused.append("port_security_enabled") }
            if isSet(input["allowed_address_pairs"]) { refused.append("allowed_address_pairs") }
            let choosesAddress = (input["fixed_ips"]?.arrayValue ?? []).contains { $0["ip_address"] != nil }
            if choosesAddress { refused.append("fixed_ips:ip_address") }
        }
        guard refused.isEmpty else { throw .disallowed([action] + refused.map { "\(action):\($0)" }) }
    }

    /// Given, and more than the empty default.
    private func isSet(_ value: JSONValue?) -> Bool {
        switch value {
        case nil, .null, .string(""): false
        case .array(let elements): !elements.isEmpty
        case .object(let object): !object.isEmpty
        default: true
        }
    }
}
