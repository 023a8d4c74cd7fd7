import Testing

@testable import Replay

@Suite("Ids of the replay")
struct ReplayIDTests {
    @Test(
        "SHA-1 gives the digests of its standard",
        arguments: [
            ("", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
            ("abc", "a9993e364706816aba3e25717850c26c9cd0d89d"),
            (
                "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
                "84983e441c3bd26ebaae4aa1f95129e5e54670f1"
            ),
            (String(repeating: "a", count: 1_000), "291e9a6c66994949b57ba5e650361e98fc36b1ba"),
        ]
    )
    func digest(message: String, hex: String) {
        let digest = SHA1.digest(of: Array(message.utf8))
        #expect(digest.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined() == hex)
    }

    @Test(
        "Ids are the UUIDs of version 5 that other tools compute",
        arguments: [
            (ReplayID(.order, "536365"), "ce2a4bea-4690-510d-bd00-59937d5b71d4"),
            (ReplayID(.cancellation, "C541433/541431"), "d572752a-99ff-5fa6-9230-cd7b1b4e6cf1"),
            (ReplayID(.receipt, "delivery/2010-12-06/1"), "4d0fafa0-b660-5385-b879-fd56d391133d"),
            (ReplayID(.correction, "536589"), "3ce7edf9-0610-5ca0-9c51-b6b19d61de6d"),
        ]
    )
    func ids(id: ReplayID, text: String) {
        #expect(id.description == text)
        #expect(id.bytes.count == 16)
    }
}
