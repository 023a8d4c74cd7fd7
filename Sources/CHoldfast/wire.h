/* The framed protocol in bytes: packets, their meta, checksums. No input or output, no allocation, no state. */
#ifndef HOLDFAST_WIRE_H
#define HOLDFAST_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "holdfast.h"

/* Bytes before the body of a packet. */
#define WIRE_HEADER_BYTES 12u

/* Bytes that belong to someone else. */
struct wire_span {
    const uint8_t *bytes;
    size_t count;
};

/* What the meta of a request says. */
struct wire_request {
    const char *service;
    const char *method;
    int32_t timeout_ms;
    uint64_t correlation_id;
    /* NULL where the connection has told it before. */
    const char *credential;
    const struct holdfast_field *fields;
    size_t field_count;
    bool has_checksum;
    uint32_t masked_checksum;
};

/* How many bytes the meta takes. */
size_t wire_request_size(const struct wire_request *request);

/* Writes header and meta; `bytes` has room for WIRE_HEADER_BYTES + wire_request_size. The message goes behind it. */
void wire_request_write(const struct wire_request *request, size_t message_bytes, uint8_t *bytes);

/* What the meta of an answer says; spans lie within it. */
struct wire_answer {
    bool has_response;
    int32_t error_code;
    struct wire_span error_text;
    int32_t compress_type;
    int64_t correlation_id;
    int32_t attachment_bytes;
    int32_t checksum_type;
    struct wire_span checksum;
    bool checksum_covers_attachment;
    struct wire_span status_details;
};

/* Reads the meta of an answer; unknown fields are skipped. False where it is no such message. */
bool wire_answer_read(struct wire_span meta, struct wire_answer *answer);

enum wire_state { WIRE_INCOMPLETE, WIRE_COMPLETE, WIRE_MALFORMED, WIRE_TOO_LARGE };

/* A packet; spans lie within the bytes it was read from. */
struct wire_frame {
    struct wire_span meta;
    struct wire_span payload;
    size_t total_bytes;
};

/* Looks for a packet at the beginning of bytes. Says that one is too large as soon as its header is there. */
enum wire_state wire_frame_read(struct wire_span bytes, size_t max_frame_bytes, struct wire_frame *frame);

/* Whether the checksum of an answer is right, or there is none that could be wrong. */
bool wire_checksum_holds(const struct wire_answer *answer, struct wire_span payload);

/* CRC-32C of bytes, masked as the protocol sends it. */
uint32_t wire_masked_checksum(struct wire_span bytes);

/* The canonical status of a code on the wire. */
enum holdfast_status wire_status(int32_t code);

/* Decodes base64, padded or not; returns the bytes written, or -1 where it is none or `room` does not suffice. */
ptrdiff_t wire_base64_decode(struct wire_span text, uint8_t *bytes, size_t room);

#endif
