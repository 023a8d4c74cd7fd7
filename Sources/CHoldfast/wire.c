#include "wire.h"

#include <string.h>

/* Writes, or only counts where there is no room to write to: so that size and content cannot differ. */
struct writer {
    uint8_t *bytes;
    size_t count;
};

enum { WIRE_VARINT = 0, WIRE_FIXED64 = 1, WIRE_LENGTH = 2, WIRE_FIXED32 = 5 };

static void put_byte(struct writer *writer, uint8_t byte) {
    if (writer->bytes != NULL) writer->bytes[writer->count] = byte;
    writer->count += 1;
}

static void put_varint(struct writer *writer, uint64_t value) {
    while (value >= 0x80) {
        put_byte(writer, (uint8_t)(value | 0x80));
        value >>= 7;
    }
    put_byte(writer, (uint8_t)value);
}

static void put_tag(struct writer *writer, uint32_t field, uint32_t type) {
    put_varint(writer, (uint64_t)field << 3 | type);
}

static void put_bytes(struct writer *writer, uint32_t field, const void *bytes, size_t count) {
    put_tag(writer, field, WIRE_LENGTH);
    put_varint(writer, count);
    if (writer->bytes != NULL && count > 0) memcpy(writer->bytes + writer->count, bytes, count);
    writer->count += count;
}

static void put_text(struct writer *writer, uint32_t field, const char *text) {
    put_bytes(writer, field, text, strlen(text));
}

static void put_call(struct writer *writer, const struct wire_request *request) {
    put_text(writer, 1, request->service);
    put_text(writer, 2, request->method);
    put_tag(writer, 8, WIRE_VARINT);
    put_varint(writer, (uint64_t)request->timeout_ms);
}

static void put_field(struct writer *writer, const struct holdfast_field *field) {
    put_text(writer, 1, field->name);
    put_text(writer, 2, field->value);
}

static void put_big_endian(uint8_t *bytes, uint32_t value) {
    bytes[0] = (uint8_t)(value >> 24);
    bytes[1] = (uint8_t)(value >> 16);
    bytes[2] = (uint8_t)(value >> 8);
    bytes[3] = (uint8_t)value;
}

static uint32_t big_endian(const uint8_t *bytes) {
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

static void put_meta(struct writer *writer, const struct wire_request *request) {
    struct writer measure = {NULL, 0};
    put_call(&measure, request);
    put_tag(writer, 1, WIRE_LENGTH);
    put_varint(writer, measure.count);
    put_call(writer, request);
    put_tag(writer, 3, WIRE_VARINT);
    put_varint(writer, 0);
    put_tag(writer, 4, WIRE_VARINT);
    put_varint(writer, request->correlation_id);
    if (request->credential != NULL) put_text(writer, 7, request->credential);
    for (size_t i = 0; i < request->field_count; i++) {
        measure.count = 0;
        put_field(&measure, &request->fields[i]);
        put_tag(writer, 9, WIRE_LENGTH);
        put_varint(writer, measure.count);
        put_field(writer, &request->fields[i]);
    }
    if (request->has_checksum) {
        uint8_t value[4];
        put_big_endian(value, request->masked_checksum);
        put_tag(writer, 11, WIRE_VARINT);
        put_varint(writer, 1);
        put_bytes(writer, 12, value, sizeof value);
    }
}

size_t wire_request_size(const struct wire_request *request) {
    struct writer measure = {NULL, 0};
    put_meta(&measure, request);
    return measure.count;
}

void wire_request_write(const struct wire_request *request, size_t message_bytes, uint8_t *bytes) {
    struct writer writer = {bytes + WIRE_HEADER_BYTES, 0};
    put_meta(&writer, request);
    memcpy(bytes, "PRPC", 4);
    put_big_endian(bytes + 4, (uint32_t)(writer.count + message_bytes));
    put_big_endian(bytes + 8, (uint32_t)writer.count);
}

static bool take_varint(struct wire_span *rest, uint64_t *value) {
    *value = 0;
    for (unsigned shift = 0; shift < 70 && rest->count > 0; shift += 7) {
        uint8_t byte = *rest->bytes;
        rest->bytes += 1;
        rest->count -= 1;
        *value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) return shift < 63 || byte <= 1;
    }
    return false;
}

static bool take_span(struct wire_span *rest, struct wire_span *span) {
    uint64_t count;
    if (!take_varint(rest, &count) || count > rest->count) return false;
    span->bytes = rest->bytes;
    span->count = (size_t)count;
    rest->bytes += span->count;
    rest->count -= span->count;
    return true;
}

static bool skip_bytes(struct wire_span *rest, size_t count) {
    if (count > rest->count) return false;
    rest->bytes += count;
    rest->count -= count;
    return true;
}

/* A field: its number, its type, and its value of whichever kind. */
struct field {
    uint64_t key;
    uint64_t number;
    struct wire_span span;
};

static bool take_field(struct wire_span *rest, struct field *field) {
    field->number = 0;
    field->span = (struct wire_span){NULL, 0};
    if (!take_varint(rest, &field->key) || field->key >> 3 == 0 || field->key > UINT32_MAX) return false;
    switch (field->key & 7) {
    case WIRE_VARINT: return take_varint(rest, &field->number);
    case WIRE_LENGTH: return take_span(rest, &field->span);
    case WIRE_FIXED64: return skip_bytes(rest, 8);
    case WIRE_FIXED32: return skip_bytes(rest, 4);
    default: return false;
    }
}

static bool is_text(struct wire_span span, const char *text) {
    return span.count == strlen(text) && memcmp(span.bytes, text, span.count) == 0;
}

static bool read_response(struct wire_span rest, struct wire_answer *answer) {
    struct field field;
    while (rest.count > 0) {
        if (!take_field(&rest, &field)) return false;
        switch (field.key) {
        case 1 << 3 | WIRE_VARINT: answer->error_code = (int32_t)(uint32_t)field.number; break;
        case 2 << 3 | WIRE_LENGTH: answer->error_text = field.span; break;
        default: break;
        }
    }
    return true;
}

static bool read_user_field(struct wire_span rest, struct wire_answer *answer) {
    struct wire_span name = {(const uint8_t *)"", 0};
    struct wire_span value = {(const uint8_t *)"", 0};
    struct field field;
    while (rest.count > 0) {
        if (!take_field(&rest, &field)) return false;
        switch (field.key) {
        case 1 << 3 | WIRE_LENGTH: name = field.span; break;
        case 2 << 3 | WIRE_LENGTH: value = field.span; break;
        default: break;
        }
    }
    if (is_text(name, "grpc-status-details-bin")) answer->status_details = value;
    return true;
}

bool wire_answer_read(struct wire_span meta, struct wire_answer *answer) {
    struct field field;
    memset(answer, 0, sizeof *answer);
    while (meta.count > 0) {
        if (!take_field(&meta, &field)) return false;
        switch (field.key) {
        case 2 << 3 | WIRE_LENGTH:
            answer->has_response = true;
            if (!read_response(field.span, answer)) return false;
            break;
        case 3 << 3 | WIRE_VARINT: answer->compress_type = (int32_t)(uint32_t)field.number; break;
        case 4 << 3 | WIRE_VARINT: answer->correlation_id = (int64_t)field.number; break;
        case 5 << 3 | WIRE_VARINT: answer->attachment_bytes = (int32_t)(uint32_t)field.number; break;
        case 9 << 3 | WIRE_LENGTH:
            if (!read_user_field(field.span, answer)) return false;
            break;
        case 11 << 3 | WIRE_VARINT: answer->checksum_type = (int32_t)(uint32_t)field.number; break;
        case 12 << 3 | WIRE_LENGTH: answer->checksum = field.span; break;
        case 13 << 3 | WIRE_VARINT: answer->checksum_covers_attachment = field.number != 0; break;
        default: break;
        }
    }
    return true;
}

enum wire_state wire_frame_read(struct wire_span bytes, size_t max_frame_bytes, struct wire_frame *frame) {
    size_t seen = bytes.count < 4 ? bytes.count : 4;
    /* Only calls are answered here; a packet of a stream, which begins with STRM, is as wrong as any other. */
    if (seen > 0 && memcmp(bytes.bytes, "PRPC", seen) != 0) return WIRE_MALFORMED;
    if (bytes.count < WIRE_HEADER_BYTES) return WIRE_INCOMPLETE;
    size_t body = big_endian(bytes.bytes + 4);
    size_t meta = big_endian(bytes.bytes + 8);
    if (meta > body) return WIRE_MALFORMED;
    if (max_frame_bytes < WIRE_HEADER_BYTES || body > max_frame_bytes - WIRE_HEADER_BYTES) return WIRE_TOO_LARGE;
    if (bytes.count - WIRE_HEADER_BYTES < body) return WIRE_INCOMPLETE;
    frame->meta = (struct wire_span){bytes.bytes + WIRE_HEADER_BYTES, meta};
    frame->payload = (struct wire_span){bytes.bytes + WIRE_HEADER_BYTES + meta, body - meta};
    frame->total_bytes = WIRE_HEADER_BYTES + body;
    return WIRE_COMPLETE;
}

/* Bit by bit over half bytes: a table of 16 entries is small, and answers are short. */
static uint32_t crc32c(struct wire_span bytes) {
    static const uint32_t table[16] = {
        0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3, 0x61c69362, 0x7198540d,
        0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9, 0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75};
    uint32_t crc = 0xffffffff;
    for (size_t i = 0; i < bytes.count; i++) {
        crc ^= bytes.bytes[i];
        crc = crc >> 4 ^ table[crc & 15];
        crc = crc >> 4 ^ table[crc & 15];
    }
    return ~crc;
}

uint32_t wire_masked_checksum(struct wire_span bytes) {
    uint32_t crc = crc32c(bytes);
    return (crc >> 15 | crc << 17) + 0xa282ead8u;
}

bool wire_checksum_holds(const struct wire_answer *answer, struct wire_span payload) {
    if (answer->checksum_type != 1) return true;
    if (answer->checksum.count != 4 || answer->attachment_bytes < 0) return false;
    if ((size_t)answer->attachment_bytes > payload.count) return false;
    if (!answer->checksum_covers_attachment) payload.count -= (size_t)answer->attachment_bytes;
    return big_endian(answer->checksum.bytes) == wire_masked_checksum(payload);
}

enum holdfast_status wire_status(int32_t code) {
    if (code > 10000 && code <= 10016) return (enum holdfast_status)(code - 10000);
    switch (code) {
    case 0: return HOLDFAST_STATUS_OK;
    case 125: return HOLDFAST_STATUS_CANCELLED;
    case 1001:
    case 1002: return HOLDFAST_STATUS_UNIMPLEMENTED;
    case 1003: return HOLDFAST_STATUS_INVALID_ARGUMENT;
    case 1004: return HOLDFAST_STATUS_UNAUTHENTICATED;
    case 1008: return HOLDFAST_STATUS_DEADLINE_EXCEEDED;
    case 1011:
    case 2004: return HOLDFAST_STATUS_RESOURCE_EXHAUSTED;
    case 2001:
    case 2002: return HOLDFAST_STATUS_INTERNAL;
    case 2003: return HOLDFAST_STATUS_UNAVAILABLE;
    default: return HOLDFAST_STATUS_UNKNOWN;
    }
}

static int base64_value(uint8_t letter) {
    if (letter >= 'A' && letter <= 'Z') return letter - 'A';
    if (letter >= 'a' && letter <= 'z') return letter - 'a' + 26;
    if (letter >= '0' && letter <= '9') return letter - '0' + 52;
    if (letter == '+') return 62;
    if (letter == '/') return 63;
    return -1;
}

ptrdiff_t wire_base64_decode(struct wire_span text, uint8_t *bytes, size_t room) {
    if (text.count > 0 && text.count % 4 == 0) {
        if (text.bytes[text.count - 1] == '=') text.count -= 1;
        if (text.bytes[text.count - 1] == '=') text.count -= 1;
    }
    if (text.count % 4 == 1) return -1;
    size_t count = 0;
    uint32_t bits = 0;
    unsigned held = 0;
    for (size_t i = 0; i < text.count; i++) {
        int value = base64_value(text.bytes[i]);
        if (value < 0) return -1;
        bits = bits << 6 | (uint32_t)value;
        held += 6;
        if (held < 8) continue;
        held -= 8;
        if (count == room) return -1;
        bytes[count++] = (uint8_t)(bits >> held);
        bits &= (1u << held) - 1;
    }
    return bits == 0 ? (ptrdiff_t)count : -1;
}
