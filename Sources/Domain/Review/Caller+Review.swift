extension Caller {
    /// Holdfast itself, where it reviews orders.
    public static let review = Caller(id: "system:review", name: "review", roles: [], scope: .everything)
}
