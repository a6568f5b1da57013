import ArgumentParser
import EtcdStore
import Foundation
import JSON
import Model
import Store

/// `skein host unreadable`: the objects that this executable cannot read, as JSON: `{"objects": [{"key", "reason", "bytes"}]}`,
/// or for one of them `{"reason", "content"}` with the content in base64. Needs no controller that runs.
struct HostUnreadableCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "unreadable", shouldDisplay: false)

    @Option var show: String?
    @Option var delete: String?

    func run() async throws {
        let result: JSONValue = try await HostStore.with { store in
            let listing = try await HostStore.whenConnected { () async throws(StoreError) in
                try await store.list(prefix: StoreKey.root)
            }
            let all = Snapshot(schema: try Schema.standard(), listing: listing).quarantine.all
            guard let key = show ?? delete else {
                return [
                    "objects": .array(
                        all.map {
                            ["key": .string($0.path), "reason": .string($0.reason), "bytes": .integer($0.bytes)]
                        })
                ]
            }
            guard let object = all.first(where: { $0.path == key }),
                let entry = listing.entries.first(where: { $0.key == key })
            else { throw HostFailure(reason: "\(key) is no object that cannot be read") }
            if delete != nil {
                let outcome = try await store.commit(try UnreadableRemoval.transaction(object, in: listing))
                guard case .committed = outcome else { throw HostFailure(reason: "\(key) was changed meanwhile") }
            }
            return [
                "reason": .string(object.reason), "content": .string(Data(entry.value).base64EncodedString()),
            ]
        }
        print(result.text)
    }
}

/// Why a command on a host has not done what it was asked for.
struct HostFailure: Error, CustomStringConvertible {
    let reason: String
    var description: String { reason }
}
