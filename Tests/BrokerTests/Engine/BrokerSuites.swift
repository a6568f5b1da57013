import Foundation
import Testing

/// The suites that share one real RabbitMQ; one test at a time, since some of them freeze or block it.
@Suite(
    .rabbitMQ, .serialized, .timeLimit(.minutes(5)),
    .enabled(if: FileManager.default.isExecutableFile(atPath: RabbitMQServer.executable)))
enum BrokerSuites {}
