public import Logging
import ServiceContextModule
import TraceContext

extension Logger.MetadataProvider {
    /// The ids of the call that is being answered: `request_id`, `trace_id`, `span_id`; nothing outside of one.
    public static let callTrace = Logger.MetadataProvider {
        guard let trace = ServiceContext.current?.callTrace else { return [:] }
        return [
            "request_id": "\(trace.requestID)", "trace_id": "\(trace.place.traceID)",
            "span_id": "\(trace.place.spanID)",
        ]
    }
}
