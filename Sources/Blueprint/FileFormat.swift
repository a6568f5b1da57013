import JSON

/// The format of a configuration file, and who may read it.
///
/// A file of format 1 says nothing of it, so that the versions before formats had numbers read it. A later version that adds a
/// member writes its own number as `format`, and as `format_readable_by` the lowest format whose readers may do without
/// what was added: those pass over what they do not know. All others are told which version they need.
struct FileFormat: Hashable, Sendable {
    /// What this version writes, and reads in every part.
    static let newest = 1
    static let members: Set<String> = ["format", "format_readable_by"]

    let number: Int
    let readableBy: Int

    init(_ file: JSONValue) {
        number = file["format"]?.integerValue ?? 1
        readableBy = file["format_readable_by"]?.integerValue ?? number
    }

    var isNewer: Bool { number > Self.newest }

    /// Why this version must not read the file; nil when it may.
    var refusal: String? {
        guard readableBy > Self.newest else { return nil }
        return "the file has format \(number), and this version of skein reads format \(Self.newest): "
            + "install the version that wrote it, or run `skein up` of this one"
    }
}
