import CHiredis

/// Builds a value from the events of the reply reader, which come in wire order.
final class RESPCollector {
    private struct OpenArray {
        var elements: [RESPValue]
        var missing: Int
    }

    /// An array's announced length is only a claim: this much is set aside for it at once.
    private static let trustedCount = 1_024

    private let maximumElements: Int
    private var elementCount = 0
    private var open: [OpenArray] = []
    private var reply: RESPValue?

    /// Why the collector refused an event, if it did.
    private(set) var refusal: String?

    init(maximumElements: Int) {
        self.maximumElements = maximumElements
    }

    /// Returns the finished reply and makes room for the next one.
    func takeReply() -> RESPValue? {
        defer {
            self.reply = nil
            self.elementCount = 0
        }
        return self.reply
    }

    private func add(_ value: RESPValue) -> Int32 {
        var value = value
        while let last = self.open.indices.last {
            self.open[last].elements.append(value)
            self.open[last].missing -= 1
            guard self.open[last].missing == 0 else { return 1 }
            value = .array(self.open.removeLast().elements)
        }
        self.reply = value
        return 1
    }

    private func beginArray(_ count: Int64) -> Int32 {
        guard count > 0 else { return self.add(.array([])) }
        guard count <= Int64(self.maximumElements - self.elementCount) else {
            self.refusal = "a reply has more than \(self.maximumElements) elements"
            return 0
        }
        self.elementCount += Int(count)
        var elements: [RESPValue] = []
        elements.reserveCapacity(min(Int(count), Self.trustedCount))
        self.open.append(OpenArray(elements: elements, missing: Int(count)))
        return 1
    }

    /// The callbacks with the collector as their context; the caller keeps the collector alive.
    static func makeSink(for collector: RESPCollector) -> chiredis_sink {
        chiredis_sink(
            on_bytes: { context, bytes, length in
                RESPCollector.at(context).add(.bulk(RESPBytes(UnsafeRawBufferPointer(start: bytes, count: length))))
            },
            on_status: { context, bytes, length in
                RESPCollector.at(context).add(.simple(RESPCollector.text(bytes, length)))
            },
            on_error: { context, bytes, length in
                RESPCollector.at(context).add(.error(RedisError(.server, RESPCollector.text(bytes, length))))
            },
            on_integer: { context, value in RESPCollector.at(context).add(.integer(value)) },
            on_null: { context in RESPCollector.at(context).add(.null) },
            on_array: { context, count in RESPCollector.at(context).beginArray(count) },
            context: Unmanaged.passUnretained(collector).toOpaque()
        )
    }

    private static func at(_ context: UnsafeMutableRawPointer?) -> RESPCollector {
        guard let context else { preconditionFailure("the reply reader lost its context") }
        return Unmanaged<RESPCollector>.fromOpaque(context).takeUnretainedValue()
    }

    private static func text(_ bytes: UnsafePointer<CChar>?, _ length: Int) -> String {
        String(decoding: UnsafeRawBufferPointer(start: bytes, count: length), as: UTF8.self)
    }
}
