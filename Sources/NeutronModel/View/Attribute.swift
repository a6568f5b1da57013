import JSON

/// The value of an attribute as far as filters and sorting look at it.
enum AttributeValue: Hashable, Sendable {
    case null
    case bool(Bool)
    case integer(Int)
    case string(String)

    init(_ text: String?) { self = text.map { .string($0) } ?? .null }
    init(_ number: Int?) { self = number.map { .integer($0) } ?? .null }

    func write(to writer: inout JSONWriter) {
        switch self {
        case .null: writer.null()
        case .bool(let value): writer.value(value)
        case .integer(let value): writer.value(value)
        case .string(let value): writer.value(value)
        }
    }

    /// Null first, then by value; values of one attribute have one kind.
    static func isOrdered(_ left: AttributeValue, _ right: AttributeValue) -> Bool {
        switch (left, right) {
        case (.null, .null): false
        case (.null, _): true
        case (.bool(let left), .bool(let right)): !left && right
        case (.integer(let left), .integer(let right)): left < right
        case (.string(let left), .string(let right)): left < right
        default: false
        }
    }
}

/// One attribute that a kind of object shows.
package struct Attribute<View: NeutronView>: Sendable {
    /// How a filter's text becomes a value.
    enum Kind: Sendable {
        case string
        case boolean
        case integer
        /// Not comparable as a whole; a filter, if there is one, is ``Attribute/filter``.
        case composite
    }

    let name: StaticString
    let kind: Kind
    let isForAdministratorsOnly: Bool
    let isFilter: Bool
    let isSortKey: Bool
    /// Whether it is shown at all; one that is not is there to filter by.
    let isVisible: Bool
    /// The filter of an attribute that needs a rule of its own.
    let filter: (@Sendable ([String]) throws(NeutronError) -> Filter<View>)?
    let value: @Sendable (View) -> AttributeValue
    let write: @Sendable (View, inout JSONWriter) -> Void

    /// An attribute with a simple value.
    init(
        _ name: StaticString, _ kind: Kind = .string, adminOnly: Bool = false, filter: Bool = true,
        sort: Bool = true, visible: Bool = true, value: @escaping @Sendable (View) -> AttributeValue
    ) {
        self.name = name
        self.kind = kind
        isForAdministratorsOnly = adminOnly
        isFilter = filter
        isSortKey = sort
        isVisible = visible
        self.filter = nil
        self.value = value
        write = { view, writer in value(view).write(to: &writer) }
    }

    /// An attribute that is a list or an object.
    init(
        _ name: StaticString, adminOnly: Bool = false,
        filter: (@Sendable ([String]) throws(NeutronError) -> Filter<View>)? = nil,
        write: @escaping @Sendable (View, inout JSONWriter) -> Void
    ) {
        self.name = name
        kind = .composite
        isForAdministratorsOnly = adminOnly
        isFilter = filter != nil
        isSortKey = false
        isVisible = true
        self.filter = filter
        value = { _ in .null }
        self.write = write
    }
}

/// What a kind of object shows: everyone's attributes first, then those of administrators only.
package struct AttributeTable<View: NeutronView>: Sendable {
    let all: [Attribute<View>]
    private let byName: [String: Attribute<View>]

    init(_ attributes: [Attribute<View>]) {
        let visible = attributes.filter(\.isVisible)
        all = visible.filter { !$0.isForAdministratorsOnly } + visible.filter(\.isForAdministratorsOnly)
        byName = Dictionary(attributes.map { ("\($0.name)", $0) }) { first, _ in first }
    }

    subscript(name: String) -> Attribute<View>? { byName[name] }

    func render(_ view: View) -> Rendering {
        var writer = JSONWriter(capacity: 1024)
        var commonEnd: Int?
        writer.beginObject()
        for attribute in all {
            if attribute.isForAdministratorsOnly, commonEnd == nil { commonEnd = writer.bytes.count }
            writer.name(attribute.name)
            attribute.write(view, &writer)
        }
        let end = commonEnd ?? writer.bytes.count
        writer.endObject()
        return Rendering(bytes: writer.finish(), commonEnd: end)
    }

    /// Writes some of the attributes, or all when `fields` is empty.
    func write(_ view: View, fields: [Attribute<View>]?, forAdministrator: Bool, to writer: inout JSONWriter) {
        guard let fields else {
            view.rendering.write(to: &writer, forAdministrator: forAdministrator)
            return
        }
        writer.beginObject()
        for attribute in fields where forAdministrator || !attribute.isForAdministratorsOnly {
            writer.name(attribute.name)
            attribute.write(view, &writer)
        }
        writer.endObject()
    }
}
