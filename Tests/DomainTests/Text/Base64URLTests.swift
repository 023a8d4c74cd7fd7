import Domain
import Testing

@Suite("Base64 for URLs")
struct Base64URLTests {
    @Test(
        "Base64 with the URL-safe alphabet of RFC 4648",
        arguments: [
            ([], ""), ([0x66], "Zg"), ([0x66, 0x6F], "Zm8"), ([0x66, 0x6F, 0x6F], "Zm9v"),
            ([0xFB, 0xFF, 0xBF], "-_-_"),
            ([0x66, 0x6F, 0x6F, 0x62, 0x61, 0x72], "Zm9vYmFy"), ([0], "AA"), ([0, 0], "AAA"),
        ] as [([UInt8], String)])
    func base64(bytes: [UInt8], text: String) {
        #expect(Base64URL.encode(bytes) == text)
        #expect(Base64URL.decode(text) == bytes)
    }

    @Test(
        "What the encoder does not make is not decoded",
        arguments: ["A", "Zg==", "Z+", "Z/", "Zh", "Zm9", "Zm 8", "Zé"])
    func brokenBase64(text: String) {
        #expect(Base64URL.decode(text) == nil)
    }
}
