#include <string.h>

#include "client.h"

void *allocate(const ProtobufCAllocator *allocator, size_t count) {
    return allocator->alloc(allocator->allocator_data, count);
}

void deallocate(const ProtobufCAllocator *allocator, void *bytes) {
    if (bytes != NULL) allocator->free(allocator->allocator_data, bytes);
}

bool buffer_reserve(
    struct buffer *buffer, size_t count, size_t cap, const ProtobufCAllocator *allocator) {
    if (buffer->start == buffer->end) {
        buffer->start = 0;
        buffer->end = 0;
    }
    size_t held = buffer->end - buffer->start;
    if (buffer->capacity - buffer->end >= count) return true;
    if (count > cap || held > cap - count) return false;
    if (buffer->capacity >= held + count) {
        memmove(buffer->bytes, buffer->bytes + buffer->start, held);
    } else {
        size_t capacity = buffer->capacity;
        while (capacity < held + count) capacity = capacity > cap / 2 ? cap : capacity * 2;
        uint8_t *bytes = allocate(allocator, capacity);
        if (bytes == NULL) return false;
        memcpy(bytes, buffer->bytes + buffer->start, held);
        deallocate(allocator, buffer->bytes);
        buffer->bytes = bytes;
        buffer->capacity = capacity;
    }
    buffer->start = 0;
    buffer->end = held;
    return true;
}

/* Hands out memory until a budget is used up: a few bytes on the wire can ask for many in memory. */
struct budget {
    const ProtobufCAllocator *allocator;
    size_t left;
    bool is_exceeded;
    bool is_refused;
};

static void *budget_allocate(void *data, size_t count) {
    struct budget *budget = data;
    if (count > budget->left) {
        budget->is_exceeded = true;
        return NULL;
    }
    void *bytes = allocate(budget->allocator, count);
    if (bytes == NULL) budget->is_refused = true;
    else budget->left -= count;
    return bytes;
}

static void budget_free(void *data, void *bytes) {
    struct budget *budget = data;
    deallocate(budget->allocator, bytes);
}

enum holdfast_error unpack_bounded(
    const ProtobufCMessageDescriptor *type, struct wire_span bytes, size_t max_memory,
    const ProtobufCAllocator *allocator, ProtobufCMessage **message) {
    struct budget budget = {allocator, max_memory, false, false};
    ProtobufCAllocator bounded = {budget_allocate, budget_free, &budget};
    /* An empty message may have no address at all, which memory functions would rather not see. */
    static const uint8_t nothing[1] = {0};
    *message = protobuf_c_message_unpack(type, &bounded, bytes.count, bytes.count == 0 ? nothing : bytes.bytes);
    if (*message != NULL) return HOLDFAST_OK;
    if (budget.is_exceeded) return HOLDFAST_TOO_LARGE;
    return budget.is_refused ? HOLDFAST_NO_MEMORY : HOLDFAST_PROTOCOL;
}
