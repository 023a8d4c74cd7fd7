import Domain
import Testing

@Suite("Entity ids")
struct EntityIDTests {
    @Test("read their canonical text in either case and print it in small letters")
    func roundTrip() throws {
        let id = try #require(EntityID("018F3A2B-1c4d-7e5f-8091-a2b3c4d5e6f7"))
        #expect(id.description == "018f3a2b-1c4d-7e5f-8091-a2b3c4d5e6f7")
        #expect(id.hexadecimal == "018f3a2b1c4d7e5f8091a2b3c4d5e6f7")
        #expect(EntityID(id.description) == id)
    }

    @Test(
        "refuse everything that is not 8-4-4-4-12 hexadecimal digits",
        arguments: [
            "", "018f3a2b1c4d7e5f8091a2b3c4d5e6f7", "018f3a2b-1c4d-7e5f-8091-a2b3c4d5e6f",
            "{018f3a2b-1c4d-7e5f-8091-a2b3c4d5e6}",
            "018f3a2b-1c4d-7e5f-8091-a2b3c4d5e6fg", "018f3a2b_1c4d_7e5f_8091_a2b3c4d5e6f7",
            "018f3a2-b1c4d-7e5f-8091-a2b3c4d5e6f7", "０18f3a2b-1c4d-7e5f-8091-a2b3c4d5e6",
        ])
    func refuses(text: String) {
        #expect(EntityID(text) == nil)
    }

    @Test("random ones are of version 4 and survive their text form")
    func random() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<1_000 {
            let id = EntityID.random(using: &generator)
            #expect(id.high >> 12 & 0xF == 4)
            #expect(id.low >> 62 == 2)
            #expect(EntityID(id.description) == id)
        }
    }
}
