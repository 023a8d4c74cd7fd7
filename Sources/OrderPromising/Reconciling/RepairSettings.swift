/// How the two stores are compared and put right.
public struct RepairSettings: Sendable {
    /// How long something must look wrong before it is put right: what is on its way looks wrong for moments.
    ///
    /// Default 5 s.
    public var grace: Duration = .seconds(5)
    /// Least time between the begins of two looks at everything.
    ///
    /// Default 1 s.
    public var passInterval: Duration = .seconds(1)
    /// Holds of one portion of a look.
    ///
    /// Default 1,000.
    public var holdPortion = 1_000
    /// Cells of one portion of a look.
    ///
    /// Default 2,000.
    public var cellPortion: Int32 = 2_000
    /// Time in which every vshard is loaded anew once, each in its turn: 1 minute to 24 hours.
    ///
    /// Default 1 hour.
    public var scrubInterval: Duration = .seconds(3_600)
    /// How long a server that says nothing keeps the lease on repairs.
    ///
    /// Default 9 s.
    public var leaseDuration: Duration = .seconds(9)

    /// The defaults.
    public init() {}
}
