import Domain
public import GRPCCore
public import HoldfastAPI
import Ledger
import SwiftProtobuf

extension PaymentService {
    /// Lists documents.
    public func listDocuments(
        request: Holdfast_V1_ListDocumentsRequest, context: ServerContext
    ) async throws -> Holdfast_V1_ListDocumentsResponse {
        try await answer.answering(context) {
            let (asked, filter) = try ListRequests.documents(request)
            let page = try await ledger.documents(
                filter, before: asked.after, limit: asked.limit, within: CallerContext.current.scope)
            return .with {
                $0.documents = page.elements.map { document in
                    var message = Holdfast_V1_Document(document)
                    message.text = ""
                    message.json = ""
                    return message
                }
                $0.nextPageToken = asked.next(page) { OrderKey(placedAt: $0.issuedAt, id: $0.id) }
            }
        }
    }

    /// Returns one document.
    public func getDocument(
        request: Holdfast_V1_GetDocumentRequest, context: ServerContext
    ) async throws -> Holdfast_V1_GetDocumentResponse {
        try await answer.answering(context) {
            let name: DocumentName
            if let id = EntityID(request.document) {
                name = .id(id)
            } else if let number = DocumentNumber(request.document) {
                name = .number(number)
            } else {
                throw Refusal.invalid([
                    FieldViolation("document", "must be a document's id or its number, such as MAIN-INV-2026-000042")
                ])
            }
            let caller = CallerContext.current
            guard let document = try await ledger.document(name, within: caller.scope) else {
                throw Refusal.missing(.document, request.document, for: caller)
            }
            return .with { $0.document = Holdfast_V1_Document(document) }
        }
    }

    /// Says whose documents the orders of a channel get.
    public func setLegalEntity(
        request: Holdfast_V1_SetLegalEntityRequest, context: ServerContext
    ) async throws -> Holdfast_V1_SetLegalEntityResponse {
        let body = try IdempotentBody(.setLegalEntity, request).bytes
        return try await answer.answering(context, body: body) {
            var validation = RequestValidation()
            let id = validation.id(request.requestID, "request_id")
            validation.code(request.channel, "channel")
            let isCode = request.legalEntity.utf8.allSatisfy {
                (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
                    || $0 == UInt8(ascii: "-")
            }
            if !(1...16).contains(request.legalEntity.utf8.count) || !isCode {
                validation.refuse("legal_entity", "must be 1 to 16 capitals, digits or dashes")
            }
            try validation.finish()
            try await ledger.setLegalEntity(
                id, channel: request.channel, entity: request.legalEntity, body: body, caller: CallerContext.current)
            return .init()
        }
    }
}

extension Holdfast_V1_Document {
    init(_ document: Document) {
        self.init()
        documentID = document.id.description
        number = document.number.description
        kind = Holdfast_V1_DocumentKind(rawValue: Int(document.number.kind.rawValue)) ?? .unspecified
        legalEntity = document.number.entity
        orderID = document.order.description
        causeID = document.cause.description
        if let stamp = Google_Protobuf_Timestamp(document.issuedAt) { issuedAt = stamp }
        total = Holdfast_V1_Money(document.total.minorUnits, document.total.currency)
        text = document.text
        json = document.json
    }
}
