/// A script that goes on on a host until it is released, or until this process or the connection to the host ends: such as
/// one that keeps a lock.
package struct HeldStep: Sendable {
    let work: Task<Void, Never>

    /// Ends the connection of the script, and by that the script itself.
    package func release() async {
        work.cancel()
        await work.value
    }
}
