import JSON
import SeededChance
import Testing

@Suite("Writing JSON")
struct WritingTests {
    @Test("is compact", arguments: WrittenValues.all)
    func compact(value: JSONValue, expected: String) {
        #expect(value.text == expected)
    }

    @Test("puts commas between what is written one by one")
    func tokens() {
        var writer = JSONWriter()
        writer.beginObject()
        writer.name("a")
        writer.beginArray()
        writer.value(1)
        writer.beginObject()
        writer.endObject()
        writer.value("x")
        writer.raw(Array("{\"raw\":true}".utf8))
        writer.value(String?.none)
        writer.endArray()
        writer.name(dynamic: "b\"")
        writer.value(2.5)
        writer.name("c")
        writer.value(["d": nil] as JSONValue)
        writer.name("e")
        writer.null()
        writer.endObject()
        let text = String(decoding: writer.finish(), as: UTF8.self)
        #expect(text == #"{"a":[1,{},"x",{"raw":true},null],"b\"":2.5,"c":{"d":null},"e":null}"#)
    }

    @Test("is for people, too")
    func pretty() {
        let value: JSONValue = ["a": [1, ["b": "c"], [], [:]], "d": nil]
        #expect(
            value.prettyText() == """
                {
                  "a": [
                    1,
                    {
                      "b": "c"
                    },
                    [],
                    {}
                  ],
                  "d": null
                }
                """)
    }

    @Test("and reading it again gives the same value, whatever the value")
    func roundTrip() throws {
        var generator = Chance(seed: 7)
        for _ in 0..<1_000 {
            let value = Self.random(&generator, depth: 4)
            #expect(try JSONValue(parsing: value.bytes) == value)
            #expect(try JSONValue(parsing: value.prettyText()) == value)
        }
    }

    private static func random(_ generator: inout Chance, depth: Int) -> JSONValue {
        switch Int.random(in: 0...(depth > 0 ? 7 : 5), using: &generator) {
        case 0: .null
        case 1: .bool(.random(using: &generator))
        case 2: .integer(Int(truncatingIfNeeded: generator.next()))
        case 3: .integer(.random(in: -20...20, using: &generator))
        case 4: .number(finite(&generator))
        case 5: .string(text(&generator))
        case 6: .array((0..<Int.random(in: 0...4, using: &generator)).map { _ in random(&generator, depth: depth - 1) })
        default:
            .object(
                JSONObject(
                    (0..<Int.random(in: 0...4, using: &generator)).map { _ in
                        (text(&generator), random(&generator, depth: depth - 1))
                    }))
        }
    }

    private static func finite(_ generator: inout Chance) -> Double {
        let value = Double(bitPattern: generator.next())
        return value.isFinite ? value : 0.1
    }

    private static func text(_ generator: inout Chance) -> String {
        var text = String.UnicodeScalarView()
        for _ in 0..<Int.random(in: 0...6, using: &generator) {
            let limit: UInt32 = Bool.random(using: &generator) ? 0x7f : 0x10ffff
            text.append(Unicode.Scalar(UInt32.random(in: 0...limit, using: &generator)) ?? "\u{fffd}")
        }
        return String(text)
    }

    @Test("replaces, adds and removes members of an object in place")
    func object() {
        var object: JSONObject = ["a": 1, "b": 2, "a": 3]
        #expect(object.names == ["a", "b"])
        #expect(object["a"] == 3)
        object["c"] = 4
        object["a"] = nil
        object["b"] = "x"
        object["missing"] = nil
        #expect(JSONValue.object(object).text == #"{"b":"x","c":4}"#)
        #expect(object["a"] == nil)
    }
}

private enum WrittenValues {
    static let all: [(value: JSONValue, text: String)] = [
        (JSONValue.null, "null"), (true, "true"), (0, "0"), (-7, "-7"), (10, "10"),
        (.integer(.min), "-9223372036854775808"), (.unsigned(.max), "18446744073709551615"),
        (.number(1.5), "1.5"), (.number(.infinity), "null"), (.number(.nan), "null"), ("", "\"\""), ([], "[]"),
        ([:], "{}"),
        ([1, [2], [:], nil], "[1,[2],{},null]"), (["a": 1, "b": [true, false]], "{\"a\":1,\"b\":[true,false]}"),
        ("\"\\/\u{8}\u{c}\n\r\t\u{0}\u{1f}\u{7f}", "\"\\\"\\\\/\\u0008\\u000c\\n\\r\\t\\u0000\\u001f\u{7f}\""),
        ("é😀\u{2028}", "\"é😀\u{2028}\""),
    ]
}
