/// What the parts of full names may be made of (vnc-api.md, 1.3).
package enum ObjectNames {
    /// Whether a name that is not of a route target is one that the config API takes, too, so that what Neutron made
    /// under it can be made again.
    package static func isAllowed(_ name: String) -> Bool {
        !name.contains(":") && name.unicodeScalars.allSatisfy(isAllowed)
    }

    /// The characters of XML 1.0.
    static func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x9, 0xa, 0xd, 0x20...0xd7ff, 0xe000...0xfffd, 0x10000...0x10ffff: true
        default: false
        }
    }
}
