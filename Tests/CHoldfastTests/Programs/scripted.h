/*
 * A peer whose every byte the test decides: a real socket that only connects, and between it and the client a
 * struct holdfast_io that gives what was scripted and keeps what was written.
 */
#ifndef HOLDFAST_SCRIPTED_H
#define HOLDFAST_SCRIPTED_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "holdfast_calls.h"
#include "testing.h"

#define MAX_CONNECTIONS 8

/* What one connection brings. */
struct script {
    /* What it sends; the peer then stays silent, or closes. */
    const uint8_t *bytes;
    size_t count;
    bool then_closes;
    /* Most bytes of one read; 0 for any. */
    size_t chunk;
    /* The first read brings this many bytes; 0 for any. */
    size_t first;
    /* Answers only once this much was written to it. */
    size_t after_written;
    /* This many bytes come for each request; 0 for all with the first. */
    size_t per_request;
    bool refuses;
};

struct peer {
    struct script scripts[MAX_CONNECTIONS];
    size_t opened;
    size_t given;
    bool has_read;
    uint8_t written[65536];
    size_t written_count;
    size_t requests;
    int accepted;
    int listener;
    uint16_t port;
    struct holdfast_io io;
};

static void *scripted_open(void *context, int socket, const char *host, char *text, size_t text_bytes) {
    struct peer *peer = context;
    (void)socket;
    (void)host;
    if (peer->opened == MAX_CONNECTIONS || peer->scripts[peer->opened].refuses) {
        peer->opened += 1;
        snprintf(text, text_bytes, "the script refuses");
        return NULL;
    }
    peer->opened += 1;
    peer->accepted = accept(peer->listener, NULL, NULL);
    /* Reset when closed: thousands of connections in a row would use up the ports otherwise. */
    struct linger reset = {1, 0};
    if (peer->accepted < 0 || setsockopt(peer->accepted, SOL_SOCKET, SO_LINGER, &reset, sizeof reset) != 0) abort();
    peer->given = 0;
    peer->requests = 0;
    peer->has_read = false;
    peer->written_count = 0;
    return peer;
}

static int scripted_handshake(void *session, char *text, size_t text_bytes) {
    (void)session;
    (void)text;
    (void)text_bytes;
    return 0;
}

static ptrdiff_t scripted_read(void *session, void *bytes, size_t count) {
    struct peer *peer = session;
    const struct script *script = &peer->scripts[peer->opened - 1];
    size_t available = script->count;
    if (script->per_request > 0 && peer->requests * script->per_request < available) {
        available = peer->requests * script->per_request;
    }
    size_t left = available - peer->given;
    if (peer->written_count < script->after_written) return HOLDFAST_IO_WANTS_READ;
    if (left == 0) return script->then_closes ? 0 : HOLDFAST_IO_WANTS_READ;
    if (count > left) count = left;
    if (script->chunk > 0 && count > script->chunk) count = script->chunk;
    if (!peer->has_read && script->first > 0 && count > script->first) count = script->first;
    peer->has_read = true;
    memcpy(bytes, script->bytes + peer->given, count);
    peer->given += count;
    return (ptrdiff_t)count;
}

static ptrdiff_t scripted_write(void *session, const void *bytes, size_t count) {
    struct peer *peer = session;
    if (count > sizeof peer->written - peer->written_count) return HOLDFAST_IO_FAILED;
    memcpy(peer->written + peer->written_count, bytes, count);
    peer->written_count += count;
    peer->requests += 1;
    return (ptrdiff_t)count;
}

static void scripted_close(void *session) {
    close(((struct peer *)session)->accepted);
}

/* Begins to listen on a free port of the loopback. */
static inline void peer_start(struct peer *peer) {
    memset(peer, 0, sizeof *peer);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    peer->listener = socket(AF_INET, SOCK_STREAM, 0);
    if (peer->listener < 0 || bind(peer->listener, (struct sockaddr *)&address, size) != 0
        || listen(peer->listener, 64) != 0 || getsockname(peer->listener, (struct sockaddr *)&address, &size) != 0) {
        abort();
    }
    peer->port = ntohs(address.sin_port);
    peer->io = (struct holdfast_io){
        peer, scripted_open, scripted_handshake, scripted_read, scripted_write, scripted_close};
}

static inline void peer_stop(struct peer *peer) {
    close(peer->listener);
}

static inline struct holdfast_options peer_options(struct peer *peer) {
    struct holdfast_options options;
    holdfast_options_init(&options, "127.0.0.1", peer->port);
    options.io = &peer->io;
    options.call_timeout_ms = 20000;
    options.first_backoff_ms = 1;
    options.max_backoff_ms = 2;
    return options;
}

/* Bytes that grow. */
struct bytes {
    uint8_t at[1 << 18];
    size_t count;
};

static inline void add(struct bytes *bytes, const void *more, size_t count) {
    if (count > sizeof bytes->at - bytes->count) abort();
    if (count > 0) memcpy(bytes->at + bytes->count, more, count);
    bytes->count += count;
}

static inline void add_varint(struct bytes *bytes, uint64_t value) {
    do {
        uint8_t byte = (uint8_t)((value & 0x7f) | (value > 0x7f ? 0x80 : 0));
        add(bytes, &byte, 1);
        value >>= 7;
    } while (value > 0);
}

static inline void add_field(struct bytes *bytes, uint32_t field, const void *content, size_t count) {
    add_varint(bytes, field << 3 | 2);
    add_varint(bytes, count);
    add(bytes, content, count);
}

/* Appends the packet of an answer; `extra` is appended to its meta. */
static inline void add_answer(
    struct bytes *bytes, int64_t id, int32_t code, const char *text, const struct bytes *extra, const void *message,
    size_t message_count) {
    static struct bytes meta, response;
    meta.count = response.count = 0;
    add_varint(&response, 1 << 3);
    add_varint(&response, (uint64_t)code);
    if (text != NULL) add_field(&response, 2, text, strlen(text));
    add_field(&meta, 2, response.at, response.count);
    add_varint(&meta, 4 << 3);
    add_varint(&meta, (uint64_t)id);
    if (extra != NULL) add(&meta, extra->at, extra->count);
    size_t sizes[2] = {meta.count + message_count, meta.count};
    add(bytes, "PRPC", 4);
    for (int i = 0; i < 2; i++) {
        uint8_t size[4] = {
            (uint8_t)(sizes[i] >> 24), (uint8_t)(sizes[i] >> 16), (uint8_t)(sizes[i] >> 8), (uint8_t)sizes[i]};
        add(bytes, size, 4);
    }
    add(bytes, meta.at, meta.count);
    add(bytes, message, message_count);
}

#endif
