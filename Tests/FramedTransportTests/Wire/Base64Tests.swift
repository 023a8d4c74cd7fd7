import Testing

@testable import FramedTransport

@Suite("Base64")
struct Base64Tests {
    @Test("Text comes out as others write it", arguments: [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v")])
    func encodes(plain: String, encoded: String) {
        #expect(Base64.encode(Array(plain.utf8)) == encoded)
        #expect(Base64.decode(encoded.utf8) == Array(plain.utf8))
        #expect(Base64.decode(encoded.filter { $0 != "=" }.utf8) == Array(plain.utf8))
    }

    @Test("All bytes survive", arguments: 0...70)
    func roundTrips(length: Int) {
        let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 91 &+ 200) }
        #expect(Base64.decode(Base64.encode(bytes).utf8) == bytes)
    }

    @Test(
        "What is no base64 is not taken for it", arguments: ["A", "AB=", "A===", "AAAA=", "Zh==", "a b=", "__==", "="])
    func refuses(text: String) {
        #expect(Base64.decode(text.utf8) == nil)
    }
}
