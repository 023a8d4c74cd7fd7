import ArgumentParser

/// The ports of a server.
struct PortOptions: ParsableArguments {
    @Option(help: "TCP port of the framed protocol; 0 takes any free one (default: 7411).")
    var tcpPort: Int?

    @Option(help: "TCP port of gRPC over HTTP/2; 0 takes any free one (default: 7412).")
    var grpcPort: Int?

    @Option(
        help: ArgumentHelp(
            "TCP port of metrics and health; 0 takes any free one, off has none (default: 7413).", valueName: "port"))
    var adminPort: PortSetting?

    mutating func validate() throws {
        for (name, port) in [("--tcp-port", tcpPort), ("--grpc-port", grpcPort)] {
            guard let port, !(0...65_535).contains(port) else { continue }
            throw ValidationError("\(name) must be 0 to 65535")
        }
    }
}
