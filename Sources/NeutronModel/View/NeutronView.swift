import Addressing
import JSON
import Model
import Synchronization

/// One object as Neutron shows it. Immutable, so that any number of indexes share it.
package protocol NeutronView: AnyObject, Sendable {
    /// What it shows, in order; decides rendering, `fields`, filters and sorting.
    static var attributes: AttributeTable<Self> { get }
    static var collection: NeutronCollection { get }

    var id: ObjectID { get }
    /// The object of the graph that it is, or is part of.
    var source: ObjectLink { get }
    /// The project that owns it.
    var projectID: ObjectID { get }
    /// Where the index finds it besides by id.
    var indexKeys: [IndexKey] { get }
    /// Keeps the rendered text once it has been asked for.
    var cachedRendering: LazyRendering { get }
    /// Whether someone who owns neither it nor its network sees it.
    var isForEveryone: Bool { get }
    /// The owner of its network, who sees it too; nil when that does not matter.
    var networkProjectID: ObjectID? { get }
}

extension NeutronView {
    package var networkProjectID: ObjectID? { nil }
    package var isForEveryone: Bool { false }

    /// The object as JSON, made at the first call and kept.
    var rendering: Rendering {
        cachedRendering.value { Self.attributes.render(self) }
    }
}

/// What an index finds objects by.
package enum IndexKey: Hashable, Sendable {
    case name(String)
    case project(ObjectID)
    /// Everything that is shown to everyone.
    case everyone
    /// Ports on networks of this project.
    case networkProject(ObjectID)
    case network(ObjectID)
    case subnet(ObjectID)
    case device(String)
    case address(IPAddress)
    case mac(MACAddress)
    case securityGroup(ObjectID)
}

/// The text of one object.
final class Rendering: Sendable {
    /// The whole object, as administrators see it.
    let bytes: [UInt8]
    /// Everyone else sees the bytes before this, and a closing brace.
    let commonEnd: Int

    init(bytes: [UInt8], commonEnd: Int) {
        self.bytes = bytes
        self.commonEnd = commonEnd
    }

    func write(to writer: inout JSONWriter, forAdministrator: Bool) {
        if forAdministrator {
            writer.raw(bytes)
        } else {
            writer.raw(bytes[..<commonEnd])
            writer.endObject()
        }
    }
}

/// A rendering that is made once, by whoever needs it first; reading it takes no lock.
package final class LazyRendering: Sendable {
    private let made = AtomicLazyReference<Rendering>()

    package init() {}

    func value(_ make: () -> Rendering) -> Rendering {
        made.load() ?? made.storeIfNil(make())
    }
}
