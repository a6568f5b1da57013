import Blueprint
import JSON
import Testing

/// A newer version's configuration is read as far as it says that it may be, and refused with the version otherwise.
@Suite struct FileFormatTests {
    private static func file(_ more: JSONObject) throws -> JSONValue {
        let blueprint = try Fixture.blueprint(Fixture.testbed())
        let content = try #require(blueprint.file(DeploymentPath.controller, "c1")).content
        var object = try #require(try JSONValue(parsing: content).objectValue)
        for member in more { object[member.name] = member.value }
        return .object(object)
    }

    @Test func thisVersionsFileNamesNoFormat() throws {
        let file = try Self.file([:])
        #expect(file["format"] == nil)
        let configuration = try ControllerConfiguration(json: file)
        #expect(try ControllerConfiguration(json: Self.file(["format": 1])) == configuration)
    }

    @Test func aMistakeInThisFormatIsAnError() throws {
        #expect(throws: ConfigurationError(problems: ["colour is not known"])) {
            try ControllerConfiguration(json: Self.file(["colour": "red", "format": 1]))
        }
    }

    @Test func whatANewerVersionAddsIsPassedOverWhenItSaysSo() throws {
        let read = try ControllerConfiguration(
            json: Self.file([
                "format": 3, "format_readable_by": 1, "colour": "red",
                "notice_backlog": ["entries": 10_000, "bytes": 16_777_216, "shape": "round"],
            ]))
        #expect(read.noticeBacklog == .init(entries: 10_000, bytes: 16_777_216))
        // What is known must be right all the same.
        #expect(throws: ConfigurationError(problems: ["region must be a string, not a number"])) {
            try ControllerConfiguration(json: Self.file(["format": 3, "format_readable_by": 1, "region": 1]))
        }
    }

    @Test(arguments: [["format": 2], ["format": 3, "format_readable_by": 2]] as [JSONObject])
    func whatCannotBeReadIsRefusedWithTheVersion(members: JSONObject) throws {
        let error = #expect(throws: ConfigurationError.self) {
            try ControllerConfiguration(json: Self.file(members))
        }
        #expect(error?.problems.count == 1)
        #expect(error?.description.contains("install the version that wrote it") == true)
    }
}
