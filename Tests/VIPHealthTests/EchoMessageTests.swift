import Crypto
import Testing

@testable import VIPHealth

@Suite struct EchoMessageTests {
    let key = SymmetricKey(data: Array("a key".utf8))
    let message = EchoMessage(kind: .question, process: 0xedc_ba98_7654_3210, term: 5, round: 77)

    @Test func isReadBack() {
        let bytes = message.bytes(key: key)
        #expect(bytes.count == EchoMessage.size)
        #expect(EchoMessage(bytes, key: key) == message)
    }

    @Test func everyChangedBitIsRefused() {
        for index in 0..<EchoMessage.size * 8 {
            var bytes = message.bytes(key: key)
            bytes[index / 8] ^= 1 << UInt8(index % 8)
            #expect(EchoMessage(bytes, key: key) == nil)
        }
    }

    @Test func anotherKeyIsRefused() {
        #expect(EchoMessage(message.bytes(key: SymmetricKey(data: [1, 2, 3])), key: key) == nil)
        let second = SymmetricKey(data: [1, 2, 3])
        #expect(EchoMessage(message.bytes(key: second), keys: [key, second]) == message)
        #expect(EchoMessage(message.bytes(key: second), keys: [key]) == nil)
    }

    @Test func otherLengthsAreRefused() {
        let bytes = message.bytes(key: key)
        #expect(EchoMessage(bytes.dropLast(), key: key) == nil)
        #expect(EchoMessage(bytes + [0], key: key) == nil)
        #expect(EchoMessage([UInt8](), key: key) == nil)
    }
}

@Suite struct ProxyProbeTests {
    @Test(arguments: [
        ("HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\n3\n", 3),
        ("HTTP/1.1 200 OK\r\n\r\n0\n", 0),
        ("HTTP/1.0 503 Service Unavailable\r\n\r\n3\n", nil),
        ("HTTP/1.0 200 OK\r\n\r\n", nil),
        ("HTTP/1.0 200 OK\r\n", nil),
        ("SSH-2.0-OpenSSH_9.2 200\r\n\r\n3", nil),
        ("", nil),
    ])
    func backends(answer: String, expected: Int?) {
        #expect(ProxyProbe.backends(in: answer) == expected)
    }
}
