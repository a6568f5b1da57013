import JSON
import Testing
import Time

@testable import Broker

struct NoticeTests {
    static let network: JSONObject = ["uuid": "8d3f6c6e-3f8e-4c50-9a77-2d4a9e1b7c10", "display_name": "red \"1\"\n"]

    static func notice(_ operation: Notice.Operation = .create) -> Notice {
        Notice(
            id: "0b9c1f3e-4a5b-4c6d-8e7f-fffffffffffe", order: "00000012/0", objectType: "virtual-network",
            objectID: "8d3f6c6e-3f8e-4c50-9a77-2d4a9e1b7c10", operation: operation,
            fqName: ["default-domain", "demo", "red"], requestID: "req-5ad5dbde-19d4-4a3e-8a67-1a2b3c4d5e6f",
            time: Timestamp(microseconds: 1_795_345_510_463_535), object: network,
            neutronEvents: [
                .init(type: "network.create.start", payload: ["network": ["name": "red"]]),
                .init(type: "network.create.end", payload: ["network": ["name": "red", "mtu": 1450]]),
            ],
            actor: .init(
                userID: "u1", userName: "alice", projectID: "p1", projectName: "demo", userDomainID: "default",
                projectDomainID: "default", roles: ["member", "reader"]))
    }

    static func json(_ message: OutgoingMessage) throws -> JSONValue { try JSONValue(parsing: message.body) }

    @Test func theOutboxFormReadsBackAlike() throws {
        for operation in Notice.Operation.allCases {
            var notice = Self.notice(operation)
            #expect(try Notice(parsing: notice.bytes) == notice)
            notice.concernsConfigAPI = false
            notice.actor = nil
            notice.object = nil
            notice.extra = ["deallocated_vxlan_network_identifier": 4097]
            notice.neutronEvents = []
            #expect(try Notice(parsing: notice.bytes) == notice)
        }
    }

    @Test(arguments: [
        "", "[]", "{}", #"{"id":"a"}"#,
        #"{"id":"a","order":"b","type":"c","uuid":"d","operation":"MOVE","request_id":"e","time":"2026-11-22T11:05:10Z"}"#,
        #"{"id":"a","order":"b","type":"c","uuid":"d","operation":"CREATE","request_id":"e","time":"yesterday"}"#,
        #"{"id":1,"order":"b","type":"c","uuid":"d","operation":"CREATE","request_id":"e","time":"2026-11-22T11:05:10Z"}"#,
    ])
    func otherTextIsRefused(text: String) {
        #expect(throws: NoticeError.self) { try Notice(parsing: Array(text.utf8)) }
    }

    @Test func contrailReadsWhatItsOwnServerWouldSend() throws {
        let message = Self.notice().messages(host: "c1")[0]
        #expect(message.exchange == "vnc_config.object-update")
        #expect(message.routingKey.isEmpty)
        #expect(message.contentType == "application/json")
        #expect(message.contentEncoding == "utf-8")
        #expect(message.persistent)
        #expect(
            try Self.json(message) == [
                "oper": "CREATE", "type": "virtual_network", "uuid": "8d3f6c6e-3f8e-4c50-9a77-2d4a9e1b7c10",
                "fq_name": ["default-domain", "demo", "red"],
                "request-id": "req-5ad5dbde-19d4-4a3e-8a67-1a2b3c4d5e6f", "obj_dict": .object(Self.network),
            ])
    }

    @Test func onlyCreationAndDeletionCarryTheObjectForContrail() throws {
        #expect(try Self.json(Self.notice(.delete).contrailMessage)["obj_dict"] == .object(Self.network))
        #expect(try Self.json(Self.notice(.update).contrailMessage)["obj_dict"] == nil)
        #expect(try Self.json(Self.notice(.updateImplicit).contrailMessage)["oper"] == "UPDATE-IMPLICIT")
        var notice = Self.notice(.update)
        notice.extra = ["deallocated_security_group_id": 8_000_001]
        #expect(try Self.json(notice.contrailMessage)["extra_dict"] == ["deallocated_security_group_id": 8_000_001])
    }

    @Test func aNoticeWithoutConfigObjectSendsContrailNothing() {
        var notice = Self.notice()
        notice.concernsConfigAPI = false
        #expect(!notice.messages(host: "c1").contains { $0.exchange == NoticeTopology.contrailExchange })
    }

    @Test func openStackReadsTheSecondEnvelope() throws {
        let messages = Self.notice().messages(host: "c1").filter { $0.exchange == "neutron" }
        #expect(messages.map(\.routingKey) == ["notifications.info", "notifications.info"])
        let envelope = try Self.json(messages[1])
        #expect(envelope.objectValue?.names == ["oslo.version", "oslo.message"])
        #expect(envelope["oslo.version"] == "2.0")
        let text = try #require(envelope["oslo.message"]?.stringValue)
        let message = try JSONValue(parsing: text)
        #expect(message["event_type"] == "network.create.end")
        #expect(message["priority"] == "INFO")
        #expect(message["publisher_id"] == "network.c1")
        #expect(message["timestamp"] == "2026-11-22 11:05:10.463535")
        #expect(message["payload"] == ["network": ["name": "red", "mtu": 1450]])
        #expect(message["_context_user_id"] == "u1")
        #expect(message["_context_project_id"] == "p1")
        #expect(message["_context_tenant"] == "p1")
        #expect(message["_context_roles"] == ["member", "reader"])
        #expect(message["_context_is_admin"] == false)
        #expect(message["_context_auth_token"] == .null)
        #expect(message["_context_user_identity"] == "u1 p1 - default default")
        #expect(message["_context_request_id"] == "req-5ad5dbde-19d4-4a3e-8a67-1a2b3c4d5e6f")
    }

    @Test func eachEventHasAnIDOfItsOwnThatStaysTheSame() throws {
        var notice = Self.notice()
        notice.neutronEvents += [.init(type: "network.update.end", payload: [:])]
        func identifiers() throws -> [[String]] {
            try notice.osloMessages(host: "c1").map { message in
                let text = try #require(try Self.json(message)["oslo.message"]?.stringValue)
                let inner = try JSONValue(parsing: text)
                return [
                    message.messageID, try #require(inner["message_id"]?.stringValue),
                    try #require(inner["_unique_id"]?.stringValue),
                ]
            }
        }
        let first = try identifiers()
        #expect(
            first.map { $0[0] } == [
                "0b9c1f3e-4a5b-4c6d-8e7f-fffffffffffe", "0b9c1f3e-4a5b-4c6d-8e7f-ffffffffffff",
                "0b9c1f3e-4a5b-4c6d-8e7f-000000000000",
            ])
        #expect(first.allSatisfy { $0[0] == $0[1] && $0[0].filter { $0 != "-" } == $0[2] })
        #expect(try identifiers() == first)
    }

    @Test func theHistoryKeepsWhoDidWhatWhen() throws {
        let message = try #require(Notice.historyMessages(of: [Self.notice()]).first)
        #expect(message.exchange == "skein.events")
        #expect(message.messageID == Self.notice().id)
        #expect(message.body.firstIndex(of: UInt8(ascii: "\n")) == message.body.count - 1)
        let event = try #require(HistoryEvent(parsing: message.body))
        #expect(event == HistoryEvent(Self.notice()))
        #expect(event.userName == "alice")
        #expect(event.neutronEvents == ["network.create.start", "network.create.end"])
        #expect(event.object == Self.network)
    }

    /// As few as it takes, none larger than its limit, and no event cut.
    @Test func manyEventsGoToTheHistoryInFewMessages() throws {
        var notice = Self.notice()
        notice.object?["big"] = .string(String(repeating: "x", count: HistoryEvent.objectLimit / 2))
        let notices = (0..<100).map { number in
            var one = notice
            one.id = "\(number)"
            return one
        }
        let messages = Notice.historyMessages(of: notices)
        #expect(messages.count == 4)
        #expect(messages.allSatisfy { $0.body.count <= Notice.historyMessageBytes })
        let lines = messages.flatMap { $0.body.split(separator: UInt8(ascii: "\n")) }
        #expect(lines.compactMap { HistoryEvent(parsing: $0) } == notices.map(HistoryEvent.init))
        #expect(Notice.historyMessages(of: []).isEmpty)
    }

    @Test func theHistoryLeavesHugeObjectsOut() {
        var notice = Self.notice()
        notice.object?["big"] = .string(String(repeating: "x", count: HistoryEvent.objectLimit))
        #expect(HistoryEvent(notice).object == nil)
    }
}
