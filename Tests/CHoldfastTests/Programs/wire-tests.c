/* The bytes of the framed protocol: what is written, and that nothing that comes can be misread. */
#include "testing.h"
#include "wire.h"

/* An answer of an independent implementation: id 4294967298, message {1: "hello world"}. */
static const uint8_t captured_answer[] = {
    0x50, 0x52, 0x50, 0x43, 0, 0, 0, 0x1f, 0, 0, 0, 0x12, 0x12, 0x02, 0x08, 0x00, 0x18, 0x00, 0x20, 0x82, 0x80, 0x80,
    0x80, 0x10, 0x50, 0x00, 0x58, 0x00, 0x62, 0x00, 0x0a, 0x0b, 'h', 'e', 'l', 'l', 'o', ' ', 'w', 'o', 'r', 'l', 'd'};
static const uint8_t captured_refusal[] = {
    0x50, 0x52, 0x50, 0x43, 0, 0, 0, 0x21, 0, 0, 0, 0x21, 0x12, 0x19, 0x08, 0xec, 0x07, 0x12, 0x14, 'F', 'a', 'i', 'l',
    ' ', 't', 'o', ' ', 'a', 'u', 't', 'h', 'e', 'n', 't', 'i', 'c', 'a', 't', 'e', 0x20, 0x82, 0x80, 0x80, 0x80, 0x10};

static struct wire_span span(const void *bytes, size_t count) {
    return (struct wire_span){bytes, count};
}

static void reads_captures(void) {
    struct wire_frame frame;
    struct wire_answer answer;
    CHECK(wire_frame_read(span(captured_answer, sizeof captured_answer), 1024, &frame) == WIRE_COMPLETE);
    CHECK(frame.total_bytes == sizeof captured_answer && frame.meta.count == 18 && frame.payload.count == 13);
    CHECK(wire_answer_read(frame.meta, &answer));
    CHECK(answer.has_response && answer.error_code == 0 && answer.correlation_id == 4294967298);
    CHECK(wire_frame_read(span(captured_refusal, sizeof captured_refusal), 1024, &frame) == WIRE_COMPLETE);
    CHECK(wire_answer_read(frame.meta, &answer));
    CHECK(answer.error_code == 1004 && answer.error_text.count == 20 && frame.payload.count == 0);
    CHECK(memcmp(answer.error_text.bytes, "Fail to authenticate", 20) == 0);
}

static void waits_at_every_split(void) {
    for (size_t count = 0; count < sizeof captured_answer; count++) {
        uint8_t *bytes = exact_copy(captured_answer, count);
        struct wire_frame frame;
        CHECK(wire_frame_read(span(bytes, count), 1024, &frame) == WIRE_INCOMPLETE);
        free(bytes);
    }
}

static void refuses_cut_metas(void) {
    static const size_t whole[] = {0, 4, 6, 12, 14, 16, 18};
    const uint8_t *meta = captured_answer + WIRE_HEADER_BYTES;
    for (size_t count = 0, next = 0; count <= 18; count++) {
        uint8_t *bytes = exact_copy(meta, count);
        struct wire_answer answer;
        bool is_whole = count == whole[next];
        next += is_whole;
        CHECK(wire_answer_read(span(bytes, count), &answer) == is_whole);
        free(bytes);
    }
}

static void refuses_wrong_frames(void) {
    struct wire_frame frame;
    for (size_t i = 0; i < 4; i++) {
        uint8_t bytes[4] = {'P', 'R', 'P', 'C'};
        bytes[i] ^= 1;
        CHECK(wire_frame_read(span(bytes, i + 1), 1024, &frame) == WIRE_MALFORMED);
    }
    CHECK(wire_frame_read(span("S", 1), 1024, &frame) == WIRE_MALFORMED);
    CHECK(wire_frame_read(span("PRPC\0\0\0\1\0\0\0\2", 12), 1024, &frame) == WIRE_MALFORMED);
    CHECK(wire_frame_read(span("PRPC\0\0\4\0\0\0\0\0", 12), 1024, &frame) == WIRE_TOO_LARGE);
    CHECK(wire_frame_read(span("PRPC\0\0\3\364\0\0\0\0", 12), 1024, &frame) == WIRE_INCOMPLETE);
    CHECK(wire_frame_read(span("PRPC\0\0\3\365\0\0\0\0", 12), 1024, &frame) == WIRE_TOO_LARGE);
    CHECK(wire_frame_read(span("PRPC\377\377\377\377\377\377\377\377", 12), 1024, &frame) == WIRE_TOO_LARGE);
    CHECK(wire_frame_read(span("PRPC\0\0\0\0\0\0\0\0", 12), 1024, &frame) == WIRE_COMPLETE);
    CHECK(frame.total_bytes == 12 && frame.meta.count == 0 && frame.payload.count == 0);
}

static void refuses_wrong_metas(void) {
    static const struct {
        const char *bytes;
        size_t count;
    } wrong[] = {
        {"\0", 1},                                                  /* field 0 */
        {"\x13", 1},                                                /* a group */
        {"\x17", 1},                                                /* no such type */
        {"\x20", 1},                                                /* no value */
        {"\x20\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 11},       /* 65 bits */
        {"\x20\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 12},   /* 11 bytes */
        {"\x12\xff\xff\xff\xff\x0f", 6},                            /* longer than there is */
        {"\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11},       /* longer than memory */
        {"\x12\x02\x08", 3},                                        /* cut inside */
        {"\x12\x01\x08", 3},                                        /* a response without the value of its code */
        {"\x4a\x02\x0a\x05", 4},                                    /* a metadata name that is not there */
        {"\x09\1\2\3", 4},                                          /* 8 bytes that are not there */
        {"\xfd\xff\xff\xff\xff\x01\0\0\0\0", 10},                   /* a field number beyond 29 bits */
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        uint8_t *bytes = exact_copy(wrong[i].bytes, wrong[i].count);
        struct wire_answer answer;
        if (!CHECK(!wire_answer_read(span(bytes, wrong[i].count), &answer))) printf("  number %zu\n", i);
        free(bytes);
    }
}

static void skips_unknown_fields(void) {
    static const char meta[] =
        "\xa2\x06\x03"
        "abc\x09\1\2\3\4\5\6\7\x08\x35\1\2\3\4\x10\x05\x12\x00\x20\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01";
    struct wire_answer answer;
    CHECK(wire_answer_read(span(meta, sizeof meta - 1), &answer));
    CHECK(answer.has_response && answer.error_code == 0 && answer.correlation_id == -1);
}

static void writes_requests(void) {
    static const struct holdfast_field fields[] = {{"authorization", "Bearer abc"}};
    struct wire_request request = {
        .service = "example.EchoService", .method = "Echo", .timeout_ms = 800, .correlation_id = 4294967298,
        .credential = "tok-1", .fields = fields, .field_count = 1, .has_checksum = true,
        .masked_checksum = 0xd38cab46};
    static const char expected[] =
        "PRPC\0\0\0\x61\0\0\0\x54"
        "\x0a\x1e\x0a\x13"
        "example.EchoService\x12\x04"
        "Echo\x40\xa0\x06"
        "\x18\0\x20\x82\x80\x80\x80\x10"
        "\x3a\x05tok-1"
        "\x4a\x1b\x0a\x0d"
        "authorization\x12\x0a"
        "Bearer abc"
        "\x58\1\x62\4\xd3\x8c\xab\x46";
    size_t count = WIRE_HEADER_BYTES + wire_request_size(&request);
    uint8_t *bytes = exact_copy(expected, sizeof expected);
    CHECK(count == sizeof expected - 1);
    if (count == sizeof expected - 1) {
        memset(bytes, 0xee, count);
        wire_request_write(&request, 13, bytes);
        CHECK(memcmp(bytes, expected, count) == 0);
    }
    free(bytes);
}

static void verifies_checksums(void) {
    static const char message[] = "\x0a\x0bhello world!!";
    struct wire_answer answer = {.checksum_type = 1, .checksum = span("\xd3\x8c\xab\x46", 4)};
    CHECK(wire_masked_checksum(span(message, 13)) == 0xd38cab46);
    CHECK(wire_checksum_holds(&answer, span(message, 13)));
    CHECK(!wire_checksum_holds(&answer, span(message, 14)));
    answer.attachment_bytes = 2;
    CHECK(wire_checksum_holds(&answer, span(message, 15)));
    answer.checksum_covers_attachment = true;
    CHECK(!wire_checksum_holds(&answer, span(message, 15)));
    answer.attachment_bytes = 16;
    CHECK(!wire_checksum_holds(&answer, span(message, 15)));
    answer.attachment_bytes = -1;
    CHECK(!wire_checksum_holds(&answer, span(message, 15)));
    answer.attachment_bytes = 0;
    answer.checksum.count = 3;
    CHECK(!wire_checksum_holds(&answer, span(message, 13)));
    answer.checksum_type = 0;
    CHECK(wire_checksum_holds(&answer, span(message, 13)));
    answer.checksum_type = 7;
    CHECK(wire_checksum_holds(&answer, span(message, 13)));
}

static ptrdiff_t decoded(const char *text, const char *expected, size_t room) {
    uint8_t bytes[64];
    uint8_t *copy = exact_copy(text, strlen(text));
    ptrdiff_t count = wire_base64_decode(span(copy, strlen(text)), bytes, room);
    if (count >= 0) CHECK((size_t)count == strlen(expected) && memcmp(bytes, expected, (size_t)count) == 0);
    free(copy);
    return count;
}

static void decodes_base64(void) {
    static const char *const texts[][3] = {
        {"", "", ""}, {"Zg==", "Zg", "f"}, {"Zm8=", "Zm8", "fo"}, {"Zm9v", "Zm9v", "foo"},
        {"Zm9vYg==", "Zm9vYg", "foob"}, {"Zm9vYmFy", "Zm9vYmFy", "foobar"}, {"+/+/", "+/+/", "\xfb\xff\xbf"}};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        ptrdiff_t count = (ptrdiff_t)strlen(texts[i][2]);
        CHECK(decoded(texts[i][0], texts[i][2], 64) == count);
        CHECK(decoded(texts[i][1], texts[i][2], (size_t)count) == count);
        if (count > 0) CHECK(decoded(texts[i][1], texts[i][2], (size_t)count - 1) == -1);
    }
    static const char *const wrong[] = {"Z", "Zm9vZ", "Zg=", "=", "==", "====", "Zg==Zg==", "Z m8", "Zm-_", "Zh==", "Zm9="};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        if (!CHECK(decoded(wrong[i], "", 64) == -1)) printf("  %s\n", wrong[i]);
    }
}

static void knows_codes(void) {
    CHECK(wire_status(0) == HOLDFAST_STATUS_OK);
    for (int32_t i = 1; i <= 16; i++) CHECK(wire_status(10000 + i) == (enum holdfast_status)i);
    CHECK(wire_status(10000) == HOLDFAST_STATUS_UNKNOWN && wire_status(10017) == HOLDFAST_STATUS_UNKNOWN);
    CHECK(wire_status(-1) == HOLDFAST_STATUS_UNKNOWN && wire_status(INT32_MIN) == HOLDFAST_STATUS_UNKNOWN);
    CHECK(wire_status(1002) == HOLDFAST_STATUS_UNIMPLEMENTED && wire_status(1003) == HOLDFAST_STATUS_INVALID_ARGUMENT);
    CHECK(wire_status(1004) == HOLDFAST_STATUS_UNAUTHENTICATED && wire_status(2003) == HOLDFAST_STATUS_UNAVAILABLE);
    CHECK(wire_status(1008) == HOLDFAST_STATUS_DEADLINE_EXCEEDED);
    CHECK(wire_status(2004) == HOLDFAST_STATUS_RESOURCE_EXHAUSTED);
}

int main(void) {
    static const struct test tests[] = {
        {"answers of another implementation are read", reads_captures},
        {"a packet is waited for at every split of its bytes", waits_at_every_split},
        {"a meta is whole or refused", refuses_cut_metas},
        {"wrong magic, sizes beyond the limit and sizes that contradict are refused at once", refuses_wrong_frames},
        {"metas that are no messages are refused", refuses_wrong_metas},
        {"unknown fields of every type are skipped", skips_unknown_fields},
        {"a request is written byte for byte", writes_requests},
        {"checksums cover what they say", verifies_checksums},
        {"base64 is read with and without padding, and refused where it is none", decodes_base64},
        {"every code has its canonical status", knows_codes},
    };
    return run_tests(tests, sizeof tests / sizeof tests[0]);
}
