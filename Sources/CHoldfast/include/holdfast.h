/**
 * A small client of Holdfast for C programs, made for tills and other small machines.
 *
 * It speaks the framed protocol (docs/wire.md) over TCP and depends on libprotobuf-c only. The messages are generated
 * from Protos/ by protoc-c; their headers are included by holdfast_calls.h, where the typed calls are as well.
 *
 * Threads: there is no global state and no hidden thread. A client is used by one thread at a time; different clients
 * are independent of each other.
 *
 * Signals: none is caught or sent. Writing to a closed connection raises no SIGPIPE.
 *
 * Memory: a client allocates when it is made (its buffers and its table of pending calls), when a buffer grows (never
 * beyond max_frame_bytes each), and when an answer or the details of a refusal are unpacked (never more than
 * max_answer_memory for one answer). Everything comes from the allocator of the options, but for what getaddrinfo
 * takes to resolve a host name: a numeric address avoids that.
 *
 * Time: all times are milliseconds, measured on a clock that is never set.
 *
 * Results: each call returns an error and fills a struct holdfast_result, which says more. Initialise one with
 * HOLDFAST_RESULT_INIT, use it for as many calls as you like (each clears it first), and clear it at the end.
 */
#ifndef HOLDFAST_H
#define HOLDFAST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <protobuf-c/protobuf-c.h>

#include "google/rpc/error_details.pb-c.h"
#include "holdfast/v1/shortage.pb-c.h"

#ifdef __cplusplus
extern "C" {
#endif

/** How a call to this library ended. */
enum holdfast_error {
    /** Done. */
    HOLDFAST_OK = 0,
    /** The server answered with a status other than OK: see status, text and the details of the result. */
    HOLDFAST_REFUSED,
    /** The time limit of the call passed. A change may or may not have taken place: repeat it with the same id. */
    HOLDFAST_TIMED_OUT,
    /** The connection ended before the answer came. Repeat a change with the same id. */
    HOLDFAST_CONNECTION_LOST,
    /** No connection could be made: refused, unreachable, or too slow. */
    HOLDFAST_CANNOT_CONNECT,
    /** The host name is not known. */
    HOLDFAST_CANNOT_RESOLVE,
    /** The secure connection was not accepted by one side: certificate, name, or version. */
    HOLDFAST_NOT_SECURE,
    /** The peer does not keep to the protocol, or an answer cannot be read. */
    HOLDFAST_PROTOCOL,
    /** A request, or an answer, is larger than the options allow. */
    HOLDFAST_TOO_LARGE,
    /** The allocator gave nothing. */
    HOLDFAST_NO_MEMORY,
    /** As many calls are pending as may be, or the server is stopping: receive answers first. Nothing was sent. */
    HOLDFAST_WINDOW_FULL,
    /** holdfast_receive: no answer came within its time; the calls stay pending. */
    HOLDFAST_NOT_YET,
    /** holdfast_receive: no call is pending, or none with that id. */
    HOLDFAST_NOTHING_PENDING,
    /** holdfast_send, holdfast_call: there is no connection, and the options say not to open one. */
    HOLDFAST_NOT_CONNECTED,
    /** An argument cannot be used; the text says which. */
    HOLDFAST_INVALID_ARGUMENT
};

/** The canonical status codes, as gRPC has them. */
enum holdfast_status {
    HOLDFAST_STATUS_OK = 0,
    HOLDFAST_STATUS_CANCELLED = 1,
    HOLDFAST_STATUS_UNKNOWN = 2,
    HOLDFAST_STATUS_INVALID_ARGUMENT = 3,
    HOLDFAST_STATUS_DEADLINE_EXCEEDED = 4,
    HOLDFAST_STATUS_NOT_FOUND = 5,
    HOLDFAST_STATUS_ALREADY_EXISTS = 6,
    HOLDFAST_STATUS_PERMISSION_DENIED = 7,
    HOLDFAST_STATUS_RESOURCE_EXHAUSTED = 8,
    HOLDFAST_STATUS_FAILED_PRECONDITION = 9,
    HOLDFAST_STATUS_ABORTED = 10,
    HOLDFAST_STATUS_OUT_OF_RANGE = 11,
    HOLDFAST_STATUS_UNIMPLEMENTED = 12,
    HOLDFAST_STATUS_INTERNAL = 13,
    HOLDFAST_STATUS_UNAVAILABLE = 14,
    HOLDFAST_STATUS_DATA_LOSS = 15,
    HOLDFAST_STATUS_UNAUTHENTICATED = 16
};

/** Bytes of the text in a result, its end included. */
#define HOLDFAST_TEXT_BYTES 256
/** Bytes of an id as text, its end included. */
#define HOLDFAST_ID_BYTES 37
/** Most details of a refusal, in bytes; larger ones are left out. */
#define HOLDFAST_MAX_DETAILS_BYTES 65536
/** Most bytes of a credential. */
#define HOLDFAST_MAX_KEY_BYTES 16384
/** Most metadata fields of one call. */
#define HOLDFAST_MAX_FIELDS 16

/** What came of a call. The details belong to it: holdfast_result_clear frees them, also after the client is gone. */
struct holdfast_result {
    /** How the call ended; the function returned the same. */
    enum holdfast_error error;
    /** The canonical status that fits: the server's where it answered, UNAVAILABLE for a lost connection, and so on. */
    enum holdfast_status status;
    /** The server's code as it travelled (docs/wire.md); 0 where it did not answer. */
    int32_t wire_code;
    /** How often holdfast_call tried; 1 for a call that was sent and received; 0 where no call was made. */
    uint32_t attempts;
    /** After how many milliseconds a repeat may help, by the server's word; -1 where it said nothing. */
    int64_t retry_after_ms;
    /** What happened, in words, cut to fit; never with control characters. */
    char text[HOLDFAST_TEXT_BYTES];
    /** The reason as a constant and its domain, or NULL. */
    Google__Rpc__ErrorInfo *error_info;
    /** Every field of the request that is wrong, or NULL. */
    Google__Rpc__BadRequest *bad_request;
    /** Which state does not allow the call, or NULL. */
    Google__Rpc__PreconditionFailure *precondition_failure;
    /** Which lines were short of stock, or NULL. */
    Holdfast__V1__StockShortage *stock_shortage;
    /** Frees the details; not for callers. */
    ProtobufCAllocator allocator;
};

/** An empty result. */
#define HOLDFAST_RESULT_INIT                                                                                           \
    {HOLDFAST_OK, HOLDFAST_STATUS_OK, 0, 0, -1, {0}, NULL, NULL, NULL, NULL, {NULL, NULL, NULL}}

/** Frees the details of a result and empties it. An empty one may be cleared again. */
void holdfast_result_clear(struct holdfast_result *result);

/** The name of an error in lower case, such as "connection lost". Never NULL; static. */
const char *holdfast_error_name(enum holdfast_error error);

/** The name of a canonical status, such as "FAILED_PRECONDITION". Never NULL; static. */
const char *holdfast_status_name(enum holdfast_status status);

/** Answers of struct holdfast_io's functions that are no number of bytes. */
enum {
    /** Call again when the socket can be read. */
    HOLDFAST_IO_WANTS_READ = -1,
    /** Call again when the socket can be written. */
    HOLDFAST_IO_WANTS_WRITE = -2,
    /** The connection cannot go on. */
    HOLDFAST_IO_FAILED = -3
};

/**
 * What lies between a client and its socket, such as TLS. None of the functions may block or raise SIGPIPE: the
 * socket does not block, and the client waits. One struct may serve many clients where its functions allow that.
 */
struct holdfast_io {
    /** Passed to open. */
    void *context;
    /**
     * Begins a session on a connected socket, which stays the client's. `host` is the one of the options.
     * Returns NULL where that is impossible, with the reason in `text`.
     */
    void *(*open)(void *context, int socket, const char *host, char *text, size_t text_bytes);
    /** Goes on with the handshake. Returns 0 when done, else one of the answers above, with a reason where it failed. */
    int (*handshake)(void *session, char *text, size_t text_bytes);
    /** Reads up to `count` bytes. Returns how many, 0 at the end, else one of the answers above. */
    ptrdiff_t (*read)(void *session, void *bytes, size_t count);
    /** Writes up to `count` bytes. Returns how many, at least 1, else one of the answers above. */
    ptrdiff_t (*write)(void *session, const void *bytes, size_t count);
    /** Ends a session and frees it; says good-bye only where that does not block. The socket is closed afterwards. */
    void (*close)(void *session);
};

/** How a client is set up. Fill it with holdfast_options_init, then change what should differ. */
struct holdfast_options {
    /** Name or address of the server. Copied. */
    const char *host;
    /** Its port; 7411 by default. */
    uint16_t port;
    /** An API key or a token, sent with the first request of each connection; NULL for none. Copied. */
    const char *key;
    /** How long a connection may take to be opened, TLS included; 5,000 by default; 1 to 600,000. */
    int32_t connect_timeout_ms;
    /** How long a call may take where its own options do not say; 10,000 by default; 1 to 600,000. */
    int32_t call_timeout_ms;
    /** Whether a call opens a connection where there is none; true by default. */
    bool connects_on_demand;
    /** How often holdfast_call tries at most; 3 by default; 1 to 1,000; 1 never repeats. */
    uint32_t max_attempts;
    /** The pause before the second try; 100 by default; each further one doubles; 1 to 60,000. */
    int32_t first_backoff_ms;
    /** The longest pause; 5,000 by default; not below the first. */
    int32_t max_backoff_ms;
    /** Most calls pending at the same time; 16 by default; 1 to 1,024. */
    uint32_t max_pending;
    /** First size of the two buffers in bytes; 4,096 by default; 512 up to max_frame_bytes. */
    size_t initial_buffer_bytes;
    /** Largest packet, and largest size of either buffer, in bytes; 1 MiB by default; 1 KiB to 64 MiB. */
    size_t max_frame_bytes;
    /** Most memory that one unpacked answer may take, in bytes; 8 MiB by default; at least 1 KiB. */
    size_t max_answer_memory;
    /** Whether requests carry a checksum; false by default. Checksums of answers are always verified. */
    bool checksums;
    /** Where memory comes from; NULL for malloc and free. Copied; what it points to must outlive the client. */
    const ProtobufCAllocator *allocator;
    /** What lies between client and socket; NULL for nothing. Not copied: it must outlive the client. */
    const struct holdfast_io *io;
};

/** Fills options with the defaults and this server. */
void holdfast_options_init(struct holdfast_options *options, const char *host, uint16_t port);

/** A client: a connection that is opened again when it is lost, its buffers, and its pending calls. */
typedef struct holdfast_client holdfast_client;

/**
 * Makes a client; nothing is sent or resolved yet.
 *
 * Returns NULL, with HOLDFAST_INVALID_ARGUMENT or HOLDFAST_NO_MEMORY in the result, where it cannot be made. Free it
 * with holdfast_client_free.
 */
holdfast_client *holdfast_client_new(const struct holdfast_options *options, struct holdfast_result *result);

/** Closes the connection, forgets pending calls, and frees the client. NULL is fine. Answers stay valid. */
void holdfast_client_free(holdfast_client *client);

/**
 * Opens the connection, unless there is one. Tries once, within connect_timeout_ms; all addresses of a name share it.
 *
 * The name is looked up by getaddrinfo, whose time cannot be bounded here; a numeric address needs no look-up.
 * Nothing is sent: a wrong key shows in the first call. For a loop of your own: holdfast_backoff_ms.
 */
enum holdfast_error holdfast_connect(holdfast_client *client, struct holdfast_result *result);

/** Closes the connection. Calls that were pending end with HOLDFAST_CONNECTION_LOST and can still be received. */
void holdfast_disconnect(holdfast_client *client);

/** Whether there is a connection, as far as is known without asking the server. */
bool holdfast_is_connected(const holdfast_client *client);

/** How long to wait before the next attempt after `failures` failed ones in a row, with some chance in it. */
int32_t holdfast_backoff_ms(holdfast_client *client, uint32_t failures);

/** Metadata of a call, such as x-request-id or traceparent. */
struct holdfast_field {
    /** Name in lower case, 1 to 64 bytes. */
    const char *name;
    /** Value, up to 8,192 bytes of text. */
    const char *value;
};

/** What differs from the client's options for one call. */
struct holdfast_call_options {
    /** Time limit; 0 for call_timeout_ms; else 1 to 600,000. It is sent, and enforced here as well. */
    int32_t timeout_ms;
    /** How often to try at most; 0 for max_attempts. holdfast_send never repeats. */
    uint32_t max_attempts;
    /** Metadata; may be NULL where there is none. */
    const struct holdfast_field *fields;
    /** How many; up to HOLDFAST_MAX_FIELDS. */
    size_t field_count;
};

/**
 * Calls a method and waits for its answer.
 *
 * `service` and `method` are names of Protos/, such as "holdfast.v1.OrderService" and "ListOrders"; `answer_type` is
 * the descriptor of the method's answer. `options` may be NULL. On success `*answer` is the answer, to be freed with
 * holdfast_free; it does not depend on the client's buffers. Otherwise it is NULL.
 *
 * The call is repeated, with the same request and so with the same ids in it, where the connection was lost or could
 * not be made, or the server said UNAVAILABLE, that too much is going on (2004: nothing was begun), or that answers are
 * not read (1011: the call may have taken effect); at most max_attempts times, with pauses, and within the time limit,
 * which covers all attempts.
 *
 * Other pending calls stay pending; where the connection is lost, they end with HOLDFAST_CONNECTION_LOST.
 */
enum holdfast_error holdfast_call(
    holdfast_client *client, const char *service, const char *method, const ProtobufCMessage *request,
    const ProtobufCMessageDescriptor *answer_type, const struct holdfast_call_options *options,
    ProtobufCMessage **answer, struct holdfast_result *result);

/**
 * Sends a request without waiting for its answer, which holdfast_receive gives.
 *
 * `*id` is set to a number that no other call of the client has. The request is copied. What the socket does not take
 * at once leaves with the next receive or send. Nothing is repeated. Where another error than HOLDFAST_OK is
 * returned, nothing is pending for this request.
 */
enum holdfast_error holdfast_send(
    holdfast_client *client, const char *service, const char *method, const ProtobufCMessage *request,
    const ProtobufCMessageDescriptor *answer_type, const struct holdfast_call_options *options, uint64_t *id,
    struct holdfast_result *result);

/**
 * Waits for the end of a pending call: the one with `*id`, or where that is 0 the first that ends, and `*id` is set.
 *
 * `timeout_ms` bounds the wait; 0 only looks, -1 waits until a time limit of the calls themselves passes. With
 * HOLDFAST_NOT_YET or HOLDFAST_NOTHING_PENDING nothing ended and `*id` stays; every other answer is the end of that
 * call, given once. On success `*answer` is to be freed with holdfast_free. Answers of other calls that come
 * meanwhile are kept.
 */
enum holdfast_error holdfast_receive(
    holdfast_client *client, int32_t timeout_ms, uint64_t *id, ProtobufCMessage **answer,
    struct holdfast_result *result);

/** How many calls are pending: sent and not received. */
uint32_t holdfast_pending(const holdfast_client *client);

/** Frees an answer; NULL is fine. For an answer of a typed call pass its member `base`. */
void holdfast_free(holdfast_client *client, ProtobufCMessage *answer);

/**
 * Writes a fresh UUID (version 7) as text, from the system's random numbers and its clock.
 *
 * Returns false where the system has no random numbers to give.
 */
bool holdfast_make_id(char text[HOLDFAST_ID_BYTES]);

#ifdef __cplusplus
}
#endif

#endif
