import Addressing
import Model

/// What a caller may see.
struct Visibility: Sendable {
    let caller: EditContext.Caller
    /// Nil for a caller whose project's id is no UUID: it owns nothing.
    let projectID: ObjectID?

    init(caller: EditContext.Caller) {
        self.caller = caller
        projectID = Self.projectID(caller)
    }

    static func projectID(_ caller: EditContext.Caller) -> ObjectID? { ObjectID(caller.projectID) }

    /// Its own, what is shown to everyone, and ports on its networks.
    func sees(_ view: some NeutronView) -> Bool {
        if caller.seesEverything || view.isForEveryone { return true }
        guard let projectID else { return false }
        return view.projectID == projectID || view.networkProjectID == projectID
    }

    /// The object with this id, as Neutron writes ids.
    ///
    /// - Throws: 404 for one that is not there, and for one that the caller does not see.
    func find<View: NeutronView>(_ text: String, in views: ViewCollection<View>) throws(NeutronError) -> View {
        guard let id = ObjectID(text), id.description == text, let view = views[id], sees(view) else {
            throw View.collection.notFound(text)
        }
        return view
    }
}
