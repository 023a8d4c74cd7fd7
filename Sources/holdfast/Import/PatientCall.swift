import GRPCCore
import GRPCProtobuf

/// Repeats a call that may be repeated while the server or a store is away.
enum PatientCall {
    /// How long to go on.
    static let patience = Duration.seconds(60)

    /// Makes the call until it is answered; `body` uses the same id each time.
    static func repeating<R: Sendable>(_ body: () async throws -> R) async throws -> R {
        let clock = ContinuousClock()
        let end = clock.now + patience
        var pause = Duration.milliseconds(50)
        while true {
            do {
                return try await body()
            } catch let error as RPCError where CommandStatus(error.code) == .unavailable && clock.now < end {
                let wish = try error.unpackGoogleRPCStatus()?.details.compactMap { $0.retryInfo?.delay }.first
                try await clock.sleep(for: max(pause, min(wish ?? pause, .seconds(2))))
                pause = min(pause * 2, .seconds(1))
            }
        }
    }
}
