import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1

/// Hummingbird's HTTP/1.1 connection with a ``RequestBodyWatch`` behind its decoder.
struct WatchedHTTPChannel: ServerChildChannel {
    struct Value: ServerChildChannelValue {
        let connection: ClientConnection
        let http: HTTP1Channel.Value
        var channel: any Channel { http.channel }
    }

    let http: HTTP1Channel
    let bodyLimit: Int
    let bodyTime: TimeAmount

    func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<Value> {
        http.setup(channel: channel, logger: logger).flatMapThrowing { http in
            let connection = ClientConnection()
            let pipeline = channel.pipeline.syncOperations
            let decoder = try pipeline.handler(type: ByteToMessageHandler<HTTPRequestDecoder>.self)
            try pipeline.addHandler(
                RequestBodyWatch(connection: connection, bodyLimit: bodyLimit, bodyTime: bodyTime),
                position: .after(decoder))
            return Value(connection: connection, http: http)
        }
    }

    func handle(value: Value, logger: Logger) async {
        await ClientConnection.$current.withValue(value.connection) {
            await http.handle(value: value.http, logger: logger)
        }
    }
}
