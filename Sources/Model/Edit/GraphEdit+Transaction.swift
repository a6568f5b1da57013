import Addressing
import HashTreeCollections
import JSON
import Store

// How an edit becomes a transaction.
extension GraphEdit {
    /// The transaction.
    ///
    /// - Parameters:
    ///   - recordsNotices: whether notices go to the outbox; false where no broker will ever take them.
    ///   - room: how many bytes the caller will add to the transaction: the idempotency record, which holds the answer.
    /// - Throws: ``ModelError/Code/inUse`` when an object to be deleted has children or is referred to by objects that
    ///   are not deleted with it, ``ModelError/Code/notFound`` when a new reference's target does not exist,
    ///   ``ModelError/Code/tooLarge`` when the store would not take it.
    package func finish(recordsNotices: Bool = true, reserving room: Int = 0) throws(ModelError) -> Transaction {
        guard room <= StoreLimits.valueBytes else {
            throw ModelError(
                .tooLarge,
                "the answer has \(room) bytes; at most \(StoreLimits.valueBytes): ask for fewer or smaller objects")
        }
        var writes = writes
        for id in edited.order {
            try add(id, to: &writes)
            try checkValues(writes, reserving: room)
        }
        addQuotas(to: &writes)
        if recordsNotices { try addNotices(to: &writes, reserving: room) }
        for (path, value) in writes.puts where value.count > StoreLimits.valueBytes {
            throw ModelError(
                .tooLarge,
                "\(path) would have \(value.count) bytes; at most \(StoreLimits.valueBytes): make it smaller")
        }
        let transaction = writes.transaction
        // One precondition and one change are the record's.
        let entries = max(transaction.preconditions.count, transaction.changes.count) + 1
        guard entries <= StoreLimits.transactionOperations else {
            throw Self.tooLarge("\(entries) entries", StoreLimits.transactionOperations)
        }
        let bytes = transaction.bytes + room
        guard bytes <= StoreLimits.transactionBytes else {
            throw Self.tooLarge("\(bytes) bytes", StoreLimits.transactionBytes)
        }
        return transaction
    }

    /// Refuses what will not fit while it is still growing.
    func checkValues(_ writes: StoreWrites, reserving room: Int) throws(ModelError) {
        guard writes.valueBytes + room > StoreLimits.transactionBytes else { return }
        throw Self.tooLarge("more than \(writes.valueBytes + room) bytes", StoreLimits.transactionBytes)
    }

    private static func tooLarge(_ size: String, _ limit: Int) -> ModelError {
        ModelError(
            .tooLarge,
            "the change takes \(size) in the store; at most \(limit): ask for fewer or smaller objects at once, or remove what "
                + "belongs to the object first")
    }

    private func addQuotas(to writes: inout StoreWrites) {
        let reservation = quotaReservation()
        for (path, value) in reservation.puts { writes.put(path, value) }
        for precondition in reservation.preconditions { writes.require(precondition) }
    }

    private func add(_ id: ObjectID, to writes: inout StoreWrites) throws(ModelError) {
        let old = base.objects[id]
        let new = edited[id]
        guard let type = new?.type ?? old?.type else { return }
        let path = StoreKey.object(type: type, id: id).path
        if let old {
            writes.require(.unmodified(path, since: old.modified))
        } else if new != nil {
            writes.require(.absent(path))
        }
        if let new {
            let bytes = JSONValue.object(new.stored).bytes
            guard bytes.count <= StoreLimits.valueBytes else {
                throw ModelError(
                    .tooLarge,
                    "\(type) \(id) would have \(bytes.count) bytes; at most \(StoreLimits.valueBytes): make it smaller, or "
                        + "divide it into several", objects: [id])
            }
            writes.put(path, bytes)
        } else if old != nil {
            writes.delete(path)
        }
        addName(old: old, new: new, to: &writes)
        try addReferences(of: id, old: old, new: new, to: &writes)
        if let old, new == nil { try guardDelete(of: old, &writes) }
    }

    private func addName(old: ConfigObject?, new: ConfigObject?, to writes: inout StoreWrites) {
        if let new, old == nil {
            let path = StoreKey.name(type: new.type, fqName: new.fqName).path
            // A name that another object of this same edit gives up is replaced; its holder's own precondition guards it.
            if !writes.cancelDelete(path) { writes.require(.absent(path)) }
            writes.put(path, Array(new.id.description.utf8))
        } else if let old, new == nil {
            let path = StoreKey.name(type: old.type, fqName: old.fqName).path
            if writes.puts(path) {
                writes.drop(.absent(path))
            } else {
                writes.delete(path)
            }
        }
    }

    private func addReferences(
        of id: ObjectID, old: ConfigObject?, new: ConfigObject?, to writes: inout StoreWrites
    ) throws(ModelError) {
        let before = old?.targets ?? []
        let after = new?.targets ?? []
        // One that has more from earlier times may still become smaller.
        guard after.count <= max(EditLimits.references, before.count) else {
            throw ModelError(
                .tooLarge,
                "\(id) would refer to \(after.count) objects; at most \(EditLimits.references): divide it into several",
                objects: [id])
        }
        for target in after.subtracting(before) {
            if let unreadable = base.quarantine[target] {
                throw ModelError(.unreadable, unreadable.explanation, objects: [target])
            }
            guard object(target) != nil else {
                throw ModelError(.notFound, "\(target) does not exist", objects: [target])
            }
            writes.put(StoreKey.reference(target: target, source: id).path, Array((new?.type ?? "").utf8))
            guard let target = base.objects[target] else { continue }
            let path = StoreKey.object(type: target.type, id: target.id).path
            // What must be unmodified is there.
            if !writes.requires(.unmodified(path, since: target.modified)) { writes.require(.present(path)) }
        }
        for target in before.subtracting(after) {
            writes.delete(StoreKey.reference(target: target, source: id).path)
        }
    }

    /// What makes sure that nothing refers to an object at the moment it is deleted: the ranges between the references
    /// that this edit removes itself must be empty.
    private func guardDelete(of object: ConfigObject, _ writes: inout StoreWrites) throws(ModelError) {
        var staying = edited.sources(of: object.id)
        if let id = base.quarantine.sources(of: object.id).first, let unreadable = base.quarantine[id] {
            throw ModelError(
                .unreadable, "\(object.type) \(object.id) is still referred to: \(unreadable.explanation)",
                objects: [id])
        }
        var leaving: [String] = []
        for referrer in base.referrers(of: object.id) where !staying.contains(referrer.id) {
            if edited.contains(referrer.id) {
                leaving.append(StoreKey.reference(target: object.id, source: referrer.id).path)
            } else {
                staying.insert(referrer.id)
            }
        }
        guard staying.isEmpty else {
            throw ModelError(
                .inUse, "\(object.type) \(object.id) is still referred to", objects: staying.sorted())
        }
        let prefix = StoreKey.references(to: object.id)
        let ranges = Precondition.emptyRanges(
            from: prefix, upTo: KeyRange.end(ofPrefix: prefix), except: leaving)
        for range in ranges { writes.require(range) }
    }
}
