/// What a run is made of.
package struct TortureOptions: Sendable {
    /// Seconds of trade under faults.
    package var seconds = 60
    /// Decides calls and faults.
    package var seed: UInt64
    /// Clients that trade side by side.
    package var clients = 24
    /// Faults to choose from.
    package var faults = FaultKind.allCases
    /// A weakness that the servers are told to have; only builds for tests know any.
    ///
    /// ``noWeakness`` gives them what goes with a weakness and none: a sound server must not be accused under that either.
    package var sabotage: String?
    /// The program that is tried, and its version.
    package var version = ""
    /// How long a client waits for one answer, in milliseconds.
    package var callMilliseconds = 5_000
    /// How long availability may take to become exact after a fault, in seconds.
    package var exactSeconds = 60
    /// Most acknowledged calls that are made once more at the end.
    package var repetitions = 3_000

    /// In place of a weakness: none.
    package static let noWeakness = "none"

    /// Makes options.
    package init(seed: UInt64) { self.seed = seed }
}
