import GRPCCore
import NIOCore
import Store
import SwiftProtobuf
import Synchronization

/// What is sent of a call: the same bytes to whichever member.
struct UnaryRequest: Sendable {
    /// As HTTP/2 names the method: `/package.Service/Method`.
    let path: String
    /// The message, with its prefix.
    let bytes: ByteBuffer
    /// Whether the member is to refuse the call at once when it has no leader, instead of letting it wait for one.
    let requiresLeader: Bool

    init(_ method: MethodDescriptor, _ message: some Message, requiresLeader: Bool = true) throws(CallFailure) {
        do {
            let content: [UInt8] = try message.serializedBytes()
            var bytes = ByteBuffer()
            bytes.reserveCapacity(5 + content.count)
            bytes.writeInteger(UInt8(0))
            bytes.writeInteger(UInt32(content.count))
            bytes.writeBytes(content)
            self.bytes = bytes
        } catch {
            throw CallFailure(
                effect: .none, isOfMember: false, error: StoreError(.invalid, "the request cannot be written: \(error)")
            )
        }
        path = "/" + method.fullyQualifiedMethod
        self.requiresLeader = requiresLeader
    }
}

/// One call under way with one member. It ends once, with whatever comes first: the answer, the end of its connection,
/// the end of somebody's patience.
final class UnaryCall: Sendable {
    private struct State {
        var answer: UnaryAnswer?
        var waiter: CheckedContinuation<UnaryAnswer?, Never>?
        /// For how many ``step()``s the waiter waits.
        var steps = 0
        var connection: OpenConnection?
    }

    let request: UnaryRequest
    private let state = Mutex(State())

    init(_ request: UnaryRequest) {
        self.request = request
    }

    var hasEnded: Bool { state.withLock { $0.answer != nil } }

    /// Sends the request.
    func begin(on connection: OpenConnection) {
        state.withLock { $0.connection = connection }
        connection.start(self)
    }

    /// Ends the call, when it has not ended yet.
    func end(_ answer: UnaryAnswer) {
        let waiter = state.withLock { state in
            if state.answer == nil { state.answer = answer }
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume(returning: answer)
    }

    /// Ends the call without its answer, which the member may be about to give.
    func giveUp(_ code: RPCError.Code, _ reason: String) {
        let connection = state.withLock { state in state.answer == nil ? state.connection : nil }
        end(.failure(UnaryFailure(error: RPCError(code: code, message: reason), mayHaveEffect: true)))
        connection?.cancel(self)
    }

    /// One step of waiting is over.
    func step() {
        let waiter = state.withLock { state -> CheckedContinuation<UnaryAnswer?, Never>? in
            state.steps -= 1
            guard state.steps <= 0 else { return nil }
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume(returning: nil)
    }

    /// The answer. A caller that is cancelled gives the call up.
    func answer() async -> UnaryAnswer {
        while true {
            if let answer = await answer(within: .max) { return answer }
        }
    }

    /// The answer, nil when it takes more than so many ``step()``s; then the call goes on. One task at a time waits.
    func answer(within steps: Int) async -> UnaryAnswer? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer = state.withLock { state -> UnaryAnswer? in
                    if state.answer == nil {
                        state.waiter = continuation
                        state.steps = steps
                    }
                    return state.answer
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            giveUp(.cancelled, "the call was cancelled")
        }
    }
}

extension UnaryCall: Equatable {
    static func == (left: UnaryCall, right: UnaryCall) -> Bool { left === right }
}
