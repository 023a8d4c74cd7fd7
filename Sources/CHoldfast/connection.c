#define _DEFAULT_SOURCE
#define _POSIX_C_SOURCE 200809L

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#include "client.h"

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0
#endif

/* Reads of one turn: a peer that never stops sending must not keep a call beyond its time. */
#define MAX_READS 16

int64_t clock_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static ptrdiff_t of_socket(ssize_t count, int wanted) {
    if (count >= 0) return count;
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR ? wanted : HOLDFAST_IO_FAILED;
}

static ptrdiff_t read_some(holdfast_client *client, void *bytes, size_t count) {
    if (client->options.io != NULL) return client->options.io->read(client->session, bytes, count);
    return of_socket(recv(client->socket, bytes, count, 0), HOLDFAST_IO_WANTS_READ);
}

static ptrdiff_t write_some(holdfast_client *client, const void *bytes, size_t count) {
    if (client->options.io != NULL) return client->options.io->write(client->session, bytes, count);
    return of_socket(send(client->socket, bytes, count, MSG_NOSIGNAL), HOLDFAST_IO_WANTS_WRITE);
}

/* Waits for a socket; false where the moment came first. A signal only makes it look again. */
static bool wait_for(int socket, short events, int64_t deadline) {
    for (;;) {
        int64_t left = deadline - clock_now();
        if (left <= 0) return false;
        struct pollfd entry = {socket, events, 0};
        if (poll(&entry, 1, left > 60000 ? 60000 : (int)left) > 0) return true;
    }
}

void connection_wait(const holdfast_client *client, short awaited, int64_t deadline) {
    if (awaited != 0) wait_for(client->socket, awaited, deadline);
}

static bool prepare(int socket) {
    int flags = fcntl(socket, F_GETFL);
    int on = 1;
#ifdef SO_NOSIGPIPE
    if (setsockopt(socket, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof on) != 0) return false;
#endif
    return flags >= 0 && fcntl(socket, F_SETFL, flags | O_NONBLOCK) == 0 && fcntl(socket, F_SETFD, FD_CLOEXEC) == 0
        && setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0;
}

/* Connects to one address; -1 with errno set where that fails. */
static int open_socket(const struct addrinfo *address, int64_t deadline) {
    int made = socket(address->ai_family, address->ai_socktype, address->ai_protocol);
    if (made < 0) return -1;
    int problem = 0;
    socklen_t size = sizeof problem;
    if (!prepare(made)) {
        problem = errno;
    } else if (connect(made, address->ai_addr, address->ai_addrlen) != 0) {
        if (errno != EINPROGRESS && errno != EINTR) problem = errno;
        else if (!wait_for(made, POLLOUT, deadline)) problem = ETIMEDOUT;
        else if (getsockopt(made, SOL_SOCKET, SO_ERROR, &problem, &size) != 0) problem = errno;
    }
    if (problem == 0) return made;
    close(made);
    errno = problem;
    return -1;
}

static enum holdfast_error open_any(holdfast_client *client, int64_t deadline, struct holdfast_result *result) {
    char port[8];
    struct addrinfo hints;
    struct addrinfo *addresses;
    memset(&hints, 0, sizeof hints);
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_NUMERICSERV;
    snprintf(port, sizeof port, "%u", (unsigned)client->options.port);
    int failure = getaddrinfo(client->host, port, &hints, &addresses);
    if (failure != 0) return result_set(result, HOLDFAST_CANNOT_RESOLVE, gai_strerror(failure));
    int64_t count = 0;
    int problem = ETIMEDOUT;
    for (const struct addrinfo *each = addresses; each != NULL; each = each->ai_next) count += 1;
    for (const struct addrinfo *each = addresses; each != NULL && client->socket < 0; each = each->ai_next) {
        int64_t now = clock_now();
        client->socket = open_socket(each, now + (deadline - now) / count);
        if (client->socket < 0) problem = errno;
        count -= 1;
    }
    freeaddrinfo(addresses);
    if (client->socket >= 0) return HOLDFAST_OK;
    return result_set(result, HOLDFAST_CANNOT_CONNECT, strerror(problem));
}

/* Gives up a connection that never came to be. */
static enum holdfast_error abandon(
    holdfast_client *client, enum holdfast_error error, const char *text, struct holdfast_result *result) {
    connection_end(client, error, text);
    return result_set(result, error, text);
}

static enum holdfast_error secure(holdfast_client *client, int64_t deadline, struct holdfast_result *result) {
    const struct holdfast_io *io = client->options.io;
    char text[HOLDFAST_TEXT_BYTES] = "";
    client->session = io->open(io->context, client->socket, client->host, text, sizeof text);
    if (client->session == NULL) return abandon(client, HOLDFAST_NOT_SECURE, text, result);
    for (;;) {
        int answer = io->handshake(client->session, text, sizeof text);
        if (answer == 0) return HOLDFAST_OK;
        if (answer == HOLDFAST_IO_FAILED) return abandon(client, HOLDFAST_NOT_SECURE, text, result);
        if (!wait_for(client->socket, answer == HOLDFAST_IO_WANTS_WRITE ? POLLOUT : POLLIN, deadline)) {
            return abandon(client, HOLDFAST_CANNOT_CONNECT, "the handshake took too long", result);
        }
    }
}

enum holdfast_error connection_open(holdfast_client *client, int64_t deadline, struct holdfast_result *result) {
    int64_t latest = clock_now() + client->options.connect_timeout_ms;
    if (deadline > latest) deadline = latest;
    enum holdfast_error error = open_any(client, deadline, result);
    if (error == HOLDFAST_OK && client->options.io != NULL) error = secure(client, deadline, result);
    return error;
}

void connection_end(holdfast_client *client, enum holdfast_error error, const char *text) {
    if (client->session != NULL) client->options.io->close(client->session);
    if (client->socket >= 0) close(client->socket);
    client->session = NULL;
    client->socket = -1;
    client->draining = false;
    client->key_was_sent = false;
    client->incoming.start = client->incoming.end = 0;
    client->outgoing.start = client->outgoing.end = 0;
    for (uint32_t i = 0; i < client->options.max_pending; i++) {
        struct pending *call = &client->pending[i];
        if (call->id == 0 || call->ended) continue;
        call->ended = true;
        result_set(&call->result, error, text);
        call->result.attempts = 1;
    }
}

/* Sends what is there. False where the connection has ended. */
static bool flush(holdfast_client *client, short *awaited) {
    struct buffer *out = &client->outgoing;
    while (out->start < out->end) {
        ptrdiff_t count = write_some(client, out->bytes + out->start, out->end - out->start);
        if (count > 0) {
            out->start += (size_t)count;
        } else if (count == HOLDFAST_IO_WANTS_WRITE || count == HOLDFAST_IO_WANTS_READ) {
            *awaited |= count == HOLDFAST_IO_WANTS_WRITE ? POLLOUT : POLLIN;
            return true;
        } else {
            connection_end(client, HOLDFAST_CONNECTION_LOST, "the connection broke while sending");
            return false;
        }
    }
    return true;
}

/* Ends the calls whose answers have come. False where the connection had to be ended. */
static bool take_frames(holdfast_client *client) {
    struct buffer *in = &client->incoming;
    for (;;) {
        struct wire_span bytes = {in->bytes + in->start, in->end - in->start};
        struct wire_frame frame;
        const char *fault = "the peer does not speak this protocol";
        switch (wire_frame_read(bytes, client->options.max_frame_bytes, &frame)) {
        case WIRE_INCOMPLETE: return true;
        case WIRE_TOO_LARGE:
            connection_end(client, HOLDFAST_TOO_LARGE, "an answer is larger than max_frame_bytes");
            return false;
        case WIRE_COMPLETE:
            in->start += frame.total_bytes;
            if (pending_answer(client, &frame, &fault)) continue;
            break;
        case WIRE_MALFORMED: break;
        }
        connection_end(client, HOLDFAST_PROTOCOL, fault);
        return false;
    }
}

/* Takes what has come. False where the connection has ended. */
static bool fill(holdfast_client *client, short *awaited) {
    struct buffer *in = &client->incoming;
    for (int reads = 0; reads < MAX_READS; reads++) {
        /* One byte of room is enough to go on; the buffer doubles when it is full. */
        if (!buffer_reserve(in, 1, client->options.max_frame_bytes, &client->allocator)) {
            connection_end(client, HOLDFAST_NO_MEMORY, "no memory for an answer");
            return false;
        }
        ptrdiff_t count = read_some(client, in->bytes + in->end, in->capacity - in->end);
        if (count > 0) {
            in->end += (size_t)count;
            if (!take_frames(client)) return false;
        } else if (count == HOLDFAST_IO_WANTS_READ || count == HOLDFAST_IO_WANTS_WRITE) {
            *awaited |= count == HOLDFAST_IO_WANTS_READ ? POLLIN : POLLOUT;
            return true;
        } else {
            connection_end(
                client, HOLDFAST_CONNECTION_LOST,
                count == 0 ? "the server closed the connection" : "the connection broke while receiving");
            return false;
        }
    }
    *awaited = 0;
    return true;
}

bool connection_turn(holdfast_client *client, short *awaited) {
    *awaited = 0;
    return flush(client, awaited) && fill(client, awaited);
}
