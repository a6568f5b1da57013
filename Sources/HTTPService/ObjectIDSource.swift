import Addressing

/// Ids from the system's random source.
enum ObjectIDSource {
    static func random() -> ObjectID {
        ObjectID(random: UInt128(UInt64.random(in: .min ... .max)) << 64 | UInt128(UInt64.random(in: .min ... .max)))
    }
}
