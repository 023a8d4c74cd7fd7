public import ArgumentParser
public import Domain

extension EntityID: ExpressibleByArgument {
    /// Reads a UUID in its usual form.
    public init?(argument: String) {
        self.init(argument)
    }
}

/// The id of a change: given by the user, or a fresh one that is shown before the call goes out.
struct MutationID: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "UUID of this change; repeating it with the same request changes nothing (default: a fresh one, printed).",
            valueName: "uuid"))
    var id: EntityID?

    /// The id's text.
    ///
    /// A fresh one goes to standard error, so that a call whose outcome stays unknown can be repeated.
    func chosen() -> String {
        if let id { return id.description }
        var generator = SystemRandomNumberGenerator()
        let fresh = EntityID.random(using: &generator).description
        Terminal.error("id \(fresh)")
        return fresh
    }
}
