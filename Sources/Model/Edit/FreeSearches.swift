import Addressing

/// Where an edit that takes many addresses or numbers goes on looking for the next one: none is looked at twice, and what was
/// found full is not searched again.
struct FreeSearches: Sendable {
    /// What is searched.
    enum Place: Hashable, Sendable {
        case numbers(NumberRange)
        case pool(network: ObjectID, AddressPool, fromEnd: Bool, reserved: Set<IPAddress>)
    }

    private var places: [Place: Int?] = [:]

    func isExhausted(_ place: Place) -> Bool {
        guard let next = places[place] else { return false }
        return next == nil
    }

    /// The position behind the last one that was found; nil before the first search.
    func next(in place: Place) -> Int? { places[place] ?? nil }

    /// - Parameter found: the position; nil when nothing is free.
    mutating func note(_ found: Int?, in place: Place) {
        places.updateValue(found.map { $0 + 1 }, forKey: place)
    }
}
