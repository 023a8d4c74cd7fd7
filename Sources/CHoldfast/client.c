#define _DEFAULT_SOURCE
#define _POSIX_C_SOURCE 200809L

#include "client.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#ifdef __APPLE__
#include <sys/random.h>
#endif

static void *system_allocate(void *data, size_t count) {
    (void)data;
    return malloc(count);
}

static void system_free(void *data, void *bytes) {
    (void)data;
    free(bytes);
}

void holdfast_options_init(struct holdfast_options *options, const char *host, uint16_t port) {
    *options = (struct holdfast_options){
        .host = host,
        .port = port,
        .connect_timeout_ms = 5000,
        .call_timeout_ms = 10000,
        .connects_on_demand = true,
        .max_attempts = 3,
        .first_backoff_ms = 100,
        .max_backoff_ms = 5000,
        .max_pending = 16,
        .initial_buffer_bytes = 4096,
        .max_frame_bytes = 1u << 20,
        .max_answer_memory = 8u << 20,
    };
}

/* What is wrong with options, or NULL. */
static const char *fault_of(const struct holdfast_options *options) {
    if (options == NULL) return "options are missing";
    if (options->host == NULL || options->host[0] == 0 || strlen(options->host) > 255) return "host must have 1 to 255 bytes";
    if (options->port == 0) return "port must be 1 to 65535";
    if (options->key != NULL && strlen(options->key) > HOLDFAST_MAX_KEY_BYTES) return "key is too long";
    if (options->connect_timeout_ms < 1 || options->connect_timeout_ms > 600000) return "connect_timeout_ms must be 1 to 600000";
    if (options->call_timeout_ms < 1 || options->call_timeout_ms > 600000) return "call_timeout_ms must be 1 to 600000";
    if (options->max_attempts < 1 || options->max_attempts > 1000) return "max_attempts must be 1 to 1000";
    if (options->first_backoff_ms < 1 || options->first_backoff_ms > 60000) return "first_backoff_ms must be 1 to 60000";
    if (options->max_backoff_ms < options->first_backoff_ms || options->max_backoff_ms > 600000) {
        return "max_backoff_ms must be first_backoff_ms to 600000";
    }
    if (options->max_pending < 1 || options->max_pending > 1024) return "max_pending must be 1 to 1024";
    if (options->max_frame_bytes < 1024 || options->max_frame_bytes > 64u << 20) return "max_frame_bytes must be 1 KiB to 64 MiB";
    if (options->initial_buffer_bytes < 512 || options->initial_buffer_bytes > options->max_frame_bytes) {
        return "initial_buffer_bytes must be 512 to max_frame_bytes";
    }
    if (options->max_answer_memory < 1024) return "max_answer_memory must be at least 1 KiB";
    return NULL;
}

static char *copy(const ProtobufCAllocator *allocator, const char *text) {
    size_t count = strlen(text) + 1;
    char *made = allocate(allocator, count);
    if (made != NULL) memcpy(made, text, count);
    return made;
}

/* Allocates the parts of a client; false where memory does not suffice. */
static bool furnish(holdfast_client *client, const struct holdfast_options *options) {
    const ProtobufCAllocator *allocator = &client->allocator;
    client->host = copy(allocator, options->host);
    client->key = options->key == NULL ? NULL : copy(allocator, options->key);
    client->pending = allocate(allocator, options->max_pending * sizeof *client->pending);
    client->incoming.bytes = allocate(allocator, options->initial_buffer_bytes);
    client->outgoing.bytes = allocate(allocator, options->initial_buffer_bytes);
    client->incoming.capacity = client->outgoing.capacity = options->initial_buffer_bytes;
    if (client->pending != NULL) {
        for (uint32_t i = 0; i < options->max_pending; i++) {
            client->pending[i] = (struct pending){.result = HOLDFAST_RESULT_INIT};
        }
    }
    return client->host != NULL && (options->key == NULL || client->key != NULL) && client->pending != NULL
        && client->incoming.bytes != NULL && client->outgoing.bytes != NULL;
}

holdfast_client *holdfast_client_new(const struct holdfast_options *options, struct holdfast_result *result) {
    const char *fault = fault_of(options);
    if (fault != NULL) {
        result_set(result, HOLDFAST_INVALID_ARGUMENT, fault);
        return NULL;
    }
    ProtobufCAllocator allocator = {system_allocate, system_free, NULL};
    if (options->allocator != NULL) allocator = *options->allocator;
    holdfast_client *client = allocate(&allocator, sizeof *client);
    if (client == NULL) {
        result_set(result, HOLDFAST_NO_MEMORY, "no memory for a client");
        return NULL;
    }
    *client = (holdfast_client){.options = *options, .allocator = allocator, .socket = -1};
    if (!furnish(client, options)) {
        holdfast_client_free(client);
        result_set(result, HOLDFAST_NO_MEMORY, "no memory for a client");
        return NULL;
    }
    client->options.host = client->host;
    client->options.key = client->key;
    client->options.allocator = NULL;
    /* Only spreads retries; where there is no entropy, clock and address differ between tills as well. */
    if (getentropy(&client->random, sizeof client->random) != 0 || client->random == 0) {
        client->random = (uint64_t)clock_now() ^ (uint64_t)(uintptr_t)client ^ 0x9e3779b97f4a7c15u;
    }
    result_set(result, HOLDFAST_OK, "");
    return client;
}

void holdfast_client_free(holdfast_client *client) {
    if (client == NULL) return;
    const ProtobufCAllocator allocator = client->allocator;
    if (client->pending != NULL) {
        connection_end(client, HOLDFAST_CONNECTION_LOST, "");
        for (uint32_t i = 0; i < client->options.max_pending; i++) {
            holdfast_free(client, client->pending[i].answer);
            holdfast_result_clear(&client->pending[i].result);
        }
    }
    if (client->key != NULL) {
        /* Through a volatile pointer, so that the compiler does not leave it out. */
        volatile char *secret = client->key;
        while (*secret != 0) *secret++ = 0;
    }
    deallocate(&allocator, client->key);
    deallocate(&allocator, client->host);
    deallocate(&allocator, client->pending);
    deallocate(&allocator, client->incoming.bytes);
    deallocate(&allocator, client->outgoing.bytes);
    deallocate(&allocator, client);
}

enum holdfast_error holdfast_connect(holdfast_client *client, struct holdfast_result *result) {
    if (client == NULL) return result_set(result, HOLDFAST_INVALID_ARGUMENT, "client is missing");
    if (client->socket < 0) {
        enum holdfast_error error = connection_open(client, INT64_MAX, result);
        if (error != HOLDFAST_OK) return error;
    }
    return result_set(result, HOLDFAST_OK, "");
}

void holdfast_disconnect(holdfast_client *client) {
    if (client == NULL || client->socket < 0) return;
    connection_end(client, HOLDFAST_CONNECTION_LOST, "the connection was closed here");
}

bool holdfast_is_connected(const holdfast_client *client) {
    return client != NULL && client->socket >= 0;
}

uint64_t client_random(holdfast_client *client) {
    client->random ^= client->random << 13;
    client->random ^= client->random >> 7;
    client->random ^= client->random << 17;
    return client->random;
}

int32_t holdfast_backoff_ms(holdfast_client *client, uint32_t failures) {
    if (client == NULL || failures == 0) return 0;
    int64_t pause = client->options.first_backoff_ms;
    for (uint32_t i = 1; i < failures && pause < client->options.max_backoff_ms; i++) pause *= 2;
    if (pause > client->options.max_backoff_ms) pause = client->options.max_backoff_ms;
    /* Half of it is left to chance, so that tills that lost one server do not come back all at once. */
    return (int32_t)(pause - pause / 2 + (int64_t)(client_random(client) % (uint64_t)(pause / 2 + 1)));
}

void holdfast_free(holdfast_client *client, ProtobufCMessage *answer) {
    if (answer != NULL) protobuf_c_message_free_unpacked(answer, &client->allocator);
}

bool holdfast_make_id(char text[HOLDFAST_ID_BYTES]) {
    static const char digits[] = "0123456789abcdef";
    uint8_t bytes[16];
    struct timespec now;
    if (getentropy(bytes, sizeof bytes) != 0 || clock_gettime(CLOCK_REALTIME, &now) != 0) return false;
    uint64_t moment = (uint64_t)now.tv_sec * 1000 + (uint64_t)(now.tv_nsec / 1000000);
    for (int i = 0; i < 6; i++) bytes[i] = (uint8_t)(moment >> (40 - 8 * i));
    bytes[6] = (uint8_t)((bytes[6] & 0x0f) | 0x70);
    bytes[8] = (uint8_t)((bytes[8] & 0x3f) | 0x80);
    for (int i = 0, at = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10) text[at++] = '-';
        text[at++] = digits[bytes[i] >> 4];
        text[at++] = digits[bytes[i] & 15];
    }
    text[HOLDFAST_ID_BYTES - 1] = 0;
    return true;
}
