public import GRPCCore

/// Unary methods that are answered on the event loop of their connection, without a task for each call.
///
/// A handler must not block: it either completes its call at once, or keeps it and completes it later on the same loop.
/// A method registered here takes precedence over the same method of a service.
public struct FastLane: Sendable {
    /// Answers one call.
    public typealias Handler = @Sendable (FastLaneCall) -> Void

    private var handlers: [MethodDescriptor: Handler] = [:]

    /// A lane without methods.
    public init() {}

    /// The methods of the lane, in no particular order.
    public var methods: [MethodDescriptor] { Array(handlers.keys) }

    /// Adds a method, or replaces its handler.
    public mutating func register(_ method: MethodDescriptor, _ handler: @escaping Handler) {
        handlers[Self.key(method)] = handler
    }

    /// The handler of a method, if it is on this lane.
    public func handler(for method: MethodDescriptor) -> Handler? {
        handlers[Self.key(method)]
    }

    /// Descriptors also carry the kind of the method, which plays no part in its name.
    private static func key(_ method: MethodDescriptor) -> MethodDescriptor {
        MethodDescriptor(service: method.service, method: method.method)
    }
}
