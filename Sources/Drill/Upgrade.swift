/// How a drill upgrades an installation: with the same command that an operator would use.
package struct Upgrade: Sendable {
    /// Deploys another executable of the same build.
    package let change: @Sendable () async throws -> Void
    /// Deploys the executable that was there before; no error when it is there already.
    package let changeBack: @Sendable () async throws -> Void

    package init(
        change: @escaping @Sendable () async throws -> Void, changeBack: @escaping @Sendable () async throws -> Void
    ) {
        self.change = change
        self.changeBack = changeBack
    }
}
