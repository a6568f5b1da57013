import Broker
import Foundation

/// An authority, a certificate for the address 127.0.0.1 that serves both ends, and an authority that signed nothing.
struct TestCertificates: Sendable {
    let authority: String
    let certificate: String
    let key: String
    let foreignAuthority: String

    init(in folder: URL) throws {
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        func path(_ name: String) -> String { folder.appending(path: name).path }
        authority = path("ca.pem")
        certificate = path("peer.pem")
        key = path("peer.key")
        foreignAuthority = path("foreign.pem")
        try Data("subjectAltName=IP:127.0.0.1\n".utf8).write(to: folder.appending(path: "san"))
        let curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        for (name, subject) in [("ca", "/CN=Test"), ("foreign", "/CN=Foreign")] {
            try Self.openSSL(
                [
                    "req", "-x509", "-days", "2", "-subj", subject, "-keyout", path("\(name).key"), "-out",
                    path("\(name).pem"),
                ]
                    + curve)
        }
        try Self.openSSL(["req", "-subj", "/CN=peer", "-keyout", key, "-out", path("peer.csr")] + curve)
        try Self.openSSL([
            "x509", "-req", "-days", "2", "-in", path("peer.csr"), "-CA", authority, "-CAkey", path("ca.key"),
            "-CAcreateserial", "-extfile", path("san"), "-out", certificate,
        ])
    }

    private static func openSSL(_ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/openssl")
        process.arguments = arguments
        process.standardError = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw BrokerError(.invalid, "openssl \(arguments.joined(separator: " ")) failed")
        }
    }
}
