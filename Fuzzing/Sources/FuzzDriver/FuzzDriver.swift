package import FuzzTargets

/// libFuzzer's own main loop; it reads the command line and does not come back before the end of the run.
@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
    _ argumentCount: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>,
    _ callback: @convention(c) (UnsafeRawPointer?, Int) -> CInt
) -> CInt

/// What the callback reads with; set once, before the fuzzer begins.
nonisolated(unsafe) private var target = FuzzTarget.frame

/// Runs an executable of this package.
package enum FuzzDriver {
    /// Fuzzes a target as the command line says.
    package static func main(_ chosen: FuzzTarget) {
        target = chosen
        var argumentCount = CommandLine.argc
        var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv
        _ = runDriver(&argumentCount, &arguments) { start, count in
            target.run(UnsafeRawBufferPointer(start: start, count: count))
            return 0
        }
    }
}
