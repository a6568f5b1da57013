import Crypto

/// The files of `Assets`, which the compiler puts into the executable.
struct ConsoleAssets: Sendable {
    /// A file as browsers get it.
    struct File: Sendable {
        var contentType: String
        var bytes: [UInt8]
    }

    /// By the last part of their path.
    let files: [String: File] = [
        "console.css": File(contentType: "text/css; charset=utf-8", bytes: PackageResources.console_css),
        "console.js": File(contentType: "text/javascript; charset=utf-8", bytes: PackageResources.console_js),
        "skein.svg": File(contentType: "image/svg+xml", bytes: PackageResources.skein_svg),
    ]

    let templates: [String: String] = [
        "layout": PackageResources.layout_mustache,
        "sign-in": PackageResources.sign_in_mustache,
        "cluster": PackageResources.cluster_mustache,
        "cluster-state": PackageResources.cluster_state_mustache,
        "list-head": PackageResources.list_head_mustache,
        "list-pages": PackageResources.list_pages_mustache,
        "networks": PackageResources.networks_mustache,
        "network": PackageResources.network_mustache,
        "ports": PackageResources.ports_mustache,
        "message": PackageResources.message_mustache,
    ].mapValues { String(decoding: $0, as: UTF8.self) }

    /// Changes with every change of a file, so that browsers may keep files for good.
    let version: String

    init() {
        var hash = SHA256()
        for (_, file) in files.sorted(by: { $0.key < $1.key }) { hash.update(data: file.bytes) }
        version = hash.finalize().prefix(4).map { byte in
            (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined()
    }
}
