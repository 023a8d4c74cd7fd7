public import Domain

/// Who makes the call that is being answered.
public enum CallerContext {
    /// The caller, for the length of a call; ``Domain/Caller/nobody`` where no interceptor has told.
    @TaskLocal public static var current = Caller.nobody
}
