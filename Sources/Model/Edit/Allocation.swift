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
            let free = firstFree(of: count, used: used.count) { edit, index in
                guard let address = address(index) else { return false }
                return edit.isFree(address, network: network, used: used) && !reserved.contains(address)
            }
            guard let address = free.flatMap(address) else { continue }
            claim(.address(network: network, address: address), for: holder)
            return address
        }
        throw ModelError(.exhausted, "no free address in \(network)")
    }

    /// Takes this very address.
    ///
    /// - Throws: ``ModelError/Code/taken`` when it is in use.
    package mutating func allocate(
        _ address: IPAddress, network: ObjectID, holder: ObjectID
    ) throws(ModelError) {
        guard isFree(address, network: network, used: base.allocatedAddresses(network: network)) else {
            throw ModelError(
                .taken, "\(address) is in use", objects: base.holder(of: address, network: network).map { [$0] } ?? [])
        }
        claim(.address(network: network, address: address), for: holder)
    }

    /// Makes the transaction depend on no address of a block being in use when it is committed, whoever has taken one
    /// meanwhile: what removing a subnet, or giving an address another use, is based on. Addresses that
    /// this edit gives back are allowed.
    ///
    /// - Throws: ``ModelError/Code/inUse`` with the holders, when the snapshot has such addresses already.
    package mutating func requireNoAddress(
        from first: IPAddress, through last: IPAddress, network: ObjectID
    ) throws(ModelError) {
        var released: [String] = []
        var holders: Set<ObjectID> = []
        for (address, allocation) in base.allocatedAddresses(network: network)
        where first <= address && address <= last {
            let key = StoreKey.address(network: network, address: address)
            if isReleased(key) { released.append(key.path) } else { holders.insert(allocation.holder) }
        }
        guard holders.isEmpty else {
            throw ModelError(.inUse, "addresses from \(first) to \(last) are in use", objects: holders.sorted())
        }
        var from = StoreKey.address(network: network, address: first).path
        for path in released.sorted() {
            require(.emptyRange(from: from, upTo: path))
            from = KeyRange.after(path)
        }
        let end = KeyRange.after(StoreKey.address(network: network, address: last).path)
        require(.emptyRange(from: from, upTo: end))
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
        if isPending(key) { throw ModelError(.taken, "\(mac) is in use") }
        claim(key, for: holder)
    }

    /// Takes the lowest free number of a range, roughly: like addresses, the search starts behind those in use.
    ///
    /// - Throws: ``ModelError/Code/exhausted``.
    package mutating func allocateNumber(_ range: NumberRange, holder: ObjectID) throws(ModelError) -> Int {
        let used = base.numbers[range] ?? [:]
        let numbers = range.numbers
        let free = firstFree(of: numbers.count, used: used.count) { edit, index in
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
    /// - Throws: ``ModelError/Code/taken`` when another one holds it.
    mutating func allocate(_ number: Int, of range: NumberRange, holder: ObjectID) throws(ModelError) {
        let key = StoreKey.number(range, number)
        if let other = base.holder(of: number, range: range), !isReleased(key) {
            guard other == holder else { throw ModelError(.taken, "\(number) is in use", objects: [other]) }
            return
        }
        if isPending(key) { throw ModelError(.taken, "\(number) is in use") }
        claim(key, for: holder)
    }

    /// Looks for something free: from the lowest on as long as few are used, so that numbers and addresses are reused in
    /// order; behind those in use when there are many; elsewhere after a lost race. Of a controller that has other
    /// requests under way, or has lost a race, in its own share first.
    private mutating func firstFree(of count: Int, used: Int, _ isFree: (GraphEdit, Int) -> Bool) -> Int? {
        let spread = context.attempt < 2 ? 0 : Int(context.random(below: 16 << UInt64(min(context.attempt, 8))))
        let start = ((used > 256 ? min(used, count - 1) : 0) + spread) % count
        let isBusy = context.attempt > 0 || !context.pendingKeys.isEmpty
        return context.share.firstFree(of: count, from: start, isBusy: isBusy) { isFree(self, $0) }
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
