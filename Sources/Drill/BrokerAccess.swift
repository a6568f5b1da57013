import Blueprint
import Broker

/// How a load logs in to the brokers of an installation.
package struct BrokerAccess: Hashable, Sendable {
    package var credentials: RabbitMQConfiguration.Credentials
    /// The path of the certificates that the brokers' are checked with, in PEM form.
    package var authorityFile: String

    package init(user: String, password: String, authorityFile: String) {
        credentials = .init(user: user, password: password)
        self.authorityFile = authorityFile
    }

    /// A connection that prefers one controller's broker, and takes those after it in turn when that is away.
    func configuration(preferring index: Int, of controllers: [Installation.Controller]) -> RabbitMQConfiguration {
        let ordered = controllers[index...] + controllers[..<index]
        return RabbitMQConfiguration(
            endpoints: ordered.map { .init(host: $0.controlAddress, port: ServicePort.broker) },
            credentials: credentials, tls: .init(authority: authorityFile), name: "skein drill")
    }
}
