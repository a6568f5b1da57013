/// The units that start by themselves once their package is installed. Skein runs none of them: where it installs the package
/// they are switched off, and where it does not they are somebody else's.
package struct PackagedUnits: Hashable, Sendable {
    package var package: String
    package var units: [String]

    /// With what the packages need, such as Erlang's port mapper.
    package static let all = [
        PackagedUnits(package: "keepalived", units: ["keepalived.service"]),
        PackagedUnits(package: "haproxy", units: ["haproxy.service"]),
        PackagedUnits(package: "rabbitmq-server", units: ["rabbitmq-server.service"]),
        PackagedUnits(package: "erlang-base", units: ["epmd.service", "epmd.socket"]),
        PackagedUnits(package: "etcd-server", units: ["etcd.service"]),
    ]
}
