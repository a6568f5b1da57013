import Addressing
import HashTreeCollections
import Store

/// A range of addresses that may be handed out, both ends included.
package struct AddressPool: Hashable, Sendable {
    package let first: IPAddress
    package let last: IPAddress

    package init(first: IPAddress, last: IPAddress) {
        self.first = first
        self.last = last
    }

    package func contains(_ address: IPAddress) -> Bool { first <= address && address <= last }

    /// How many addresses it holds, at most `Int.max`.
    var count: Int {
        guard first.family == last.family, first <= last else { return 0 }
        let distance = Int(clamping: last.bits - first.bits)
        return distance == .max ? .max : distance + 1
    }
}

extension GraphEdit {
    /// Takes the first free address of the pools. Where many are used, the search starts where, after that many
    /// allocations, the free part begins; and a repeated try starts somewhere else, so that two controllers that race for
    /// an address do not race twice.
    ///
    /// - Parameters:
    ///   - network: whose addresses these are.
    ///   - reserved: never handed out (gateway, service address, …).
    ///   - fromEnd: from the high end of each pool down, as Contrail does unless `addr_from_start` is set.
    ///   - holder: the instance-ip.
    /// - Throws: ``ModelError/Code/exhausted`` when every address is used or reserved.
    package mutating func allocateAddress(
        network: ObjectID, pools: [AddressPool], reserved: Set<IPAddress>, fromEnd: Bool = false, holder: ObjectID
    ) throws(ModelError) -> IPAddress {
        let used = base.allocatedAddresses(network: network)
        for pool in pools {
            let count = pool.count
            guard count > 0 else { continue }
            func address(_ index: Int) -> IPAddress? {
                fromEnd ? pool.last.advanced(by: -index) : pool.first.advanced(by: index)
            }
            let place = FreeSearches.Place.pool(network: network, pool, fromEnd: fromEnd, reserved: reserved)
            let free = firstFree(in: place, of: count, used: used.count) { edit, index in
                guard let address = address(index) else { return false }
                return edit.isFree(address, network: network, used: used) && !reserved.contains(address)
            }
            guard let address = free.flatMap(address) else { continue }
            claim(.address(network: network, address: address), for: holder)
            return address
        }
        throw ModelError(.exhausted, "no free address in \(network)")
    }

    /// Takes this very address. One that another request is about to take is taken too: that one may fail, and the store
    /// decides who has it. A MAC address and a number the same.
    ///
    /// - Throws: ``ModelError/Code/taken`` when it is in use.
    package mutating func allocate(
        _ address: IPAddress, network: ObjectID, holder: ObjectID
    ) throws(ModelError) {
        let key = StoreKey.address(network: network, address: address)
        let other = isReleased(key) ? nil : base.holder(of: address, network: network)
        guard other == nil, !isClaimed(key) else {
            throw ModelError(.taken, "\(address) is in use", objects: other.map { [$0] } ?? [])
        }
        claim(key, for: holder)
    }

    /// Makes the transaction depend on no address of these blocks being in use when it is committed, whoever has taken one
    /// meanwhile: what removing a subnet, or giving an address another use, is based on. Addresses that
    /// this edit gives back are allowed.
    ///
    /// - Throws: ``ModelError/Code/inUse`` with the holders, when the snapshot has such addresses already.
    package mutating func requireNoAddress(in blocks: [CIDR], network: ObjectID) throws(ModelError) {
        guard !blocks.isEmpty else { return }
        let taken = base.allocatedAddresses(network: network).sorted { $0.key < $1.key }
        for block in blocks {
            var from = StoreKey.address(network: network, address: block.first).path
            var holders: Set<ObjectID> = []
            for (address, allocation) in taken[taken.firstIndex(notBefore: block.first)...] {
                guard address <= block.last else { break }
                let key = StoreKey.address(network: network, address: address)
                guard isReleased(key) else {
                    holders.insert(allocation.holder)
                    continue
                }
                require(.emptyRange(from: from, upTo: key.path))
                from = KeyRange.after(key.path)
            }
            guard holders.isEmpty else {
                throw ModelError(
                    .inUse, "addresses from \(block.first) to \(block.last) are in use", objects: holders.sorted())
            }
            let end = KeyRange.after(StoreKey.address(network: network, address: block.last).path)
            require(.emptyRange(from: from, upTo: end))
        }
    }

    /// Takes a MAC address that no port of the network uses, of the given first three bytes.
    ///
    /// - Throws: ``ModelError/Code/exhausted`` when a thousand random ones are all in use.
    package mutating func allocateMAC(
        network: ObjectID, vendor: UInt32 = 0xfa163e, holder: ObjectID
    ) throws(ModelError) -> MACAddress {
        for _ in 0..<1000 {
            let mac = MACAddress(bits: UInt64(vendor) << 24 | context.random(below: 1 << 24))
            let key = StoreKey.mac(network: network, address: mac)
            if base.holder(of: mac, network: network) == nil, !isPending(key) {
                claim(key, for: holder)
                return mac
            }
        }
        throw ModelError(.exhausted, "no free MAC address in \(network)")
    }

    /// Takes this very MAC address.
    ///
    /// - Throws: ``ModelError/Code/taken`` when another port of the network uses it.
    package mutating func allocate(_ mac: MACAddress, network: ObjectID, holder: ObjectID) throws(ModelError) {
        let key = StoreKey.mac(network: network, address: mac)
        let other = base.holder(of: mac, network: network)
        if let other, !isReleased(key) {
            guard other == holder else { throw ModelError(.taken, "\(mac) is in use", objects: [other]) }
            return
        }
        if isClaimed(key) { throw ModelError(.taken, "\(mac) is in use") }
        claim(key, for: holder)
    }

    /// Takes the lowest free number of a range, roughly: like addresses, the search starts behind those in use.
    ///
    /// - Throws: ``ModelError/Code/exhausted``.
    package mutating func allocateNumber(_ range: NumberRange, holder: ObjectID) throws(ModelError) -> Int {
        let used = base.numbers[range] ?? [:]
        let numbers = range.numbers
        let free = firstFree(in: .numbers(range), of: numbers.count, used: used.count) { edit, index in
            let number = numbers.lowerBound + index
            return used[number] == nil && !edit.isPending(.number(range, number))
        }
        guard let number = free.map({ numbers.lowerBound + $0 }) else {
            throw ModelError(.exhausted, "no free number in \(range.rawValue)")
        }
        claim(.number(range, number), for: holder)
        return number
    }

    /// Takes this very number, which the holder may have already.
    ///
    /// - Throws: ``ModelError/Code/numberTaken`` when another one holds it.
    mutating func allocate(_ number: Int, of range: NumberRange, holder: ObjectID) throws(ModelError) {
        let key = StoreKey.number(range, number)
        if let other = base.holder(of: number, range: range), !isReleased(key) {
            guard other == holder else { throw ModelError(.numberTaken, "\(number) is in use", objects: [other]) }
            return
        }
        if isClaimed(key) { throw ModelError(.numberTaken, "\(number) is in use") }
        claim(key, for: holder)
    }

    /// Looks for something free: from the lowest on as long as few are used, so that numbers and addresses are reused in
    /// order; behind those in use when there are many; elsewhere after a lost race. Of a controller that has other
    /// requests under way, or has lost a race, in its own share first. A second search of the same edit goes on where the
    /// first one ended.
    private mutating func firstFree(
        in place: FreeSearches.Place, of count: Int, used: Int, _ isFree: (GraphEdit, Int) -> Bool
    ) -> Int? {
        guard !searches.isExhausted(place) else { return nil }
        let start = searches.next(in: place) ?? beginning(of: count, used: used)
        let isBusy = context.attempt > 0 || !context.pendingKeys.isEmpty
        let found = context.share.firstFree(of: count, from: start % count, isBusy: isBusy) { isFree(self, $0) }
        searches.note(found, in: place)
        return found
    }

    private mutating func beginning(of count: Int, used: Int) -> Int {
        let spread = context.attempt < 2 ? 0 : Int(context.random(below: 16 << UInt64(min(context.attempt, 8))))
        return (used > 256 ? min(used, count - 1) : 0) + spread
    }

    private func isFree(
        _ address: IPAddress, network: ObjectID, used: TreeDictionary<IPAddress, Snapshot.Allocation>
    ) -> Bool {
        let key = StoreKey.address(network: network, address: address)
        // Most addresses that a search meets are in use: that is asked first, because it costs the least.
        guard used[address] == nil || isReleased(key) else { return false }
        return !isPending(key)
    }
}

extension Array where Element == (key: IPAddress, value: Snapshot.Allocation) {
    /// The place of the first element, in an array that is sorted by address, whose address is not below this one.
    fileprivate func firstIndex(notBefore address: IPAddress) -> Int {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if self[middle].key < address { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
