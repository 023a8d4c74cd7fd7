/// Waits until a condition holds, at most `seconds` (a busy machine is no reason to fail); tells whether it came to hold.
package func eventually(
    within seconds: Double = 60, _ condition: @Sendable () async throws -> Bool
) async throws -> Bool {
    let clock = ContinuousClock()
    let end = clock.now + .seconds(seconds)
    while clock.now < end {
        if try await condition() { return true }
        try await Task.sleep(for: .milliseconds(10))
    }
    return try await condition()
}
