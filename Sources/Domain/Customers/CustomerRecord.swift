/// A customer: who they are, how they are reached and where they live.
public struct CustomerRecord: Hashable, Sendable {
    /// A further way to reach a customer, or somebody who acts for them.
    public struct Contact: Hashable, Sendable {
        /// What the contact is for.
        public var label: String
        /// Name.
        public var name: String
        /// E-mail address.
        public var email: String
        /// Telephone number as it is written.
        public var phone: String

        /// Makes a contact.
        public init(label: String, name: String, email: String, phone: String) {
            self.label = label
            self.name = name
            self.email = email
            self.phone = phone
        }
    }

    /// A place where a customer is delivered to or billed.
    public struct Place: Hashable, Sendable {
        /// What the customer calls it, unique for the customer.
        public var label: String
        /// Where it is; an empty name is the customer's.
        public var address: Address
        /// Goods go here unless an order says otherwise.
        public var isDefaultShipping: Bool
        /// Invoices name it unless an order says otherwise.
        public var isDefaultBilling: Bool

        /// Makes a place.
        public init(label: String, address: Address, isDefaultShipping: Bool, isDefaultBilling: Bool) {
            self.label = label
            self.address = address
            self.isDefaultShipping = isDefaultShipping
            self.isDefaultBilling = isDefaultBilling
        }
    }

    /// The caller's id.
    public var id: String
    /// Name.
    public var name: String
    /// E-mail address.
    public var email: String
    /// Telephone number as it is written.
    public var phone: String
    /// BCP 47 tag of the language that they read; empty where not known.
    public var language: String
    /// What staff should know.
    public var note: String
    /// Further ways to reach them; empty in lists.
    public var contacts: [Contact]
    /// Where they live; empty in lists.
    public var addresses: [Place]

    /// Makes a record.
    public init(
        id: String, name: String, email: String, phone: String, language: String, note: String,
        contacts: [Contact] = [], addresses: [Place] = []
    ) {
        self.id = id
        self.name = name
        self.email = email
        self.phone = phone
        self.language = language
        self.note = note
        self.contacts = contacts
        self.addresses = addresses
    }

    /// Texts by whose beginnings the customer is found: see ``CustomerSearch``.
    public var searchKeys: Set<String> {
        var keys: Set<String> = []
        for name in [name] + contacts.map(\.name) { keys.formUnion(CustomerSearch.keys(ofName: name)) }
        for email in [email] + contacts.map(\.email) where !email.isEmpty { keys.insert(CustomerSearch.folded(email)) }
        for phone in [phone] + contacts.map(\.phone) + addresses.map(\.address.phone) {
            keys.formUnion(CustomerSearch.keys(ofPhone: phone))
        }
        return keys
    }
}

/// A customer as stored, with what their record says of itself.
public struct StoredCustomer: Hashable, Sendable {
    /// The record.
    public var record: CustomerRecord
    /// Rises with each change; 1 at first.
    public var version: Int64
    /// When they became known.
    public var createdAt: Instant
    /// When something was changed last.
    public var changedAt: Instant

    /// Makes a stored customer.
    public init(record: CustomerRecord, version: Int64, createdAt: Instant, changedAt: Instant) {
        self.record = record
        self.version = version
        self.createdAt = createdAt
        self.changedAt = changedAt
    }
}

/// How customers are found: by the beginnings of folded texts.
///
/// Names and e-mail addresses count without case; names from each of their words on. Telephone numbers count by their
/// digits, from the first one and from the one behind a leading country code's `+` or `00`, or a leading `0`.
public enum CustomerSearch {
    /// Fewest characters of a beginning that is looked for.
    public static let shortest = 2
    /// Longest key in characters; longer texts are found by their beginning of this length.
    public static let keyBound = 254

    /// A text without case and outer blanks.
    public static func folded(_ text: String) -> String {
        String(text.lowercased().drop { $0.isWhitespace }.prefix(keyBound))
    }

    static func keys(ofName name: String) -> Set<String> {
        let words = folded(name).split(whereSeparator: \.isWhitespace)
        return Set(words.indices.map { words[$0...].joined(separator: " ") })
    }

    static func keys(ofPhone phone: String) -> Set<String> {
        let digits = String(digits(of: phone).prefix(keyBound))
        guard digits.count >= shortest else { return [] }
        var keys: Set = [digits]
        let significant = digits.drop { $0 == "0" }
        if significant.count >= shortest { keys.insert(String(significant)) }
        return keys
    }

    /// The digits of a telephone number, without the zero in parentheses that is not dialled from abroad.
    private static func digits(of phone: String) -> String {
        phone.replacing("(0)", with: "").filter { $0.isASCII && $0.isNumber }
    }

    /// The keys that a search looks for the beginnings of; none where what is asked is too short.
    ///
    /// What has digits and nothing else but what telephone numbers are written with is looked for as such a number, too.
    public static func prefixes(_ asked: String) -> Set<String> {
        var prefixes: Set<String> = []
        let text = folded(asked).split(whereSeparator: \.isWhitespace).joined(separator: " ")
        if text.count >= shortest { prefixes.insert(text) }
        let written = asked.filter { !$0.isWhitespace }
        if !written.isEmpty, written.allSatisfy({ ($0.isASCII && $0.isNumber) || "+-/().".contains($0) }) {
            let digits = digits(of: written).drop { $0 == "0" }
            if digits.count >= shortest { prefixes.insert(String(digits)) }
        }
        return prefixes
    }
}
