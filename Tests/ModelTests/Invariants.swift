import Model
import Store
import StoreContents
import Testing

/// What holds in every store, whatever was tried.
func checkInvariants(_ store: StoreContents, schema: Schema, sourceLocation: SourceLocation = #_sourceLocation) throws {
    let violations = ConfigurationAudit.violations(in: store.list(prefix: StoreKey.root).entries)
    #expect(violations == [], sourceLocation: sourceLocation)
}

/// That a replica fed by the watch equals one made from a listing.
func checkReplica(_ snapshot: Snapshot, of store: StoreContents, sourceLocation: SourceLocation = #_sourceLocation)
    throws
{
    let listed = Snapshot(schema: snapshot.schema, listing: store.list())
    #expect(ConfigurationAudit.differences(of: snapshot, from: listed) == [], sourceLocation: sourceLocation)
}
