import Domain
import HoldfastTesting
import Ledger
import Testing

@Suite("API keys in the ledger")
struct KeyReadingTests {
    /// A key that a version with other roles made.
    private func insert(_ prefix: String, roles: String, into deployment: TestDeployment) async throws {
        try await deployment.run(
            """
            INSERT INTO api_key (id, prefix, secret_hash, request, name, roles, created_by)
            VALUES (gen_random_uuid(), '\(prefix)', decode(repeat('00', 32), 'hex'), '', 'test', '\(roles)', 'test')
            """)
    }

    @Test("A role that this version does not know is left out; a key with no other has ended, and the rest are read")
    func unknownRoles() async throws {
        try await TestDeployment.with { deployment in
            let ledger = deployment.ledger
            try await insert("hf_none0000", roles: "{auditor}", into: deployment)
            #expect(try await ledger.hasUsableKey() == false)
            try await insert("hf_some0000", roles: "{auditor,pos}", into: deployment)
            try await insert("hf_known000", roles: "{admin}", into: deployment)
            #expect(try await ledger.hasUsableKey())

            let now = Instant(microseconds: 0)
            let changes = try await ledger.keyChanges(since: 0).keys.map(\.key)
            let states = Dictionary(uniqueKeysWithValues: changes.map { ($0.prefix, $0.state(at: now)) })
            #expect(states == ["hf_none0000": .revoked, "hf_some0000": .active, "hf_known000": .active])
            #expect(changes.first { $0.prefix == "hf_some0000" }?.roles == [.pos])
            #expect(try await ledger.key(prefix: "hf_none0000")?.key.roles == [])

            let active = try await ledger.keys(includeEnded: false, before: nil, limit: 10).elements
            #expect(Set(active.map(\.prefix)) == ["hf_some0000", "hf_known000"])
            let all = try await ledger.keys(includeEnded: true, before: nil, limit: 10).elements
            #expect(Set(all.map(\.prefix)) == Set(states.keys))

            let draft = ApiKeyDraft(
                id: .fresh, prefix: "hf_next0000", secretHash: [UInt8](repeating: 0, count: 32), name: "", roles: [],
                scope: .everything, expiresAt: nil, body: [14])
            let refusal = await #expect(throws: Refusal.self) {
                try await ledger.rotateKey(draft, replacing: .prefix("hf_none0000"), overlapSeconds: 0, caller: "test")
            }
            guard case .wrongState = refusal else {
                Issue.record("\(String(describing: refusal))")
                return
            }
        }
    }
}
