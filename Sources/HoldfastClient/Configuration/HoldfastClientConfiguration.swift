public import GRPCCore
public import Logging
public import NIOCore
import NIOPosix

/// Where a service is, and how a client calls it.
///
/// Every value but the endpoints has a default.
///
/// ```swift
/// var configuration = HoldfastClientConfiguration(endpoints: [HoldfastEndpoint(host: "oms.example", port: 7411)])
/// configuration.timeout = .seconds(5)
/// configuration.timeouts[Holdfast_V1_OrderService.Method.PlaceOrder.descriptor] = .seconds(20)
/// ```
public struct HoldfastClientConfiguration: Sendable {
    /// The servers of the service; calls take turns on those that can be reached.
    public var endpoints: [HoldfastEndpoint]

    /// What the client shows to be let in: nothing.
    public var credential = HoldfastCredential.none

    /// How connections are encrypted: not at all.
    public var tls: HoldfastTLS?

    /// Time of a call in all, with its repetitions, unless the call or ``timeouts`` says otherwise.
    ///
    /// `nil`, the default, is the method's own, as the server would give it: see ``HoldfastAPI/HoldfastDeadlines``.
    public var timeout: Duration?

    /// Times of single methods, which go before ``timeout``: none.
    public var timeouts: [MethodDescriptor: Duration] = [:]

    /// When and how often calls are repeated.
    public var repetition = RepetitionPolicy()

    /// Connections to each endpoint: 1.
    ///
    /// One carries any number of calls at the same time; more help where one event loop is not enough.
    public var connectionsPerEndpoint = 1

    /// Time for one attempt to connect: 5 s.
    public var connectTimeout = Duration.seconds(5)

    /// Largest answer, in bytes: 4 MiB.
    public var maxAnswerBytes = 4 * 1024 * 1024

    /// Interceptors of every call, the first one outermost; a repeated call passes them once.
    public var interceptors: [any ClientInterceptor] = []

    /// Where connections live: the process's own loops.
    ///
    /// It outlives the client.
    public var eventLoopGroup: any EventLoopGroup = MultiThreadedEventLoopGroup.singleton

    /// Receives what operators may want to know about connections: nobody.
    public var logger = Logger(label: "holdfast-client", factory: { _ in SwiftLogNoOpLogHandler() })

    /// Calls these endpoints.
    public init(endpoints: [HoldfastEndpoint]) {
        self.endpoints = endpoints
    }
}
