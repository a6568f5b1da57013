import CRabbitMQ

/// Memory for the byte strings and tables of one call into librabbitmq; freed with the arena.
final class AMQPArena {
    private var allocations: [UnsafeMutableRawPointer] = []

    deinit {
        for allocation in allocations { allocation.deallocate() }
    }

    func bytes(_ text: String) -> amqp_bytes_t {
        var text = text
        return text.withUTF8 { source in
            let copy = allocate(byteCount: max(1, source.count), alignment: 1)
            UnsafeMutableRawBufferPointer(start: copy, count: source.count).copyBytes(from: source)
            return amqp_bytes_t(len: source.count, bytes: copy)
        }
    }

    /// A field of a table.
    enum Field {
        case bool(Bool)
        case integer(Int)
        case text(String)
    }

    func table(_ fields: [(name: String, value: Field)]) -> amqp_table_t {
        guard !fields.isEmpty else { return amqp_table_t(num_entries: 0, entries: nil) }
        let stride = MemoryLayout<amqp_table_entry_t>.stride
        let memory = allocate(byteCount: stride * fields.count, alignment: MemoryLayout<amqp_table_entry_t>.alignment)
        let entries = memory.bindMemory(to: amqp_table_entry_t.self, capacity: fields.count)
        for (index, field) in fields.enumerated() {
            var entry = amqp_table_entry_t()
            entry.key = bytes(field.name)
            switch field.value {
            case .bool(let value):
                entry.value.kind = UInt8(ascii: "t")
                entry.value.value.boolean = value ? 1 : 0
            case .integer(let value):
                entry.value.kind = UInt8(ascii: "l")
                entry.value.value.i64 = Int64(value)
            case .text(let value):
                entry.value.kind = UInt8(ascii: "S")
                entry.value.value.bytes = bytes(value)
            }
            (entries + index).initialize(to: entry)
        }
        return amqp_table_t(num_entries: Int32(clamping: fields.count), entries: entries)
    }

    private func allocate(byteCount: Int, alignment: Int) -> UnsafeMutableRawPointer {
        let allocation = UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: alignment)
        allocations.append(allocation)
        return allocation
    }
}

extension String {
    /// Copies a byte string that librabbitmq owns; bytes that are no UTF-8 become replacement characters.
    init(_ bytes: amqp_bytes_t) {
        self.init(decoding: UnsafeRawBufferPointer(start: bytes.bytes, count: bytes.len), as: UTF8.self)
    }
}
