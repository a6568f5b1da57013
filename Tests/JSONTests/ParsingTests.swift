import JSON
import Testing

@Suite("Reading JSON")
struct ParsingTests {
    @Test("takes every form of a value", arguments: ParsedValues.all)
    func values(text: String, expected: JSONValue) throws {
        #expect(try JSONValue(parsing: text) == expected)
    }

    @Test(
        "refuses everything else, and says where",
        arguments: [
            ("", 0), (" ", 1), ("nul", 0), ("True", 0), ("tru", 0), ("nulll", 4), ("1 2", 2), ("01", 1), ("-", 1),
            ("+1", 0), (".5", 0),
            ("1.", 2), ("1.e1", 2), ("1e", 2), ("1e+", 3), ("0x10", 1), ("NaN", 0), ("Infinity", 0), ("1e999", 0),
            ("18446744073709551616", 0),
            ("-9223372036854775809", 0), ("[1,]", 3), ("[1", 2), ("[", 1), ("[1 2]", 3), ("]", 0), ("[,1]", 1),
            ("{", 1), ("{\"a\"}", 4),
            ("{\"a\":}", 5), ("{\"a\":1,}", 7), ("{a:1}", 1), ("{'a':1}", 1), ("{\"a\" 1}", 5),
            ("{\"a\":1 \"b\":2}", 7),
            ("{\"a\":1,\"a\":2}", 7), ("{\"a\":1,\"\\u0061\":2}", 7), ("\"", 0), ("\"abc", 0), ("\"\\", 2),
            ("\"\\x41\"", 3), ("\"\\u12\"", 3),
            ("\"\\u12g4\"", 3), ("\"\\u+123\"", 3), ("\"\\ud800\"", 7), ("\"\\ud800\\n\"", 8),
            ("\"\\ud800\\u0041\"", 13), ("\"\\udc00\"", 7), ("\"a\nb\"", 2),
            ("\"a\tb\"", 2), ("\"\u{0}\"", 1), ("// x\n1", 0), ("/* */1", 0), ("\u{feff}1", 0), ("'a'", 0),
            ("undefined", 0),
        ])
    func malformed(text: String, offset: Int) {
        #expect { try JSONValue(parsing: text) } throws: { error in (error as? JSONError)?.offset == offset }
    }

    @Test("refuses a name that occurs twice, wherever in a large object", arguments: [2, 15, 16, 17, 18, 40])
    func repeatedName(count: Int) throws {
        let members = (0..<count).map { "\"n\($0)\":\($0)" }
        #expect(try JSONValue(parsing: "{\(members.joined(separator: ","))}").objectValue?.count == count)
        for repeated in [0, count / 2, count - 1] {
            let text = "{\((members + ["\"n\(repeated)\":0"]).joined(separator: ","))}"
            #expect(throws: JSONError.self) { try JSONValue(parsing: text) }
        }
    }

    @Test(
        "refuses strings that are not UTF-8",
        arguments: [
            [0xff], [0xc3], [0xc0, 0x80], [0xe2, 0x82], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0x80],
        ] as [[UInt8]])
    func notUTF8(bytes: [UInt8]) {
        let quote = UInt8(ascii: "\"")
        #expect(throws: JSONError.self) { try JSONValue(parsing: [quote] + bytes + [quote]) }
        #expect(throws: JSONError.self) { try JSONValue(parsing: [quote] + bytes + Array("\\n".utf8) + [quote]) }
        #expect(throws: JSONError.self) { try JSONValue(parsing: bytes) }
    }

    @Test("limits how deep a text nests")
    func depth() throws {
        let nested = { (count: Int) in
            Array((String(repeating: "[", count: count) + String(repeating: "]", count: count)).utf8)
        }
        #expect(throws: Never.self) { try JSONValue(parsing: nested(64)) }
        #expect(throws: JSONError.self) { try JSONValue(parsing: nested(65)) }
        #expect(throws: JSONError.self) { try JSONValue(parsing: nested(1_000_000)) }
        #expect(throws: JSONError.self) {
            try JSONValue(parsing: Array(String(repeating: "{\"a\":", count: 100_000).utf8))
        }
        #expect(throws: JSONError.self) { try JSONValue(parsing: nested(3), maximumDepth: 2) }
        // Depth counts what is open, not what has been.
        let wide = "[" + String(repeating: "[],", count: 1_000) + "{}]"
        #expect(try JSONValue(parsing: Array(wide.utf8), maximumDepth: 2).arrayValue?.count == 1_001)
    }

    @Test("never crashes on a text that is cut off or has a byte changed")
    func damaged() throws {
        let text = #"{"a":[1,-2.5e+3,"\u00e9\ud83d\ude00\n"],"b":{"c":null,"d":[true,false]},"é":"😀"}"#
        let bytes = Array(text.utf8)
        for end in bytes.indices { #expect(throws: JSONError.self) { try JSONValue(parsing: bytes[..<end]) } }
        for position in bytes.indices {
            for byte in Array("\"\\{}[],:0e.-tu ".utf8) + [0x00, 0x80, 0xff] {
                var changed = bytes
                changed[position] = byte
                // What is still JSON must be the same after being written and read again.
                if let value = try? JSONValue(parsing: changed) {
                    #expect(try JSONValue(parsing: value.bytes) == value)
                }
            }
        }
    }

    @Test("keeps the order of an object's members, and compares without it")
    func order() throws {
        let value = try JSONValue(parsing: #"{"z":1,"a":{"y":1,"b":2},"m":3}"#)
        #expect(value.objectValue?.names == ["z", "a", "m"])
        #expect(value.text == #"{"z":1,"a":{"y":1,"b":2},"m":3}"#)
        let other = try JSONValue(parsing: #"{"m":3,"a":{"b":2,"y":1},"z":1}"#)
        #expect(value == other)
        #expect(value.hashValue == other.hashValue)
        #expect(try value != JSONValue(parsing: #"{"z":1,"a":{"y":1,"b":2}}"#))
    }
}

private enum ParsedValues {
    static let all: [(text: String, value: JSONValue)] = [
        ("null", JSONValue.null), ("true", true), ("false", false), ("0", 0), ("-0", 0), ("-12", -12),
        ("9223372036854775807", .integer(.max)), ("-9223372036854775808", .integer(.min)),
        ("9223372036854775808", .unsigned(1 << 63)),
        ("18446744073709551615", .unsigned(.max)), ("1.5", .number(1.5)),
        ("1.0", .number(1)), ("-0.0", .number(-0.0)), ("1e3", .number(1_000)), ("1E+3", .number(1_000)),
        ("25e-1", .number(2.5)),
        ("1.7976931348623157e308", .number(1.7976931348623157e308)), ("5e-324", .number(.leastNonzeroMagnitude)),
        ("1e-400", .number(0)),
        ("\"\"", ""), ("\"a\"", "a"), ("\" \"", " "), ("[]", []), ("{}", [:]),
        ("[1,[2,{\"a\":null}]]", [1, [2, ["a": nil]]]),
        (" \t\r\n{ \"a\" : [ 1 , 2 ] } \n", ["a": [1, 2]]), ("{\"\":1}", ["": 1]),
        ("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\/\u{8}\u{c}\n\r\t"), ("\"\\u0041\\u00e9\\u20AC\"", "Aé€"),
        ("\"\\u0000\"", "\u{0}"),
        ("\"\\ud83d\\ude00\"", "😀"), ("\"😀é\"", "😀é"), ("\"\\uffff\"", "\u{ffff}"), ("\"a\u{7f}b\"", "a\u{7f}b"),
        ("{\"b\":1,\"a\":2}", ["b": 1, "a": 2]),
    ]
}
