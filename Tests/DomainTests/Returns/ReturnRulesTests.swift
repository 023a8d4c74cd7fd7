import Domain
import Testing

@Suite("Rules about returns")
struct ReturnRulesTests {
    private func question(
        channel: String = "WEB", sku: String = "MUG-WHITE", currency: String = "GBP",
        reason: ReturnReason = .unwanted, condition: ReturnCondition = .unopened, method: ReturnMethod = .mail,
        delivered: Int64? = 100, today: Int64 = 110
    ) throws -> ReturnQuestion {
        ReturnQuestion(
            channel: channel, sku: sku, currency: try #require(Currency(code: currency)), reason: reason,
            condition: condition, method: method, delivery: delivered.map { .init(day: $0, today: today) })
    }

    private func rules(_ rules: ReturnRule...) -> ReturnRules {
        ReturnRules(version: 1, timeZone: "", secondGradeSuffix: "", rules: rules)
    }

    @Test("The first rule that is for the goods decides")
    func first() throws {
        let rules = rules(
            ReturnRule(name: "food", articles: ["TEA-*", "JAM"], terms: nil),
            ReturnRule(name: "faulty", reasons: [.defective, .wrongItem], terms: ReturnTerms(windowDays: 730)),
            ReturnRule(name: "shop", channels: ["POS"], methods: [.store], terms: ReturnTerms(windowDays: 14)),
            ReturnRule(name: "rest", terms: ReturnTerms(windowDays: 30)))
        #expect(throws: ReturnRefusal.excluded(rule: "food")) { try rules.terms(for: question(sku: "TEA-GREEN")) }
        #expect(throws: ReturnRefusal.excluded(rule: "food")) { try rules.terms(for: question(sku: "JAM")) }
        #expect(try rules.terms(for: question(sku: "JAM-JAR")).rule == "rest")
        #expect(try rules.terms(for: question(sku: "TEA")).rule == "rest")
        #expect(try rules.terms(for: question(reason: .defective)).terms.windowDays == 730)
        #expect(try rules.terms(for: question(channel: "POS", method: .store)).rule == "shop")
        #expect(try rules.terms(for: question(channel: "POS", method: .mail)).rule == "rest")
    }

    @Test("A return is in time to the end of the window's last day")
    func window() throws {
        let rules = rules(ReturnRule(name: "rest", terms: ReturnTerms(windowDays: 30)))
        #expect(try rules.terms(for: question(today: 130)).rule == "rest")
        let refusal = ReturnRefusal.windowOver(rule: "rest", lastDay: 130)
        #expect(throws: refusal) { try rules.terms(for: question(today: 131)) }
        #expect(refusal.explanation == "the rule rest took them back until 1970-05-11")
        let none = self.rules(ReturnRule(name: "day", terms: ReturnTerms(windowDays: 0)))
        #expect(try none.terms(for: question(today: 100)).rule == "day")
        #expect(throws: ReturnRefusal.windowOver(rule: "day", lastDay: 100)) {
            try none.terms(for: question(today: 101))
        }
    }

    @Test("Goods in another condition than the rule takes are refused with those that it takes")
    func condition() throws {
        let rules = rules(
            ReturnRule(name: "new", terms: ReturnTerms(conditions: [.opened, .unopened])),
            ReturnRule(name: "never reached", terms: ReturnTerms()))
        let refusal = ReturnRefusal.condition(rule: "new", accepted: [.unopened, .opened])
        #expect(throws: refusal) { try rules.terms(for: question(condition: .used)) }
        #expect(refusal.code == "CONDITION")
        #expect(refusal.explanation == "the rule new takes goods back that are unopened or opened")
        #expect(try rules.terms(for: question(condition: .opened)).rule == "new")
    }

    @Test("Rules with a fixed fee are for their currency, rules without an order for goods without one")
    func kinds() throws {
        let pounds = try #require(Currency(code: "GBP"))
        let rules = rules(
            ReturnRule(name: "fee", feeCurrency: pounds, terms: ReturnTerms(feeMinor: 295)),
            ReturnRule(name: "blind", withoutOrder: true, terms: ReturnTerms(windowDays: 0)))
        #expect(try rules.terms(for: question()).rule == "fee")
        #expect(throws: ReturnRefusal.noRule) { try rules.terms(for: question(currency: "JPY")) }
        #expect(try rules.terms(for: question(delivered: nil)).rule == "blind")
        #expect(throws: ReturnRefusal.noRule) { try self.rules().terms(for: question()) }
    }

    @Test("Numbers that are stored never change")
    func numbers() {
        #expect(ReturnReason.allCases.map(\.rawValue) == [1, 2, 3, 4, 5, 6, 7, 8])
        #expect(ReturnCondition.allCases.map(\.rawValue) == [1, 2, 3, 4])
        #expect(ReturnMethod.allCases.map(\.rawValue) == [1, 2, 3])
        #expect(ReturnVariance.allCases.map(\.word) == ["less", "more", "wrong_item"])
        #expect(
            ReturnSettlement.allCases.map(\.word) == [
                "original", "store_credit", "outside", "exchange", "nothing_due",
            ])
        #expect(RefundWay.allCases.map(\.rawValue) == [1, 2])
        #expect(LabelPayer.allCases.map(\.rawValue) == [1, 2])
    }
}
