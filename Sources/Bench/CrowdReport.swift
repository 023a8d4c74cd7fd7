/// What a crowd cost.
public struct CrowdReport: Sendable {
    /// One kind of call of the well-behaved client.
    public struct Call: Sendable {
        /// What was called.
        public var name: String
        /// Calls per second without the crowd.
        public var alone: Double
        /// Calls per second beside it.
        public var beside: Double

        /// What is left.
        public var ratio: Double { alone > 0 ? beside / alone : 0 }
    }

    /// How it was measured.
    public var options: CrowdOptions
    /// What the server's memory grew by for each idle connection, in bytes.
    public var bytesPerConnection: Int
    /// Calls of the flood that were answered, per second.
    public var floodRate: Double
    /// The well-behaved client's calls.
    public var calls: [Call]

    /// A table for people.
    public var table: String {
        var text = """
            closed loop, 1 connection x \(options.depth) in flight, alone and beside \(options.idleConnections) idle \
            connections and a flood of \(options.floodConnections) x \(options.floodDepth) CheckAvailability in flight \
            (\(Int(floodRate.rounded()))/s answered); median of \(options.rounds) rounds; load generator, server and \
            stores share this machine
            memory of the server per idle connection: \(bytesPerConnection) bytes

            """
        for call in calls {
            text += "\(call.name): \(Int(call.alone.rounded()))/s alone, \(Int(call.beside.rounded()))/s in the crowd, "
            text += "ratio \(hundredths(call.ratio))\n"
        }
        return text
    }

    /// The same for machines.
    public var json: String {
        let entries = calls.map {
            """
                {"name": "\($0.name)", "alone_per_second": \(Int($0.alone.rounded())), \
            "beside_per_second": \(Int($0.beside.rounded())), "ratio": \(hundredths($0.ratio))}
            """
        }
        return """
            {
              "idle_connections": \(options.idleConnections), "flood_connections": \(options.floodConnections),
              "flood_depth": \(options.floodDepth), "depth": \(options.depth), "rounds": \(options.rounds),
              "bytes_per_connection": \(bytesPerConnection), "flood_per_second": \(Int(floodRate.rounded())),
              "calls": [
            \(entries.joined(separator: ",\n"))
              ]
            }
            """
    }

    private func hundredths(_ value: Double) -> String {
        let scaled = Int((value * 100).rounded())
        return "\(scaled / 100).\(scaled % 100 < 10 ? "0" : "")\(scaled % 100)"
    }
}
