import ArgumentParser
import HoldfastAPI

/// `holdfast pay`: what orders are paid with.
struct PayCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "pay",
        abstract: "What orders are paid with: tenders, captures, refunds.",
        discussion: """
            Amounts are written with their currency: 12.50GBP, 1250JPY.

              holdfast pay add 0b1f6f0a-5c0e-4a55-9d7a-0a4f6b9f3f11 cash --amount 20GBP
              holdfast pay add 0b1f6f0a-5c0e-4a55-9d7a-0a4f6b9f3f11 card-gateway \\
                  --token tok-1 --authorize
              holdfast pay show 0b1f6f0a-5c0e-4a55-9d7a-0a4f6b9f3f11
            """,
        subcommands: [
            PayAdd.self, PayAuthorize.self, PayCapture.self, PayVoid.self, PayRefund.self, PayShow.self,
            PayReport.self, PayOpen.self, PayResolve.self,
        ])
}

/// A kind of tender as written on the command line.
enum TenderKindWord: String, CaseIterable, ExpressibleByArgument {
    case cash
    case terminal
    case cardGateway = "card-gateway"
    case storeCredit = "store-credit"
    case giftCard = "gift-card"

    /// The same as the contract writes it.
    var proto: Holdfast_V1_TenderKind {
        switch self {
        case .cash: .cash
        case .terminal: .terminal
        case .cardGateway: .cardGateway
        case .storeCredit: .storeCredit
        case .giftCard: .giftCard
        }
    }
}

/// A word of the contract without its enum's prefix, in small letters.
func word<Value: RawRepresentable<Int>>(_ value: Value, _ words: [String]) -> String {
    words.indices.contains(value.rawValue) ? words[value.rawValue] : "\(value.rawValue)"
}

extension Holdfast_V1_TenderKind {
    var word: String {
        holdfast.word(
            self, ["?", "cash", "terminal", "card-gateway", "store-credit", "gift-card", "exchange"])
    }
}

extension Holdfast_V1_TenderState {
    var word: String {
        holdfast.word(
            self,
            [
                "?", "pending", "authorized", "partly captured", "captured", "refunded", "voided", "declined",
                "expired",
            ])
    }
}

extension Holdfast_V1_PaymentAction {
    var word: String { holdfast.word(self, ["?", "authorize", "capture", "void", "refund", "charge", "expire"]) }
}

extension Holdfast_V1_PaymentAttemptState {
    var word: String {
        holdfast.word(self, ["?", "prepared", "approved", "declined", "unknown", "abandoned"])
    }
}

extension Holdfast_V1_PaymentStanding {
    var word: String {
        holdfast.word(self, ["?", "untracked", "due", "partly covered", "covered", "paid", "refund due"])
    }
}

extension Table {
    /// Attempts, for people.
    init(attempts: [Holdfast_V1_PaymentAttempt]) {
        self.init([
            .text("ATTEMPT"), .number("TENDER"), .text("ACTION"), .number("AMOUNT"), .text("STATE"),
            .text("REFERENCE"), .text("WHY"),
        ])
        for attempt in attempts {
            add(
                attempt.attemptID, "\(attempt.tenderNumber)", attempt.action.word, attempt.amount.shown,
                attempt.state.word, attempt.reference, attempt.reason)
        }
        if attempts.contains(where: { $0.state == .unknown || $0.state == .prepared }) {
            note("what is prepared or unknown is asked of the gateway until it says: holdfast pay show tells")
        }
    }
}
