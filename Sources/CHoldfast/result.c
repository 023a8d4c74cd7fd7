#include <stdlib.h>
#include <string.h>

#include "client.h"
#include "google/rpc/status.pb-c.h"

static void drop(struct holdfast_result *result, ProtobufCMessage *message) {
    if (message != NULL) protobuf_c_message_free_unpacked(message, &result->allocator);
}

void holdfast_result_clear(struct holdfast_result *result) {
    if (result == NULL) return;
    if (result->error_info != NULL) drop(result, &result->error_info->base);
    if (result->bad_request != NULL) drop(result, &result->bad_request->base);
    if (result->precondition_failure != NULL) drop(result, &result->precondition_failure->base);
    if (result->stock_shortage != NULL) drop(result, &result->stock_shortage->base);
    *result = (struct holdfast_result)HOLDFAST_RESULT_INIT;
}

const char *holdfast_error_name(enum holdfast_error error) {
    static const char *const names[] = {
        "done", "refused", "timed out", "connection lost", "cannot connect", "cannot resolve", "not secure",
        "protocol violated", "too large", "no memory", "window full", "not yet", "nothing pending", "not connected",
        "invalid argument"};
    return (size_t)error < sizeof names / sizeof names[0] ? names[error] : "unknown error";
}

const char *holdfast_status_name(enum holdfast_status status) {
    static const char *const names[] = {
        "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS",
        "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED",
        "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED"};
    return (size_t)status < sizeof names / sizeof names[0] ? names[status] : "UNKNOWN";
}

static enum holdfast_status status_of(enum holdfast_error error) {
    switch (error) {
    case HOLDFAST_OK: return HOLDFAST_STATUS_OK;
    case HOLDFAST_TIMED_OUT:
    case HOLDFAST_NOT_YET: return HOLDFAST_STATUS_DEADLINE_EXCEEDED;
    case HOLDFAST_CONNECTION_LOST:
    case HOLDFAST_CANNOT_CONNECT:
    case HOLDFAST_CANNOT_RESOLVE:
    case HOLDFAST_NOT_CONNECTED: return HOLDFAST_STATUS_UNAVAILABLE;
    case HOLDFAST_NOT_SECURE: return HOLDFAST_STATUS_UNAUTHENTICATED;
    case HOLDFAST_PROTOCOL: return HOLDFAST_STATUS_INTERNAL;
    case HOLDFAST_TOO_LARGE:
    case HOLDFAST_NO_MEMORY:
    case HOLDFAST_WINDOW_FULL: return HOLDFAST_STATUS_RESOURCE_EXHAUSTED;
    case HOLDFAST_NOTHING_PENDING: return HOLDFAST_STATUS_FAILED_PRECONDITION;
    case HOLDFAST_INVALID_ARGUMENT: return HOLDFAST_STATUS_INVALID_ARGUMENT;
    case HOLDFAST_REFUSED: break;
    }
    return HOLDFAST_STATUS_UNKNOWN;
}

/* Copies text that may come from anywhere: cut between characters, and nothing in it that moves a terminal. */
static void set_text(struct holdfast_result *result, const char *bytes, size_t count) {
    size_t kept = count < HOLDFAST_TEXT_BYTES - 1 ? count : HOLDFAST_TEXT_BYTES - 1;
    if (kept < count) {
        while (kept > 0 && ((uint8_t)bytes[kept] & 0xc0) == 0x80) kept -= 1;
    }
    for (size_t i = 0; i < kept; i++) {
        uint8_t byte = (uint8_t)bytes[i];
        /* C1 controls are two bytes in UTF-8: c2 80 to c2 9f. */
        bool is_control = byte < 0x20 || byte == 0x7f
            || (byte >= 0x80 && byte <= 0x9f && i > 0 && (uint8_t)bytes[i - 1] == 0xc2);
        if (is_control && byte >= 0x80) result->text[i - 1] = ' ';
        result->text[i] = is_control ? ' ' : (char)byte;
    }
    result->text[kept] = 0;
}

enum holdfast_error result_set(struct holdfast_result *result, enum holdfast_error error, const char *text) {
    if (result == NULL) return error;
    holdfast_result_clear(result);
    result->error = error;
    result->status = status_of(error);
    set_text(result, text, strlen(text));
    return error;
}

enum holdfast_error result_move(struct holdfast_result *to, struct holdfast_result *from) {
    enum holdfast_error error = from->error;
    if (to == NULL) {
        holdfast_result_clear(from);
    } else if (to != from) {
        holdfast_result_clear(to);
        *to = *from;
        *from = (struct holdfast_result)HOLDFAST_RESULT_INIT;
    }
    return error;
}

/* Unpacks a detail where it is of this type and none was before it. */
static ProtobufCMessage *detail(
    const Google__Protobuf__Any *any, const ProtobufCMessageDescriptor *type, const ProtobufCMessage *before,
    const ProtobufCAllocator *allocator) {
    const char *name = strrchr(any->type_url, '/');
    if (before != NULL || name == NULL || strcmp(name + 1, type->name) != 0) return NULL;
    ProtobufCMessage *message;
    struct wire_span bytes = {any->value.data, any->value.len};
    /* A detail that cannot be read is left out: the status and its text say enough. */
    unpack_bounded(type, bytes, 16 * (size_t)HOLDFAST_MAX_DETAILS_BYTES, allocator, &message);
    return message;
}

static int64_t milliseconds(const Google__Protobuf__Duration *delay) {
    if (delay == NULL || delay->seconds < 0 || delay->seconds > 86400 || delay->nanos < 0) return -1;
    return delay->seconds * 1000 + (delay->nanos + 999999) / 1000000;
}

static void set_details(struct holdfast_result *result, const Google__Rpc__Status *status) {
    const ProtobufCAllocator *allocator = &result->allocator;
    for (size_t i = 0; i < status->n_details; i++) {
        const Google__Protobuf__Any *any = status->details[i];
        ProtobufCMessage *found;
#define TAKE(member, type)                                                                                             \
    found = detail(                                                                                                    \
        any, &type##__descriptor, result->member == NULL ? NULL : &result->member->base, allocator);                   \
    if (found != NULL) result->member = (void *)found;
        TAKE(error_info, google__rpc__error_info)
        TAKE(bad_request, google__rpc__bad_request)
        TAKE(precondition_failure, google__rpc__precondition_failure)
        TAKE(stock_shortage, holdfast__v1__stock_shortage)
#undef TAKE
        found = detail(any, &google__rpc__retry_info__descriptor, NULL, allocator);
        if (found != NULL) {
            result->retry_after_ms = milliseconds(((Google__Rpc__RetryInfo *)(void *)found)->retry_delay);
            protobuf_c_message_free_unpacked(found, &result->allocator);
        }
    }
}

void result_refuse(
    struct holdfast_result *result, const struct wire_answer *answer, const ProtobufCAllocator *allocator) {
    holdfast_result_clear(result);
    result->allocator = *allocator;
    result->error = HOLDFAST_REFUSED;
    result->wire_code = answer->error_code;
    result->status = wire_status(answer->error_code);
    set_text(result, (const char *)answer->error_text.bytes, answer->error_text.count);
    struct wire_span text = answer->status_details;
    if (text.count == 0 || text.count > HOLDFAST_MAX_DETAILS_BYTES) return;
    uint8_t *bytes = allocate(allocator, text.count);
    if (bytes == NULL) return;
    ptrdiff_t count = wire_base64_decode(text, bytes, text.count);
    ProtobufCMessage *status = NULL;
    if (count >= 0) {
        struct wire_span packed = {bytes, (size_t)count};
        unpack_bounded(
            &google__rpc__status__descriptor, packed, 16 * (size_t)HOLDFAST_MAX_DETAILS_BYTES, allocator, &status);
    }
    if (status != NULL) {
        set_details(result, (const Google__Rpc__Status *)(void *)status);
        protobuf_c_message_free_unpacked(status, &result->allocator);
    }
    deallocate(allocator, bytes);
}
