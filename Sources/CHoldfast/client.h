/* What a client is made of; shared by the files of the library. */
#ifndef HOLDFAST_CLIENT_H
#define HOLDFAST_CLIENT_H

#include "holdfast.h"
#include "wire.h"

/* Bytes that come in at the end and go out at the start; grows up to a cap. */
struct buffer {
    uint8_t *bytes;
    size_t start;
    size_t end;
    size_t capacity;
};

/* A call that was sent and not received. Free where id is 0. */
struct pending {
    uint64_t id;
    const ProtobufCMessageDescriptor *answer_type;
    int64_t deadline;
    bool ended;
    /* Valid once it has ended. */
    ProtobufCMessage *answer;
    struct holdfast_result result;
};

struct holdfast_client {
    struct holdfast_options options;
    ProtobufCAllocator allocator;
    char *host;
    char *key;
    int socket;
    void *session;
    /* The server has said that it stops: the connection is not used for further calls. */
    bool draining;
    bool key_was_sent;
    uint64_t last_id;
    uint64_t random;
    struct buffer incoming;
    struct buffer outgoing;
    struct pending *pending;
};

/* Milliseconds on a clock that is never set. */
int64_t clock_now(void);

/* The next of a client's own random numbers; good for spreading load, not for secrets. */
uint64_t client_random(holdfast_client *client);

/* Memory from an allocator; NULL where there is none. */
void *allocate(const ProtobufCAllocator *allocator, size_t count);
void deallocate(const ProtobufCAllocator *allocator, void *bytes);

/* Makes room for `count` bytes behind the end. False where that would pass the cap or there is no memory. */
bool buffer_reserve(
    struct buffer *buffer, size_t count, size_t cap, const ProtobufCAllocator *allocator);

/* Unpacks a message with bounded memory. On failure the error says whether it was the message or the memory. */
enum holdfast_error unpack_bounded(
    const ProtobufCMessageDescriptor *type, struct wire_span bytes, size_t max_memory,
    const ProtobufCAllocator *allocator, ProtobufCMessage **message);

/* Sets a result, NULL or not, and returns its error. `text` is copied, cut, and freed of control characters. */
enum holdfast_error result_set(struct holdfast_result *result, enum holdfast_error error, const char *text);

/* Sets a result to a refusal by the server. */
void result_refuse(
    struct holdfast_result *result, const struct wire_answer *answer, const ProtobufCAllocator *allocator);

/* Moves a result; `to` may be NULL, then it is dropped. Returns its error. */
enum holdfast_error result_move(struct holdfast_result *to, struct holdfast_result *from);

/* Opens the connection until a moment. */
enum holdfast_error connection_open(holdfast_client *client, int64_t deadline, struct holdfast_result *result);

/* Closes it; pending calls end with this error. */
void connection_end(holdfast_client *client, enum holdfast_error error, const char *text);

/*
 * Sends and takes what is there without waiting; answers end their calls. False where the connection ended. `awaited`
 * is what to wait for before the next turn; 0 where there is more to take at once.
 */
bool connection_turn(holdfast_client *client, short *awaited);

/* Waits until the socket is ready for what was awaited or the moment has come. */
void connection_wait(const holdfast_client *client, short awaited, int64_t deadline);

/* Ends the call that a packet answers; false where the packet shows that the peer does not keep to the protocol. */
bool pending_answer(holdfast_client *client, const struct wire_frame *frame, const char **fault);

/* How many calls wait for an answer. */
uint32_t pending_waiting(const holdfast_client *client);

#endif
