import HTTPTypes
import Hummingbird
import HummingbirdCore
import NIOCore
import Observability

/// Answers the admin port: metrics, health, and nothing else.
///
/// It reads no bodies: a request that has one is refused, and its connection closed soon after.
struct AdminResponder: HTTPResponder {
    let metrics: PrometheusMetrics
    let readiness: Readiness

    /// How long the answer to a request with a body may take to arrive.
    private static let linger = TimeAmount.milliseconds(500)

    private static let index = """
        Holdfast
        /metrics  metrics in the text format of Prometheus
        /healthz  200 while the process lives
        /readyz   200 while calls are answered, else 503 and why

        """

    func respond(to request: Request, context: AdminContext) async throws -> Response {
        var response: Response
        if request.headers[.transferEncoding] != nil || (request.headers[.contentLength] ?? "0") != "0" {
            response = text(.contentTooLarge, "requests have no body here\n")
            response.headers[.connection] = "close"
            // However long the body is, it is not waited for.
            let channel = context.channel
            channel.eventLoop.scheduleTask(in: AdminResponder.linger) { channel.close(promise: nil) }
        } else {
            response = answer(request)
        }
        response.headers[.cacheControl] = "no-store"
        response.headers[.xContentTypeOptions] = "nosniff"
        return response
    }

    private func answer(_ request: Request) -> Response {
        let path = request.uri.path
        guard ["/", "/metrics", "/healthz", "/readyz"].contains(path) else {
            return text(.notFound, "there is no such page; / lists them\n")
        }
        guard request.method == .get || request.method == .head else {
            var refusal = text(.methodNotAllowed, "GET and HEAD only\n")
            refusal.headers[.allow] = "GET, HEAD"
            return refusal
        }
        let response =
            switch path {
            case "/metrics": text(.ok, metrics.exposition(), type: PrometheusMetrics.contentType)
            case "/healthz": text(.ok, "alive\n")
            case "/readyz": ready()
            default: text(.ok, AdminResponder.index)
            }
        return request.method == .head ? Response(status: response.status, headers: response.headers) : response
    }

    private func ready() -> Response {
        let report = readiness.report()
        return text(report.isReady ? .ok : .serviceUnavailable, report.json + "\n", type: "application/json")
    }

    private func text(
        _ status: HTTPResponse.Status, _ text: String, type: String = "text/plain; charset=utf-8"
    ) -> Response {
        Response(
            status: status, headers: [.contentType: type],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }
}
