/*
 * Whatever a server sends, a client neither crashes nor reads beyond it nor keeps memory.
 *
 * The first byte of the input chooses the size of reads and how much memory an answer may take; the rest is what the
 * server sends, to four pending calls of different types and once more to a call that waits.
 */
#include "scripted.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count);

static struct peer peer;

static void receive_all(holdfast_client *client, struct holdfast_result *result) {
    for (;;) {
        uint64_t id = 0;
        ProtobufCMessage *answer;
        enum holdfast_error error = holdfast_receive(client, -1, &id, &answer, result);
        if (error == HOLDFAST_NOTHING_PENDING) return;
        if (answer == NULL) continue;
        /* What could be read can be written, and that can be read again. */
        size_t size = protobuf_c_message_get_packed_size(answer);
        uint8_t *packed = malloc(size + 1);
        if (packed == NULL || protobuf_c_message_pack(answer, packed) != size) abort();
        free(packed);
        holdfast_free(client, answer);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t count) {
    if (count == 0) return 0;
    if (peer.listener == 0) peer_start(&peer);
    peer.opened = 0;
    peer.scripts[0] = (struct script){
        .bytes = bytes + 1, .count = count - 1, .chunk = bytes[0] & 0x3f, .then_closes = true, .after_written = SIZE_MAX};
    struct holdfast_options options = peer_options(&peer);
    options.initial_buffer_bytes = 512;
    options.max_frame_bytes = 65536;
    options.max_answer_memory = bytes[0] & 0x40 ? 2048 : 1 << 20;
    struct holdfast_result result = HOLDFAST_RESULT_INIT;
    holdfast_client *client = holdfast_client_new(&options, &result);
    if (client == NULL) abort();
    static const ProtobufCMessageDescriptor *const types[] = {
        &holdfast__v1__reserve_response__descriptor, &holdfast__v1__get_order_response__descriptor,
        &holdfast__v1__check_books_response__descriptor, &holdfast__v1__list_orders_response__descriptor};
    Holdfast__V1__ReserveRequest request = HOLDFAST__V1__RESERVE_REQUEST__INIT;
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        uint64_t id;
        if (holdfast_send(client, "a.B", "C", &request.base, types[i], NULL, &id, &result) != HOLDFAST_OK) abort();
    }
    peer.scripts[0].after_written = 0;
    receive_all(client, &result);
    holdfast_client_free(client);
    holdfast_result_clear(&result);
    return 0;
}
