import Remote
import Testing

@Suite struct ShellWordTests {
    @Test(arguments: ["plain", "", "it's", "a b", "$HOME", "`x`", "\"", "'", "a\nb", "-n", "*", "\\"])
    func theShellGivesItBack(text: String) throws {
        let result = try Shell.run("printf %s \(shellWord(text))x")
        #expect(result.output == text + "x")
    }
}
