/// An order that is being written, or a quote.
public struct OrderDraft: Hashable, Sendable {
    /// The caller's id, and that of the order that it becomes.
    public var id: EntityID
    /// The code of its channel.
    public var channel: String
    /// Where it stands.
    public var state: DraftState
    /// How often it was stored.
    public var revision: Int32
    /// What it has, in the contract's encoding of an order to place.
    public var content: [UInt8]
    /// A note for people.
    public var note: String
    /// Until when it can be placed; nil for ever.
    public var validUntil: Instant?
    /// When it was stored last.
    public var savedAt: Instant

    /// Makes a draft.
    public init(
        id: EntityID, channel: String, state: DraftState, revision: Int32, content: [UInt8], note: String,
        validUntil: Instant?, savedAt: Instant
    ) {
        self.id = id
        self.channel = channel
        self.state = state
        self.revision = revision
        self.content = content
        self.note = note
        self.validUntil = validUntil
        self.savedAt = savedAt
    }
}

/// A request to store a draft.
public struct DraftRequest: Sendable {
    /// The caller's id of the call.
    public var id: EntityID
    /// The draft.
    public var draft: EntityID
    /// The code of its channel.
    public var channel: String
    /// What it has.
    public var content: [UInt8]
    /// A note for people.
    public var note: String
    /// Until when it can be placed; nil for ever.
    public var validUntil: Instant?
    /// The revision that the caller has read; 0 for a new draft.
    public var expectedRevision: Int32
    /// The request in its canonical encoding.
    public var body: [UInt8]
    /// Who asks.
    public var caller: Caller

    /// Makes a request.
    public init(
        id: EntityID, draft: EntityID, channel: String, content: [UInt8], note: String, validUntil: Instant?,
        expectedRevision: Int32, body: [UInt8], caller: Caller
    ) {
        self.id = id
        self.draft = draft
        self.channel = channel
        self.content = content
        self.note = note
        self.validUntil = validUntil
        self.expectedRevision = expectedRevision
        self.body = body
        self.caller = caller
    }
}
