import Domain
import HoldfastAPI
import OrderPromising

/// Requests for events, translated and validated.
enum EventRequests {
    /// Where a subscription begins.
    enum Start: Equatable {
        /// Behind a place that a cursor names.
        case place(EventPosition)
        /// At one end of what there is.
        case origin(EventOrigin)
    }

    /// Most topics, and most channels, of one subscription.
    private static let bound = 100

    /// A subscription by a caller, who must be allowed every channel that it names.
    static func subscribe(
        _ request: Holdfast_V1_SubscribeRequest, by caller: Caller, in deployment: EntityID
    ) throws -> (start: Start, filter: EventFilter) {
        var validation = RequestValidation()
        let start = start(request, in: deployment, &validation)
        var filter = EventFilter(subject: validation.idOrNil(request.subjectID, "subject_id"))
        if request.topics.count > bound {
            validation.refuse("topics", "must have at most \(bound) entries, has \(request.topics.count)")
        }
        for (index, name) in request.topics.prefix(bound).enumerated() {
            guard let topic = EventTopic(rawValue: name) else {
                validation.refuse(
                    "topics[\(index)]",
                    "must be one of \(EventTopic.allCases.map(\.rawValue).joined(separator: ", "))")
                continue
            }
            filter.topics.insert(topic)
        }
        if request.channels.count > bound {
            validation.refuse("channels", "must have at most \(bound) entries, has \(request.channels.count)")
        }
        for (index, code) in request.channels.prefix(bound).enumerated() {
            validation.code(code, "channels[\(index)]")
            filter.channels.insert(code)
        }
        try validation.finish()
        for channel in filter.channels { try caller.scope.admit(channel: channel) }
        return (start, filter)
    }

    private static func start(
        _ request: Holdfast_V1_SubscribeRequest, in deployment: EntityID, _ validation: inout RequestValidation
    ) -> Start {
        if !request.cursor.isEmpty {
            if request.start != .unspecified { validation.refuse("start", "must not be given with a cursor") }
            guard let cursor = EventCursor(request.cursor, of: deployment) else {
                validation.refuse("cursor", "is not a cursor that this deployment gave")
                return .origin(.now)
            }
            return .place(cursor.place)
        }
        switch request.start {
        case .oldest: return .origin(.oldest)
        case .now: return .origin(.now)
        case .unspecified: validation.refuse("start", "is required where there is no cursor")
        case .UNRECOGNIZED(let value): validation.refuse("start", "\(value) is no place to start at")
        }
        return .origin(.now)
    }
}
