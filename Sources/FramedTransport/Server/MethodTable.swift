import GRPCCore
import NIOCore

/// Finds a method by the bytes of its name, without making strings.
final class MethodTable: Sendable {
    /// Who answers a method.
    enum Lane: Sendable {
        /// A closure on the event loop.
        case fast(FastLane.Handler)
        /// A task.
        case task
        /// Nobody: it streams, and this transport does not.
        case none
        /// Nobody: there is no such method.
        case unknown(FramedErrorCode, String)
    }

    /// A method under one of its names.
    final class Entry: Sendable {
        let descriptor: MethodDescriptor
        let lane: Lane
        /// Whether it is answered without a credential.
        let isOpen: Bool
        /// Time for a call whose client gave none; `nil` for that of the server.
        let timeout: TimeAmount?
        /// How fast it can be.
        let serviceTime: ServiceTimeFloor
        fileprivate let service: [UInt8]
        fileprivate let method: [UInt8]

        fileprivate init(
            _ descriptor: MethodDescriptor, _ lane: Lane, isOpen: Bool = false, timeout: TimeAmount? = nil,
            serviceTime: ServiceTimeFloor = ServiceTimeFloor(), service: String
        ) {
            self.descriptor = descriptor
            self.lane = lane
            self.isOpen = isOpen
            self.timeout = timeout
            self.serviceTime = serviceTime
            self.service = Array(service.utf8)
            self.method = Array(descriptor.method.utf8)
        }

        /// Whether the method exists.
        var isKnown: Bool {
            if case .unknown = lane { return false }
            return true
        }
    }

    private let entries: [Entry]
    /// Open addressing: index into `entries` plus one, 0 for empty.
    ///
    /// Its size is a power of two, at least half empty.
    private let buckets: [Int32]
    private let services: Set<String>
    /// Whether methods are unknown here because nobody told them; then the stream handler is asked.
    private let asksStreamHandler: Bool

    /// Makes a table.
    ///
    /// - Parameters:
    ///   - fastLane: Methods answered on the event loop.
    ///   - methods: Methods of the services, or `nil` when they are not known.
    ///   - openMethods: Methods answered without a credential.
    ///   - timeouts: Time for calls of a method whose clients give none.
    init(
        fastLane: FastLane, methods: [MethodDescriptor]?, openMethods: Set<MethodDescriptor> = [],
        timeouts: [MethodDescriptor: TimeAmount] = [:]
    ) {
        let times = Dictionary(
            timeouts.map { ($0.key.fullyQualifiedMethod, $0.value) }, uniquingKeysWith: { min($0, $1) })
        let openNames = Set(openMethods.map(\.fullyQualifiedMethod))
        func entry(_ method: MethodDescriptor, _ lane: Lane) -> Entry {
            Entry(
                method, lane, isOpen: openNames.contains(method.fullyQualifiedMethod),
                timeout: times[method.fullyQualifiedMethod],
                service: method.service.fullyQualifiedService)
        }
        var entries = fastLane.methods.compactMap { method in
            fastLane.handler(for: method).map { entry(method, .fast($0)) }
        }
        for method in methods ?? [] where fastLane.handler(for: method) == nil {
            let streams = method.type.map { $0 != .unary } ?? false
            entries.append(entry(method, streams ? .none : .task))
        }
        let services = Set(entries.map { $0.descriptor.service.fullyQualifiedService })
        let aliases = Self.uniqueShortNames(of: services)
        entries += entries.compactMap { entry in
            let service = entry.descriptor.service.fullyQualifiedService
            return aliases[service].map {
                Entry(
                    entry.descriptor, entry.lane, isOpen: entry.isOpen, timeout: entry.timeout,
                    serviceTime: entry.serviceTime, service: $0)
            }
        }
        entries.append(
            Entry(
                ConnectionControl.cancel, .fast(ConnectionControl.answerCancel), isOpen: true,
                service: ConnectionControl.cancel.service.fullyQualifiedService))
        var size = 16
        while size < entries.count * 2 { size *= 2 }
        var buckets = [Int32](repeating: 0, count: size)
        for (index, entry) in entries.enumerated() {
            var bucket = Self.hash(entry.service, entry.method) & (size - 1)
            while buckets[bucket] != 0 { bucket = (bucket + 1) & (size - 1) }
            buckets[bucket] = Int32(index + 1)
        }
        self.entries = entries
        self.buckets = buckets
        self.services = services.union(aliases.values).union([
            ConnectionControl.cancel.service.fullyQualifiedService
        ])
        self.asksStreamHandler = methods == nil
    }

    /// Finds the method that a request names.
    func lookup(_ meta: CallMeta, in body: ByteBuffer) -> Entry? {
        body.withUnsafeReadableBytes { bytes in
            let service = UnsafeRawBufferPointer(rebasing: bytes[meta.serviceName.start..<meta.serviceName.end])
            let method = UnsafeRawBufferPointer(rebasing: bytes[meta.methodName.start..<meta.methodName.end])
            var bucket = Self.hash(service, method) & (buckets.count - 1)
            while buckets[bucket] != 0 {
                let entry = entries[Int(buckets[bucket]) - 1]
                if Self.equal(entry.method, method), Self.equal(entry.service, service) { return entry }
                bucket = (bucket + 1) & (buckets.count - 1)
            }
            return nil
        }
    }

    /// What to do with a request that ``lookup(_:in:)`` does not know.
    func fallback(service: String, method: String) -> Entry {
        let descriptor = MethodDescriptor(fullyQualifiedService: service, method: method)
        if asksStreamHandler { return Entry(descriptor, .task, service: service) }
        let lane: Lane
        if services.contains(service) {
            lane = .unknown(
                .noMethod, "UNIMPLEMENTED: service \(Self.shown(service)) has no method \(Self.shown(method))")
        } else {
            let code: FramedErrorCode = service.utf8.contains(UInt8(ascii: ".")) ? .noMethod : .noService
            lane = .unknown(code, "UNIMPLEMENTED: there is no service \(Self.shown(service))")
        }
        return Entry(descriptor, lane, service: service)
    }

    /// A name that a client made up, at a length that is fit to be shown.
    private static func shown(_ name: String) -> String {
        name.utf8.count <= 128 ? name : "\(name.prefix(128))…"
    }

    /// Older clients leave the package away; that is understood where it leaves no doubt.
    private static func uniqueShortNames(of services: Set<String>) -> [String: String] {
        var owners: [String: [String]] = [:]
        for service in services {
            guard let dot = service.lastIndex(of: ".") else { continue }
            owners[String(service[service.index(after: dot)...]), default: []].append(service)
        }
        var names: [String: String] = [:]
        for (short, full) in owners where !services.contains(short) {
            guard let only = full.first, full.count == 1 else { continue }
            names[only] = short
        }
        return names
    }

    private static func hash(_ service: [UInt8], _ method: [UInt8]) -> Int {
        service.withUnsafeBytes { service in
            method.withUnsafeBytes { method in hash(service, method) }
        }
    }

    private static func hash(_ service: UnsafeRawBufferPointer, _ method: UnsafeRawBufferPointer) -> Int {
        let hash = mix(mix(0x9e37_79b9_7f4a_7c15, service), method)
        return Int(truncatingIfNeeded: hash ^ hash >> 32)
    }

    private static func mix(_ seed: UInt64, _ bytes: UnsafeRawBufferPointer) -> UInt64 {
        var hash = seed ^ UInt64(bytes.count)
        var offset = 0
        while bytes.count - offset >= 8 {
            hash = (hash ^ bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)) &* 0xff51_afd7_ed55_8ccd
            hash ^= hash >> 32
            offset += 8
        }
        while offset < bytes.count {
            hash = (hash ^ UInt64(bytes[offset])) &* 0xff51_afd7_ed55_8ccd
            offset += 1
        }
        return hash ^ hash >> 29
    }

    private static func equal(_ known: [UInt8], _ bytes: UnsafeRawBufferPointer) -> Bool {
        guard known.count == bytes.count else { return false }
        return known.withUnsafeBytes { known in
            var offset = 0
            while known.count - offset >= 8 {
                let left = known.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                guard left == bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self) else { return false }
                offset += 8
            }
            while offset < known.count {
                guard known[offset] == bytes[offset] else { return false }
                offset += 1
            }
            return true
        }
    }
}
