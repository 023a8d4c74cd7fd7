#define _POSIX_C_SOURCE 200809L

#include <limits.h>
#include <poll.h>
#include <string.h>

#include "client.h"

#define MAX_NAME_BYTES 128
#define MAX_FIELD_NAME_BYTES 64
#define MAX_FIELD_VALUE_BYTES 8192
#define MAX_TIMEOUT_MS 600000

uint32_t pending_waiting(const holdfast_client *client) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < client->options.max_pending; i++) {
        if (client->pending[i].id != 0 && !client->pending[i].ended) count += 1;
    }
    return count;
}

uint32_t holdfast_pending(const holdfast_client *client) {
    uint32_t count = 0;
    for (uint32_t i = 0; client != NULL && i < client->options.max_pending; i++) {
        if (client->pending[i].id != 0) count += 1;
    }
    return count;
}

static struct pending *find(holdfast_client *client, uint64_t id) {
    for (uint32_t i = 0; i < client->options.max_pending; i++) {
        if (client->pending[i].id == id) return &client->pending[i];
    }
    return NULL;
}

bool pending_answer(holdfast_client *client, const struct wire_frame *frame, const char **fault) {
    struct wire_answer answer;
    if (!wire_answer_read(frame->meta, &answer) || !answer.has_response) {
        *fault = "an answer cannot be read";
        return false;
    }
    if (!wire_checksum_holds(&answer, frame->payload)) {
        *fault = "the checksum of an answer is wrong";
        return false;
    }
    if (answer.attachment_bytes < 0 || (size_t)answer.attachment_bytes > frame->payload.count) {
        *fault = "an answer has an attachment that is not there";
        return false;
    }
    if (answer.error_code == 2003) client->draining = true;
    struct pending *call = answer.correlation_id > 0 ? find(client, (uint64_t)answer.correlation_id) : NULL;
    /* An answer to nothing: the call has been given up meanwhile. */
    if (call == NULL || call->ended) return true;
    call->ended = true;
    if (answer.error_code != 0) {
        result_refuse(&call->result, &answer, &client->allocator);
    } else if (answer.compress_type != 0) {
        result_set(&call->result, HOLDFAST_PROTOCOL, "the answer is compressed, which was not asked for");
    } else {
        struct wire_span message = {
            frame->payload.bytes, frame->payload.count - (size_t)answer.attachment_bytes};
        enum holdfast_error error = unpack_bounded(
            call->answer_type, message, client->options.max_answer_memory, &client->allocator, &call->answer);
        result_set(
            &call->result, error,
            error == HOLDFAST_OK          ? ""
            : error == HOLDFAST_TOO_LARGE ? "the answer takes more than max_answer_memory"
            : error == HOLDFAST_NO_MEMORY ? "no memory for the answer"
                                          : "the answer is not of its type");
    }
    call->result.attempts = 1;
    return true;
}

static bool has_length(const char *text, size_t least, size_t most) {
    if (text == NULL) return false;
    size_t count = strlen(text);
    return count >= least && count <= most;
}

/* What is wrong with the arguments of a call, or NULL. */
static const char *fault_of(
    const holdfast_client *client, const char *service, const char *method, const ProtobufCMessage *request,
    const ProtobufCMessageDescriptor *answer_type, const struct holdfast_call_options *options) {
    if (client == NULL) return "client is missing";
    if (!has_length(service, 1, MAX_NAME_BYTES)) return "service must have 1 to 128 bytes";
    if (!has_length(method, 1, MAX_NAME_BYTES)) return "method must have 1 to 128 bytes";
    if (request == NULL) return "request is missing";
    if (answer_type == NULL) return "answer_type is missing";
    if (options == NULL) return NULL;
    if (options->timeout_ms < 0 || options->timeout_ms > MAX_TIMEOUT_MS) return "timeout_ms must be 0 to 600000";
    if (options->max_attempts > 1000) return "max_attempts must be 0 to 1000";
    if (options->field_count > HOLDFAST_MAX_FIELDS) return "there may be 16 fields";
    if (options->field_count > 0 && options->fields == NULL) return "fields are missing";
    for (size_t i = 0; i < options->field_count; i++) {
        if (!has_length(options->fields[i].name, 1, MAX_FIELD_NAME_BYTES)) return "a field's name must have 1 to 64 bytes";
        if (!has_length(options->fields[i].value, 0, MAX_FIELD_VALUE_BYTES)) return "a field's value may have 8192 bytes";
    }
    return NULL;
}

static int64_t deadline_of(const holdfast_client *client, const struct holdfast_call_options *options) {
    bool own = options != NULL && options->timeout_ms > 0;
    return clock_now() + (own ? options->timeout_ms : client->options.call_timeout_ms);
}

/* Sees to a connection that takes another call. */
static enum holdfast_error ready(holdfast_client *client, int64_t deadline, struct holdfast_result *result) {
    short awaited;
    if (client->socket >= 0) {
        /* Notices that the server has closed an idle connection before a request is put on it. */
        connection_turn(client, &awaited);
    }
    if (client->socket >= 0 && client->draining) {
        if (pending_waiting(client) > 0) {
            return result_set(result, HOLDFAST_WINDOW_FULL, "the server is stopping: receive what is pending first");
        }
        connection_end(client, HOLDFAST_CONNECTION_LOST, "the server is stopping");
    }
    if (client->socket >= 0) return HOLDFAST_OK;
    if (!client->options.connects_on_demand) {
        return result_set(result, HOLDFAST_NOT_CONNECTED, "there is no connection");
    }
    return connection_open(client, deadline, result);
}

/* Makes room for a packet, for which bytes of earlier ones may have to leave first. */
static enum holdfast_error make_room(
    holdfast_client *client, size_t count, int64_t deadline, struct holdfast_result *result) {
    const size_t cap = client->options.max_frame_bytes;
    if (count > cap) return result_set(result, HOLDFAST_TOO_LARGE, "the request is larger than max_frame_bytes");
    while (!buffer_reserve(&client->outgoing, count, cap, &client->allocator)) {
        if (client->outgoing.end - client->outgoing.start <= cap - count) {
            return result_set(result, HOLDFAST_NO_MEMORY, "no memory for the request");
        }
        short awaited;
        if (!connection_turn(client, &awaited)) {
            return result_set(result, HOLDFAST_CONNECTION_LOST, "the connection broke before the request left");
        }
        if (clock_now() >= deadline) {
            return result_set(result, HOLDFAST_WINDOW_FULL, "the server does not take more: receive answers first");
        }
        if (client->outgoing.start < client->outgoing.end) connection_wait(client, awaited, deadline);
    }
    return HOLDFAST_OK;
}

/* Packs a request behind what waits to be sent. */
static enum holdfast_error enqueue(
    holdfast_client *client, struct wire_request *wire, const ProtobufCMessage *request, int64_t deadline,
    struct holdfast_result *result) {
    size_t message_bytes = protobuf_c_message_get_packed_size(request);
    wire->credential = client->key_was_sent ? NULL : client->key;
    wire->has_checksum = client->options.checksums;
    size_t head_bytes = WIRE_HEADER_BYTES + wire_request_size(wire);
    /* The size of the time limit may shrink until it is written, not grow. */
    if (message_bytes > client->options.max_frame_bytes) {
        return result_set(result, HOLDFAST_TOO_LARGE, "the request is larger than max_frame_bytes");
    }
    enum holdfast_error error = make_room(client, head_bytes + message_bytes, deadline, result);
    if (error != HOLDFAST_OK) return error;
    uint8_t *bytes = client->outgoing.bytes + client->outgoing.end;
    struct wire_span message = {bytes + head_bytes, message_bytes};
    protobuf_c_message_pack(request, bytes + head_bytes);
    if (wire->has_checksum) wire->masked_checksum = wire_masked_checksum(message);
    wire_request_write(wire, message_bytes, bytes);
    client->outgoing.end += head_bytes + message_bytes;
    client->key_was_sent = true;
    return HOLDFAST_OK;
}

static enum holdfast_error send_until(
    holdfast_client *client, struct wire_request *wire, const ProtobufCMessage *request,
    const ProtobufCMessageDescriptor *answer_type, int64_t deadline, uint64_t *id, struct holdfast_result *result) {
    enum holdfast_error error = ready(client, deadline, result);
    if (error != HOLDFAST_OK) return error;
    struct pending *call = find(client, 0);
    if (call == NULL) {
        return result_set(result, HOLDFAST_WINDOW_FULL, "max_pending calls are pending: receive answers first");
    }
    int64_t left = deadline - clock_now();
    if (left <= 0) return result_set(result, HOLDFAST_TIMED_OUT, "no time was left to send the request");
    wire->timeout_ms = (int32_t)left;
    wire->correlation_id = client->last_id + 1;
    error = enqueue(client, wire, request, deadline, result);
    if (error != HOLDFAST_OK) return error;
    client->last_id += 1;
    *call = (struct pending){
        .id = client->last_id, .answer_type = answer_type, .deadline = deadline, .result = HOLDFAST_RESULT_INIT};
    *id = call->id;
    short awaited;
    /* Where this ends the connection, the call has ended with it and says so when it is received. */
    connection_turn(client, &awaited);
    return result_set(result, HOLDFAST_OK, "");
}

enum holdfast_error holdfast_send(
    holdfast_client *client, const char *service, const char *method, const ProtobufCMessage *request,
    const ProtobufCMessageDescriptor *answer_type, const struct holdfast_call_options *options, uint64_t *id,
    struct holdfast_result *result) {
    const char *fault = fault_of(client, service, method, request, answer_type, options);
    if (fault == NULL && id == NULL) fault = "id is missing";
    if (fault != NULL) return result_set(result, HOLDFAST_INVALID_ARGUMENT, fault);
    struct wire_request wire = {.service = service, .method = method};
    if (options != NULL) {
        wire.fields = options->fields;
        wire.field_count = options->field_count;
    }
    return send_until(client, &wire, request, answer_type, deadline_of(client, options), id, result);
}

/* Ends the calls whose time is over; returns when the next one's will be. */
static int64_t expire(holdfast_client *client) {
    int64_t next = INT64_MAX;
    int64_t now = clock_now();
    for (uint32_t i = 0; i < client->options.max_pending; i++) {
        struct pending *call = &client->pending[i];
        if (call->id == 0 || call->ended) continue;
        if (call->deadline <= now) {
            call->ended = true;
            result_set(&call->result, HOLDFAST_TIMED_OUT, "no answer came in time");
            call->result.attempts = 1;
        } else if (call->deadline < next) {
            next = call->deadline;
        }
    }
    return next;
}

/* The call that has ended, of those asked for; the oldest first. */
static struct pending *ended(holdfast_client *client, uint64_t id) {
    struct pending *found = NULL;
    for (uint32_t i = 0; i < client->options.max_pending; i++) {
        struct pending *call = &client->pending[i];
        if (call->id == 0 || !call->ended || (id != 0 && call->id != id)) continue;
        if (found == NULL || call->id < found->id) found = call;
    }
    return found;
}

enum holdfast_error holdfast_receive(
    holdfast_client *client, int32_t timeout_ms, uint64_t *id, ProtobufCMessage **answer,
    struct holdfast_result *result) {
    if (client == NULL || id == NULL || answer == NULL || timeout_ms < -1) {
        return result_set(result, HOLDFAST_INVALID_ARGUMENT, "client, id, answer or timeout_ms is missing or wrong");
    }
    *answer = NULL;
    const int64_t until = timeout_ms < 0 ? INT64_MAX : clock_now() + timeout_ms;
    for (bool looked = false;; looked = true) {
        struct pending *call = ended(client, *id);
        if (call != NULL) {
            *id = call->id;
            *answer = call->answer;
            call->id = 0;
            call->answer = NULL;
            return result_move(result, &call->result);
        }
        if (*id == 0 ? pending_waiting(client) == 0 : find(client, *id) == NULL) {
            return result_set(result, HOLDFAST_NOTHING_PENDING, "no such call is pending");
        }
        if (looked && clock_now() >= until) return result_set(result, HOLDFAST_NOT_YET, "no answer has come yet");
        short awaited;
        if (!connection_turn(client, &awaited) || ended(client, *id) != NULL) continue;
        int64_t next = expire(client);
        if (ended(client, *id) == NULL) connection_wait(client, awaited, next < until ? next : until);
    }
}

/* Whether a call that ended like this may help when it is repeated with the same ids. */
static bool may_repeat(const struct holdfast_result *result) {
    switch (result->error) {
    case HOLDFAST_CONNECTION_LOST:
    case HOLDFAST_CANNOT_CONNECT:
    case HOLDFAST_CANNOT_RESOLVE: return true;
    case HOLDFAST_REFUSED:
        /* 2004 is said before anything is begun; 1011 may stand in the place of an answer, and the ids find out. */
        return result->status == HOLDFAST_STATUS_UNAVAILABLE || result->wire_code == 1011 || result->wire_code == 2004;
    default: return false;
    }
}

static void pause_for(int64_t milliseconds) {
    int64_t end = clock_now() + milliseconds;
    for (int64_t left = milliseconds; left > 0; left = end - clock_now()) poll(NULL, 0, (int)left);
}

enum holdfast_error holdfast_call(
    holdfast_client *client, const char *service, const char *method, const ProtobufCMessage *request,
    const ProtobufCMessageDescriptor *answer_type, const struct holdfast_call_options *options,
    ProtobufCMessage **answer, struct holdfast_result *result) {
    const char *fault = fault_of(client, service, method, request, answer_type, options);
    if (fault == NULL && answer == NULL) fault = "answer is missing";
    if (fault != NULL) return result_set(result, HOLDFAST_INVALID_ARGUMENT, fault);
    *answer = NULL;
    struct wire_request wire = {.service = service, .method = method};
    if (options != NULL) {
        wire.fields = options->fields;
        wire.field_count = options->field_count;
    }
    const int64_t deadline = deadline_of(client, options);
    const uint32_t most =
        options != NULL && options->max_attempts > 0 ? options->max_attempts : client->options.max_attempts;
    struct holdfast_result last = HOLDFAST_RESULT_INIT;
    for (uint32_t attempt = 1;; attempt++) {
        const bool was_open = client->socket >= 0;
        uint64_t id;
        enum holdfast_error error = send_until(client, &wire, request, answer_type, deadline, &id, &last);
        if (error == HOLDFAST_OK) error = holdfast_receive(client, -1, &id, answer, &last);
        last.attempts = attempt;
        if (error == HOLDFAST_OK || attempt >= most || !may_repeat(&last)) break;
        /* A connection that had been idle may have died unseen: one try with a new one needs no pause. */
        int64_t pause = was_open && attempt == 1 && error == HOLDFAST_CONNECTION_LOST
            ? 0 : holdfast_backoff_ms(client, attempt);
        if (last.retry_after_ms > pause) pause = last.retry_after_ms;
        if (clock_now() + pause >= deadline) break;
        pause_for(pause);
    }
    return result_move(result, &last);
}
