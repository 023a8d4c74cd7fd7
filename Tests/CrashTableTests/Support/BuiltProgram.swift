/// The program under test, as it was built beside the tests.
enum BuiltProgram {
    static let path: String = {
        let bundle = CommandLine.arguments[0]
        let directory = bundle.lastIndex(of: "/").map { String(bundle[..<$0]) } ?? "."
        return directory + "/holdfast"
    }()
}
