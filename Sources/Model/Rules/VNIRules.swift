import Addressing
import JSON

// VNIs that clients choose, of networks and logical routers. They are of the same numbers as those that networks get
// (``NumberRange/virtualNetwork``): on the wire there is only one kind, and two tenants must never share one.
extension GraphEdit {
    mutating func addLogicalRouter(_ draft: ConfigObject) throws(ModelError) -> ConfigObject {
        if let vni = try draft.chosenVNI { try allocate(vni: vni, holder: draft.id) }
        try create(draft)
        return draft
    }

    /// Takes the number that was chosen anew, and gives back the one before it. What was chosen before and stays is not
    /// looked at again.
    mutating func changeVNI(from old: ConfigObject, to new: ConfigObject) throws(ModelError) {
        guard old.vniText != new.vniText else { return }
        let chosen = try new.chosenVNI
        if let chosen { try allocate(vni: chosen, holder: old.id) }
        if (try? old.chosenVNI) != chosen { releaseVNI(of: old) }
    }

    /// A network keeps its own id, which may be the VNI that was chosen for it.
    mutating func releaseVNI(of object: ConfigObject) {
        guard let vni = try? object.chosenVNI,
            vni != object.properties["virtual_network_network_id"]?.integerValue
        else { return }
        release(.number(.virtualNetwork, vni), of: object.id)
    }

    /// - Throws: ``ModelError/Code/numberTaken``, in the words of Contrail's API server.
    mutating func allocate(vni: Int, holder: ObjectID) throws(ModelError) {
        do {
            try allocate(vni, of: .virtualNetwork, holder: holder)
        } catch {
            throw ModelError(error.code, "Cannot set VXLAN_ID: \(vni), it has already been set", objects: error.objects)
        }
    }
}

extension ConfigObject {
    /// The VNI that a client has chosen for a network or a logical router; nil when it leaves that to the
    /// installation.
    ///
    /// - Throws: ``ModelError/Code/invalid`` when it is no VNI.
    package var chosenVNI: Int? {
        get throws(ModelError) {
            guard let text = vniText, text != "0", !text.isEmpty else { return nil }
            guard let vni = Int(text), NumberRange.virtualNetwork.numbers.contains(vni) else {
                throw ModelError(.invalid, "vxlan_network_identifier: \(text) is not from 1 to 16777215")
            }
            return vni
        }
    }

    fileprivate var vniText: String? {
        switch type {
        case "virtual-network":
            properties["virtual_network_properties"]?["vxlan_network_identifier"]?.integerValue.map { "\($0)" }
        case "logical-router": properties["vxlan_network_identifier"]?.stringValue
        default: nil
        }
    }
}
