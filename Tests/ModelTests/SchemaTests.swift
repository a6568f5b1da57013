import Foundation
import JSON
import Model
import Testing

@Suite struct SchemaTests {
    @Test func `The schema has every type, link and struct of Contrail R2005`() throws {
        let schema = try Schema.standard()
        let types = schema.types.values
        #expect(types.count == 121)
        #expect(types.map(\.properties.count).reduce(0, +) == 850)
        #expect(types.map(\.references.count).reduce(0, +) == 273)
        #expect(types.map(\.children.count).reduce(0, +) == 121)
        #expect(schema.structs.count == 208)
        #expect(schema.structs.values.map(\.count).reduce(0, +) == 712)
        #expect(types.flatMap(\.properties.values).count { $0.collection != nil } == 142)
    }

    @Test func `Every name in it leads somewhere`() throws {
        let schema = try Schema.standard()
        for type in schema.types.values {
            for parent in type.parents { #expect(schema.types[parent] != nil, "\(type.name) below \(parent)") }
            for (name, link) in type.references {
                #expect(name.hasSuffix("_refs") && schema.types[link.type] != nil, "\(type.name).\(name)")
                if let attribute = link.attribute { #expect(schema.structs[attribute] != nil, "\(attribute)") }
            }
            for link in type.children.values { #expect(schema.types[link.type]?.parents.contains(type.name) == true) }
            for (name, property) in type.properties {
                // The store tells references from properties by this ending.
                #expect(!name.hasSuffix("_refs"), "\(type.name).\(name)")
                if case .structure(let structure) = property.kind { #expect(schema.structs[structure] != nil) }
            }
            #expect(schema.type(named: type.objectType)?.name == type.name)
        }
        for fields in schema.structs.values {
            for case .structure(let structure) in fields.values.map(\.kind) {
                #expect(schema.structs[structure] != nil)
            }
        }
    }

    @Test func `A damaged schema is refused`() {
        for text in ["", "{}", #"{"types":{"a":{}},"structs":{}}"#, #"{"types":{},"structs":{"S":{"f":{}}}}"#] {
            #expect(throws: SchemaError.self, "\(text)") { try Schema(parsing: text) }
        }
    }

    @Test func `The generated text is what the YAML file says`() throws {
        let script = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Scripts/generate-schema")
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["python3", script.path(), "--check"]
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "run Scripts/generate-schema (it needs PyYAML)")
    }
}
