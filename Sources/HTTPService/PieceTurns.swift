import Model

/// Whose turn the pieces of an answer wait for.
package struct PieceTurns: Sendable {
    private let gate: RequestGate
    private let caller: EditContext.Caller

    package init(gate: RequestGate, caller: EditContext.Caller) {
        self.gate = gate
        self.caller = caller
    }

    /// - Throws: `CancellationError` when the task is cancelled before the turn comes.
    func next(of pieces: inout any AnswerPieces) async throws -> [UInt8] {
        try await gate.withTurn(for: caller) { pieces.next() }
    }
}
