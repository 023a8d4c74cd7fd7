import Domain
import HoldfastAPI

/// Requests about waiting lines, translated and validated.
enum BackorderRequests {
    /// Caps to set.
    ///
    /// Whether articles and channels exist is not known here.
    static func policies(
        _ request: Holdfast_V1_SetBackorderPoliciesRequest, body: [UInt8], by caller: Caller
    ) throws(Refusal) -> BackorderPolicyChange {
        struct Key: Hashable {
            var sku: String
            var channel: String
        }
        var validation = RequestValidation()
        let id = validation.id(request.requestID, "request_id")
        var policies: [BackorderPolicy] = []
        if validation.count(request.policies.count, "policies") {
            for (index, policy) in request.policies.enumerated() {
                validation.code(policy.sku, "policies[\(index)].sku")
                validation.code(policy.channel, "policies[\(index)].channel")
                validation.number(policy.cap, in: 0...Quantity.bound, "policies[\(index)].cap")
                policies.append(BackorderPolicy(sku: policy.sku, channel: policy.channel, cap: policy.cap))
            }
            validation.unique(policies.lazy.map { Key(sku: $0.sku, channel: $0.channel) }, "this sku and channel") {
                "policies[\($0)]"
            }
        }
        try validation.finish()
        for policy in policies { try caller.scope.admit(channel: policy.channel) }
        return BackorderPolicyChange(id: id, policies: policies, body: body, caller: caller)
    }
}
