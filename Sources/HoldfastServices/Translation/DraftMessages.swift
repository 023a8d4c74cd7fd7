import Domain
import HoldfastAPI
import SwiftProtobuf

extension Holdfast_V1_Draft {
    init(_ draft: OrderDraft) throws {
        self.init()
        draftID = draft.id.description
        content = try Holdfast_V1_PlaceOrderRequest(serializedBytes: draft.content)
        note = draft.note
        if let until = draft.validUntil, let stamp = Google_Protobuf_Timestamp(until) { validUntil = stamp }
        state = Holdfast_V1_DraftState(rawValue: Int(draft.state.rawValue)) ?? .unspecified
        revision = draft.revision
        if let stamp = Google_Protobuf_Timestamp(draft.savedAt) { savedAt = stamp }
    }
}
