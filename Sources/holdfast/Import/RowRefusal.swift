import GRPCCore
import GRPCProtobuf
import HoldfastClient

/// What a server's refusal says about the rows of a call.
struct RowRefusal {
    /// One finding.
    struct Finding {
        /// Index of the request's line that it is about; nil where the refusal does not say.
        var index: Int?
        /// The column it is about.
        var column: String?
        /// The reason.
        var reason: String
    }

    /// The findings, at least one.
    let findings: [Finding]

    /// Reads a refusal; nil for an error that is not about the rows.
    init?(_ error: RPCError) {
        switch CommandStatus(error.code) {
        case .invalid, .notFound, .refused, .alreadyExists: break
        case .done, .unexpected, .unavailable: return nil
        }
        var findings: [Finding] = []
        do {
            for detail in try error.unpackGoogleRPCStatus()?.details ?? [] {
                for violation in detail.badRequest?.violations ?? [] {
                    findings.append(RowRefusal.finding(violation.field, violation.violationDescription))
                }
            }
        } catch {
            // Without details the message below still names the reason.
            findings = []
        }
        if findings.isEmpty {
            findings = [Finding(index: nil, column: nil, reason: "\(error.code.canonicalName): \(error.message)")]
        }
        self.findings = findings
    }

    /// Reads a path such as `lines[3].sku`.
    private static func finding(_ field: String, _ reason: String) -> Finding {
        guard let open = field.firstIndex(of: "["), let close = field.firstIndex(of: "]"), open < close,
            let index = Int(field[field.index(after: open)..<close])
        else { return Finding(index: nil, column: field, reason: reason) }
        let rest = field[field.index(after: close)...]
        return Finding(index: index, column: rest.hasPrefix(".") ? String(rest.dropFirst()) : nil, reason: reason)
    }
}
