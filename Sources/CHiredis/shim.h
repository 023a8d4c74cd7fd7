#ifndef HOLDFAST_CHIREDIS_SHIM_H
#define HOLDFAST_CHIREDIS_SHIM_H

// Only the reply reader of hiredis is used: no sockets, no commands. Everything that differs between
// hiredis 0.14 and 1.x (the shape of the callback table, the type of an array's length, accessor macros)
// ends in this file, and so does RESP3: its replies have no callback and are refused.

#include <hiredis/hiredis.h>
#include <hiredis/read.h>
#include <limits.h>
#include <stddef.h>

#if !defined(HIREDIS_MAJOR) || (HIREDIS_MAJOR == 0 && HIREDIS_MINOR < 14)
#error "hiredis 0.14 or newer is needed (Debian: libhiredis-dev)"
#endif

/// Receives the values of one reply in the order in which they stand on the wire; an array announces its
/// length and its elements follow. A callback that returns 0 makes the reader fail.
typedef struct chiredis_sink {
    int (*on_bytes)(void *context, const char *bytes, size_t length);
    int (*on_status)(void *context, const char *bytes, size_t length);
    int (*on_error)(void *context, const char *bytes, size_t length);
    int (*on_integer)(void *context, long long value);
    int (*on_null)(void *context);
    int (*on_array)(void *context, long long count);
    void *context;
} chiredis_sink;

typedef enum chiredis_outcome {
    CHIREDIS_INCOMPLETE = 0,
    CHIREDIS_COMPLETE = 1,
    CHIREDIS_FAILED = 2
} chiredis_outcome;

static inline void *chiredis_string(const redisReadTask *task, char *bytes, size_t length) {
    chiredis_sink *sink = (chiredis_sink *)task->privdata;
    int accepted = 0;
    switch (task->type) {
    case REDIS_REPLY_STRING: accepted = sink->on_bytes(sink->context, bytes, length); break;
    case REDIS_REPLY_STATUS: accepted = sink->on_status(sink->context, bytes, length); break;
    case REDIS_REPLY_ERROR: accepted = sink->on_error(sink->context, bytes, length); break;
    default: break;
    }
    return accepted ? sink : NULL;
}

static inline void *chiredis_integer(const redisReadTask *task, long long value) {
    chiredis_sink *sink = (chiredis_sink *)task->privdata;
    return sink->on_integer(sink->context, value) ? sink : NULL;
}

static inline void *chiredis_null(const redisReadTask *task) {
    chiredis_sink *sink = (chiredis_sink *)task->privdata;
    return sink->on_null(sink->context) ? sink : NULL;
}

#if HIREDIS_MAJOR >= 1
typedef size_t chiredis_count;
#else
typedef int chiredis_count;
#endif

static inline void *chiredis_array(const redisReadTask *task, chiredis_count count) {
    chiredis_sink *sink = (chiredis_sink *)task->privdata;
#if HIREDIS_MAJOR >= 1
    if (task->type != REDIS_REPLY_ARRAY || count > INT_MAX) return NULL;
#endif
    return sink->on_array(sink->context, (long long)count) ? sink : NULL;
}

// The sink owns every value, the reader only carries the sink's address around: nothing to free.
static inline void chiredis_free_nothing(void *object) { (void)object; }

static inline redisReader *chiredis_reader_create(chiredis_sink *sink) {
    static redisReplyObjectFunctions functions = {
        .createString = chiredis_string,
        .createArray = chiredis_array,
        .createInteger = chiredis_integer,
        .createNil = chiredis_null,
        .freeObject = chiredis_free_nothing,
    };
    redisReader *reader = redisReaderCreateWithFunctions(&functions);
    if (reader != NULL) reader->privdata = sink;
    return reader;
}

static inline int chiredis_reader_feed(redisReader *reader, const void *bytes, size_t length) {
    return redisReaderFeed(reader, (const char *)bytes, length) == REDIS_OK;
}

static inline chiredis_outcome chiredis_reader_next(redisReader *reader) {
    void *reply = NULL;
    if (redisReaderGetReply(reader, &reply) != REDIS_OK) return CHIREDIS_FAILED;
    return reply == NULL ? CHIREDIS_INCOMPLETE : CHIREDIS_COMPLETE;
}

static inline const char *chiredis_reader_error(const redisReader *reader) { return reader->errstr; }

#endif
