/// The Redis function library that ships inside the program.
///
/// Two versions of the program may use one Redis while servers are upgraded one by one. A change of the library that leaves
/// every function able to do what it did is a new *revision* under the same name: it takes the former one's place and serves
/// both. A change that does not is a library of another *name*, with functions of other names, loaded beside the former one.
public enum FunctionLibrary {
    /// What the name of every version begins with.
    static let family = "holdfast_"

    /// Its name, which carries its version.
    public static let name = "holdfast_1"

    /// Its source.
    public static let source = sabotaged(String(decoding: PackageResources.holdfast_1_lua, as: UTF8.self))

    /// Its revision, as the source tells it.
    public static let revision: Int = {
        for line in source.split(separator: "\n") where line.hasPrefix("local REVISION = '") {
            if let number = revision(in: line.dropFirst("local REVISION = '".count).prefix { $0 != "'" }) {
                return number
            }
        }
        preconditionFailure("the function library tells no revision")
    }()

    /// Reads `revision 2`; nil for anything else.
    static func revision(in text: some StringProtocol) -> Int? {
        guard text.hasPrefix("revision ") else { return nil }
        return Int(text.dropFirst("revision ".count))
    }
}
