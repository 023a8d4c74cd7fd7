public import Domain

/// Who makes the call that is being answered.
public enum CallerContext {
    /// The caller, for the length of a call; ``Domain/Caller/nobody`` where no interceptor has told.
    @TaskLocal public static var current = Caller.nobody

    /// Finds out once more who makes the call, and whether that one may still make it; for calls that last.
    ///
    /// Throws what the caller is to be told where it may not, or where this cannot be told at present. A call that nobody
    /// has let in has none.
    @TaskLocal public static var renewal: (@Sendable () async throws -> Caller)?
}
