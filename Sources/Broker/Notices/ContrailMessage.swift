import JSON

extension Notice {
    /// Contrail's message on `vnc_config.object-update` (`vnc_kombu` of the original): what its config consumers read.
    var contrailMessage: OutgoingMessage {
        var writer = JSONWriter(capacity: 1024)
        writer.beginObject()
        writer.name("oper")
        writer.value(operation.rawValue)
        writer.name("type")
        writer.value(String(objectType.map { $0 == "-" ? "_" : $0 }))
        writer.name("uuid")
        writer.value(objectID)
        writer.name("fq_name")
        writer.value(JSONValue.array(fqName.map(JSONValue.string)))
        writer.name("request-id")
        writer.value(requestID)
        if let object, operation == .create || operation == .delete {
            writer.name("obj_dict")
            writer.value(object)
        }
        if let extra, operation == .update {
            writer.name("extra_dict")
            writer.value(extra)
        }
        writer.endObject()
        return OutgoingMessage(
            exchange: NoticeTopology.contrailExchange, routingKey: "", body: writer.finish(), messageID: id)
    }
}
