/// Packets recorded between a brpc client and a brpc server.
enum Captures {
    static let request = hex(
        """
        50 52 50 43  00 00 00 3a  00 00 00 2d  0a 1d 0a 13 65 78 61 6d 70 6c 65 2e 45 63 68 6f 53 65 72 76 69 63 65
        12 04 45 63 68 6f 18 00 18 00 20 82 80 80 80 10 50 00 58 00 62 00 0a 0b 68 65 6c 6c 6f 20 77 6f 72 6c 64
        """)

    static let answer = hex(
        """
        50 52 50 43  00 00 00 1f  00 00 00 12  12 02 08 00 18 00 20 82 80 80 80 10 50 00 58 00 62 00
        0a 0b 68 65 6c 6c 6f 20 77 6f 72 6c 64
        """)

    static let errorAnswer = hex(
        """
        50 52 50 43 00 00 00 21 00 00 00 21 12 19 08 ec 07 12 14 46 61 69 6c 20 74 6f 20 61 75 74 68 65 6e 74 69 63
        61 74 65 20 82 80 80 80 10
        """)

    static let streamOpening = hex(
        """
        50 52 50 43 00 00 00 34 00 00 00 2e 0a 12 0a 0a 6c 61 62 2e 76 31 2e 4c 61 62 12 04 43 61 6c 6c 18 00
        20 86 80 80 80 20 42 0a 08 80 80 80 80 20 10 01 18 01 50 00 58 00 62 00 0a 02 68 69 10 03
        """)

    static let streamData = hex(
        "53 54 52 4d 00 00 00 15 00 00 00 10 08 80 80 80 80 20 10 83 80 80 80 20 18 03 20 00 65 61 72 6c 79")

    static let streamFeedback = hex(
        "53 54 52 4d 00 00 00 12 00 00 00 12 08 83 80 80 80 20 10 80 80 80 80 20 18 04 2a 02 08 05")

    static let streamClose = hex("53 54 52 4d 00 00 00 0e 00 00 00 0e 08 83 80 80 80 20 10 80 80 80 80 20 18 02")

    static let streamReset = hex("53 54 52 4d 00 00 00 08 00 00 00 08 08 83 80 80 80 20 18 01")

    static let all = [
        request, answer, errorAnswer, streamOpening, streamData, streamFeedback, streamClose, streamReset,
    ]
}
