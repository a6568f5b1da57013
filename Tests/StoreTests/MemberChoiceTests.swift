import GRPCCore
import Store
import Testing

@testable import EtcdStore

/// Whom the client asks, when it gives up, and what it makes of an error.
struct MemberChoiceTests {
    @Test func aMemberIsAskedOnlyAfterItHasAnswered() {
        var order = MemberOrder(count: 3)
        #expect(order.ready.isEmpty)
        #expect(order.reasons.count == 3)
        order.answered(2)
        order.answered(0)
        #expect(order.ready == [0, 2])
        order.answered(7)
        #expect(order.ready == [0, 2])
    }

    @Test func callsStayWhereTheyGoWell() {
        var order = MemberOrder(count: 3)
        for index in 0..<3 { order.answered(index) }
        order.failed(0, reason: "gone")
        #expect(order.ready == [1, 2])
        #expect(order.reasons == ["gone"])
        order.answered(0)
        #expect(order.ready == [1, 2, 0])
        order.prefer(2)
        #expect(order.ready == [2, 1, 0])
        order.prefer(9)
        order.failed(9, reason: "")
        #expect(order.ready == [2, 1, 0])
    }

    @Test func aRequestIsGivenUpWhenItsLeaderIsLost() {
        var health = MemberHealth()
        #expect(health.reasonToGiveUp(sentIn: 0) == nil)
        health.answered(term: 3, leader: 1, id: 9)
        #expect(health.reasonToGiveUp(sentIn: 3) == nil)
        #expect(health.reasonToGiveUp(sentIn: 0) == nil)
        health.answered(term: 4, leader: 0, id: 9)
        #expect(health.reasonToGiveUp(sentIn: 3) != nil)
        health.answered(term: 4, leader: 2, id: 9)
        #expect(health.reasonToGiveUp(sentIn: 3) != nil)
        #expect(health.reasonToGiveUp(sentIn: 4) == nil)
        health.wasSilent()
        #expect(health.reasonToGiveUp(sentIn: 4) != nil)
        health.answered(term: 4, leader: 2, id: 9)
        #expect(health.reasonToGiveUp(sentIn: 4) == nil)
    }

    @Test func whoSaysThatItLeadsIsTheLeaderUntilOthersKnowBetter() {
        var members = [MemberHealth(), MemberHealth(), MemberHealth()]
        #expect(MemberHealth.leader(among: members) == nil)
        for index in members.indices { members[index].answered(term: 3, leader: 12, id: 10 + UInt64(index)) }
        #expect(MemberHealth.leader(among: members) == 2)
        members[2].wasLate()
        #expect(MemberHealth.leader(among: members) == nil)
        members[2].answered(term: 3, leader: 12, id: 12)
        #expect(MemberHealth.leader(among: members) == 2)
        // It does not know yet that another one was elected.
        members[0].answered(term: 4, leader: 11, id: 10)
        #expect(MemberHealth.leader(among: members) == nil)
        members[1].answered(term: 4, leader: 11, id: 11)
        #expect(MemberHealth.leader(among: members) == 1)
        members[1].answered(term: 4, leader: 0, id: 11)
        #expect(MemberHealth.leader(among: members) == nil)
    }

    @Test func oneCallAtATimeExamines() {
        var health = MemberHealth()
        let first = health.beginExamination()
        let second = health.beginExamination()
        health.endExamination()
        let third = health.beginExamination()
        #expect((first, second, third) == (true, false, true))
    }

    @Test(
        arguments: [
            ("etcdserver: no leader", RPCError.Code.unavailable, StoreError.Code.unavailable, true, true),
            ("etcdserver: too many requests", .resourceExhausted, .unavailable, true, true),
            ("etcdserver: request timed out", .unavailable, .unavailable, true, false),
            (
                "etcdserver: request timed out, possibly due to previous leader failure", .unavailable, .unavailable,
                true, false
            ),
            ("etcdserver: mvcc: database space exceeded", .resourceExhausted, .full, false, true),
            ("etcdserver: mvcc: required revision has been compacted", .outOfRange, .compacted, false, true),
            ("etcdserver: requested lease not found", .notFound, .leaseNotFound, false, true),
            ("etcdserver: request is too large", .invalidArgument, .invalid, false, true),
            ("etcdserver: too many operations in txn request", .invalidArgument, .invalid, false, true),
            ("Stream unexpectedly closed.", .unavailable, .unavailable, true, false),
        ] as [(String, RPCError.Code, StoreError.Code, Bool, Bool)])
    func errorsMeanWhatTheySay(
        _ message: String, _ status: RPCError.Code, _ code: StoreError.Code, _ isOfMember: Bool, _ isWithoutEffect: Bool
    ) throws {
        let endpoint = try EtcdEndpoint("http://10.0.0.1:2379")
        let sent = CallFailure(RPCError(code: status, message: message), from: endpoint, wasSent: true)
        #expect(sent.error.code == code)
        #expect(sent.error.message.contains("http://10.0.0.1:2379"))
        #expect(sent.isOfMember == isOfMember)
        #expect((sent.effect == .none) == isWithoutEffect)
        let unsent = CallFailure(RPCError(code: status, message: message), from: endpoint, wasSent: false)
        #expect(unsent.effect == .none)
    }

    @Test(arguments: ["https://10.1.2.3:2379", "http://etcd-1.example:1", "https://[fd00::1]:65535"])
    func endpointsAreRead(_ text: String) throws {
        #expect(try EtcdEndpoint(text).description == text)
        #expect(try EtcdEndpoint(text + "/").description == text)
    }

    @Test(
        arguments: [
            "", "10.1.2.3:2379", "ftp://10.1.2.3:1", "http://", "http://:2379", "http://host", "http://host:0",
            "http://host:65536", "http://host:-1", "http://host:x", "http://a/b:2379", "https://[fd00::1]",
        ])
    func malformedEndpointsAreRefused(_ text: String) {
        let error = #expect(throws: StoreError.self) { try EtcdEndpoint(text) }
        #expect(error?.code == .invalid)
    }
}
