import Domain
import Testing

@Suite("Search for customers")
struct CustomerSearchTests {
    private static let ada = CustomerRecord(
        id: "C1", name: "Ada  King Lovelace", email: "Ada@Example.com", phone: "+44 (0)20 7946 0958", language: "en",
        note: "", contacts: [.init(label: "work", name: "Charles Babbage", email: "cb@engine.org", phone: "030 123")])

    private static func finds(_ asked: String) -> Bool {
        CustomerSearch.prefixes(asked).contains { prefix in ada.searchKeys.contains { $0.hasPrefix(prefix) } }
    }

    @Test(
        "finds by the beginning of a name, of one of its words, an e-mail address and a telephone number",
        arguments: [
            "ad", "ADA", "ada king", "King", "king love", "  lovelace ", "ada@", "ADA@EXAMPLE.COM", "44 20", "+4420",
            "0044 20", "charles", "babbage", "CB@", "030 1", "30123",
        ])
    func found(asked: String) { #expect(Self.finds(asked)) }

    @Test(
        "does not find by what stands inside a word, by another order of words, or by too little",
        arguments: ["da", "lovelace ada", "example.com", "a", "", " ", "0", "7946x", "946"])
    func notFound(asked: String) { #expect(!Self.finds(asked)) }

    @Test("keys are bounded")
    func bounds() {
        let long = String(repeating: "x", count: 1_000)
        let record = CustomerRecord(id: "1", name: long, email: long, phone: "", language: "", note: "")
        #expect(record.searchKeys == [String(repeating: "x", count: CustomerSearch.keyBound)])
        #expect(CustomerRecord(id: "1", name: " ", email: "", phone: "-", language: "", note: "").searchKeys.isEmpty)
    }
}
