/* The client against peers of every kind: slow, wrong, hostile, gone. */
#include "scripted.h"

static struct peer peer;
static struct bytes answers;
static struct bytes message;

/* The answer to a reservation, large enough to be split in many ways. */
static void pack_reservation(void) {
    Holdfast__V1__ReserveResponse answer = HOLDFAST__V1__RESERVE_RESPONSE__INIT;
    Holdfast__V1__Reservation reservation = HOLDFAST__V1__RESERVATION__INIT;
    Holdfast__V1__Reservation__Line line = HOLDFAST__V1__RESERVATION__LINE__INIT;
    Holdfast__V1__Allocation allocation = HOLDFAST__V1__ALLOCATION__INIT;
    Holdfast__V1__Reservation__Line *lines[] = {&line};
    Holdfast__V1__Allocation *allocations[] = {&allocation};
    allocation.location = "HIGH-STREET";
    allocation.quantity = 3;
    line.sku = "MUG-WHITE";
    line.quantity = 3;
    line.allocations = allocations;
    line.n_allocations = 1;
    reservation.reservation_id = "3f6e0a52-7c1b-4b0e-9a63-5d0c2f1b7e10";
    reservation.channel = "TILLS";
    reservation.state = HOLDFAST__V1__RESERVATION_STATE__RESERVATION_STATE_HELD;
    reservation.lines = lines;
    reservation.n_lines = 1;
    answer.reservation = &reservation;
    message.count = holdfast__v1__reserve_response__pack(&answer, message.at);
}

static void start(void) {
    peer_start(&peer);
    answers.count = 0;
    pack_reservation();
}

static void answer_reservation(int64_t id) {
    add_answer(&answers, id, 0, NULL, NULL, message.at, message.count);
}

static enum holdfast_error reserve(holdfast_client *client, struct holdfast_result *result) {
    Holdfast__V1__ReserveRequest request = HOLDFAST__V1__RESERVE_REQUEST__INIT;
    Holdfast__V1__ReserveResponse *answer;
    request.reservation_id = "3f6e0a52-7c1b-4b0e-9a63-5d0c2f1b7e10";
    request.channel = "TILLS";
    enum holdfast_error error = holdfast_reserve(client, &request, NULL, &answer, result);
    CHECK(error == (result->error) && (answer != NULL) == (error == HOLDFAST_OK));
    if (answer != NULL) {
        CHECK(answer->reservation->lines[0]->allocations[0]->quantity == 3);
        holdfast_free(client, &answer->base);
    }
    return error;
}

/* One reservation against the scripts as they stand. */
static struct holdfast_result one_call(struct holdfast_options options) {
    struct holdfast_result result = HOLDFAST_RESULT_INIT;
    holdfast_client *client = holdfast_client_new(&options, &result);
    if (CHECK(client != NULL)) reserve(client, &result);
    holdfast_client_free(client);
    return result;
}

static void every_split(void) {
    start();
    answer_reservation(1);
    for (size_t first = 1; first < answers.count; first++) {
        peer.opened = 0;
        peer.scripts[0] = (struct script){.bytes = answers.at, .count = answers.count, .first = first, .after_written = 1};
        struct holdfast_result result = one_call(peer_options(&peer));
        CHECK(result.error == HOLDFAST_OK && result.attempts == 1);
    }
    peer.opened = 0;
    peer.scripts[0] = (struct script){.bytes = answers.at, .count = answers.count, .chunk = 1, .after_written = 1};
    CHECK(one_call(peer_options(&peer)).error == HOLDFAST_OK);
    peer_stop(&peer);
}

static void cut_everywhere(void) {
    start();
    answer_reservation(1);
    for (size_t kept = 0; kept < answers.count; kept++) {
        uint8_t *cut = exact_copy(answers.at, kept);
        peer.opened = 0;
        peer.scripts[0] = (struct script){.bytes = cut, .count = kept, .then_closes = true, .after_written = 1};
        struct holdfast_options options = peer_options(&peer);
        options.max_attempts = 1;
        struct holdfast_result result = one_call(options);
        CHECK(result.error == HOLDFAST_CONNECTION_LOST && result.status == HOLDFAST_STATUS_UNAVAILABLE);
        holdfast_result_clear(&result);
        free(cut);
    }
    peer_stop(&peer);
}

static void every_byte_changed(void) {
    start();
    answer_reservation(1);
    uint8_t *changed = exact_copy(answers.at, answers.count);
    struct holdfast_options options = peer_options(&peer);
    options.max_attempts = 1;
    options.max_answer_memory = 4096;
    options.initial_buffer_bytes = 512;
    options.max_frame_bytes = 1024;
    for (size_t i = 0; i < answers.count; i++) {
        for (int bit = 0; bit < 8; bit++) {
            struct holdfast_result result = HOLDFAST_RESULT_INIT;
            Holdfast__V1__ReserveRequest request = HOLDFAST__V1__RESERVE_REQUEST__INIT;
            Holdfast__V1__ReserveResponse *answer;
            changed[i] ^= (uint8_t)(1 << bit);
            peer.opened = 0;
            peer.scripts[0] = (struct script){
                .bytes = changed, .count = answers.count, .then_closes = true, .after_written = 1};
            holdfast_client *client = holdfast_client_new(&options, &result);
            enum holdfast_error error = holdfast_reserve(client, &request, NULL, &answer, &result);
            CHECK(
                error == HOLDFAST_OK || error == HOLDFAST_PROTOCOL || error == HOLDFAST_CONNECTION_LOST
                || error == HOLDFAST_TOO_LARGE || error == HOLDFAST_REFUSED);
            if (answer != NULL) holdfast_free(client, &answer->base);
            holdfast_client_free(client);
            holdfast_result_clear(&result);
            changed[i] ^= (uint8_t)(1 << bit);
        }
    }
    free(changed);
    peer_stop(&peer);
}

static void repeats_after_a_loss(void) {
    start();
    answer_reservation(3);
    peer.scripts[0] = (struct script){.then_closes = true, .after_written = 1};
    peer.scripts[1] = (struct script){.refuses = true};
    peer.scripts[2] = (struct script){.then_closes = true, .after_written = 1};
    peer.scripts[3] = (struct script){.bytes = answers.at, .count = answers.count, .after_written = 1};
    struct holdfast_options options = peer_options(&peer);
    options.key = "till-key";
    /* A session that is refused is no accident to be repeated. */
    struct holdfast_result result = one_call(options);
    CHECK(result.error == HOLDFAST_NOT_SECURE && result.attempts == 2 && peer.opened == 2);
    CHECK(strcmp(result.text, "the script refuses") == 0);
    peer.scripts[1] = peer.scripts[2];
    peer.opened = 0;
    options.max_attempts = 4;
    peer.scripts[2] = peer.scripts[3];
    result = one_call(options);
    CHECK(result.error == HOLDFAST_OK && result.attempts == 3);
    /* Each connection is told the key. */
    bool has_key = false;
    for (size_t i = 0; i + 8 <= peer.written_count; i++) has_key |= memcmp(peer.written + i, "till-key", 8) == 0;
    CHECK(has_key);
    peer_stop(&peer);
}

static void gives_up(void) {
    start();
    for (size_t i = 0; i < 3; i++) peer.scripts[i] = (struct script){.then_closes = true, .after_written = 1};
    struct holdfast_result result = one_call(peer_options(&peer));
    CHECK(result.error == HOLDFAST_CONNECTION_LOST && result.attempts == 3 && peer.opened == 3);
    peer.opened = 0;
    peer.scripts[0] = (struct script){0};
    struct holdfast_options options = peer_options(&peer);
    options.call_timeout_ms = 30;
    result = one_call(options);
    CHECK(result.error == HOLDFAST_TIMED_OUT && result.status == HOLDFAST_STATUS_DEADLINE_EXCEEDED);
    CHECK(result.attempts == 1);
    peer_stop(&peer);
    result = one_call(peer_options(&peer));
    CHECK(result.error == HOLDFAST_CANNOT_CONNECT && result.attempts == 3);
}

static void wrong_peers(void) {
    static const struct {
        const char *bytes;
        size_t count;
        enum holdfast_error error;
    } cases[] = {
        {"HTTP/1.1 400 Bad Request\r\n", 26, HOLDFAST_PROTOCOL},
        {"STRM\0\0\0\0\0\0\0\0", 12, HOLDFAST_PROTOCOL},
        {"PRPC\377\377\377\377\0\0\0\0", 12, HOLDFAST_TOO_LARGE},
        {"PRPC\0\0\0\1\0\0\0\2", 12, HOLDFAST_PROTOCOL},
        {"PRPC\0\0\0\0\0\0\0\0", 12, HOLDFAST_PROTOCOL},
        {"PRPC\0\0\0\1\0\0\0\1\377", 13, HOLDFAST_PROTOCOL},
        {"PRPC\0\0\0\6\0\0\0\6\022\0\040\001\050\001", 18, HOLDFAST_PROTOCOL},
        {"PRPC\0\0\0\012\0\0\0\012\022\0\040\001\130\001\142\002ab", 22, HOLDFAST_PROTOCOL},
        {"PRPC\0\0\0\6\0\0\0\6\022\0\040\001\030\002", 18, HOLDFAST_PROTOCOL},
        {"PRPC\0\0\0\7\0\0\0\4\022\0\040\001\012\005a", 19, HOLDFAST_PROTOCOL},
    };
    start();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        peer.opened = 0;
        peer.scripts[0] = (struct script){
            .bytes = (const uint8_t *)cases[i].bytes, .count = cases[i].count, .after_written = 1};
        struct holdfast_result result = one_call(peer_options(&peer));
        if (!CHECK(result.error == cases[i].error && result.attempts == 1)) printf("  number %zu: %s\n", i, result.text);
    }
    peer_stop(&peer);
}

static void memory_is_bounded(void) {
    start();
    message.count = 0;
    for (int i = 0; i < 50000; i++) add_field(&message, 1, NULL, 0);
    add_answer(&answers, 1, 0, NULL, NULL, message.at, message.count);
    peer.scripts[0] = (struct script){.bytes = answers.at, .count = answers.count, .after_written = 1};
    struct holdfast_options options = peer_options(&peer);
    options.max_answer_memory = 1 << 20;
    struct holdfast_result result = HOLDFAST_RESULT_INIT;
    holdfast_client *client = holdfast_client_new(&options, &result);
    Holdfast__V1__CheckAvailabilityRequest request = HOLDFAST__V1__CHECK_AVAILABILITY_REQUEST__INIT;
    Holdfast__V1__CheckAvailabilityResponse *answer;
    CHECK(holdfast_check_availability(client, &request, NULL, &answer, &result) == HOLDFAST_TOO_LARGE);
    CHECK(answer == NULL && holdfast_is_connected(client));
    holdfast_client_free(client);
    holdfast_result_clear(&result);
    peer_stop(&peer);
}

static char *encoded(const uint8_t *bytes, size_t count) {
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    static char text[4096];
    size_t at = 0;
    for (size_t i = 0; i < count; i += 3) {
        uint32_t bits = (uint32_t)bytes[i] << 16 | (i + 1 < count ? (uint32_t)bytes[i + 1] << 8 : 0)
            | (i + 2 < count ? bytes[i + 2] : 0);
        for (int j = 0; j < 4; j++) text[at++] = letters[bits >> (18 - 6 * j) & 63];
    }
    text[at - (3 - count % 3) % 3] = 0;
    return text;
}

static void add_detail(struct bytes *status, const char *type, const ProtobufCMessage *detail) {
    static struct bytes any, packed;
    any.count = 0;
    packed.count = protobuf_c_message_pack(detail, packed.at);
    add_field(&any, 1, type, strlen(type));
    add_field(&any, 2, packed.at, packed.count);
    add_field(status, 3, any.at, any.count);
}

static void details_are_read(void) {
    static struct bytes status, pair, extra;
    Holdfast__V1__StockShortage shortage = HOLDFAST__V1__STOCK_SHORTAGE__INIT;
    Holdfast__V1__StockShortage__Line line = HOLDFAST__V1__STOCK_SHORTAGE__LINE__INIT;
    Holdfast__V1__StockShortage__Line *lines[] = {&line};
    Google__Rpc__ErrorInfo info = GOOGLE__RPC__ERROR_INFO__INIT;
    Google__Rpc__RetryInfo retry = GOOGLE__RPC__RETRY_INFO__INIT;
    Google__Protobuf__Duration delay = GOOGLE__PROTOBUF__DURATION__INIT;
    start();
    line.sku = "APRON";
    line.wanted = 5;
    line.available = 4;
    shortage.lines = lines;
    shortage.n_lines = 1;
    info.reason = "STOCK_SHORTAGE";
    delay.nanos = 1500000;
    retry.retry_delay = &delay;
    status.count = pair.count = extra.count = 0;
    add_detail(&status, "type.googleapis.com/google.rpc.ErrorInfo", &info.base);
    add_detail(&status, "type.googleapis.com/google.rpc.RetryInfo", &retry.base);
    add_detail(&status, "type.googleapis.com/holdfast.v1.StockShortage", &shortage.base);
    add_detail(&status, "type.googleapis.com/holdfast.v1.StockShortage", &shortage.base);
    add_detail(&status, "type.googleapis.com/someone.else.Detail", &shortage.base);
    add_detail(&status, "google.rpc.BadRequest", &shortage.base);
    const char *text = encoded(status.at, status.count);
    add_field(&pair, 1, "grpc-status-details-bin", 23);
    add_field(&pair, 2, text, strlen(text));
    add_field(&extra, 9, pair.at, pair.count);
    add_answer(&answers, 1, 10009, "FAILED_PRECONDITION: short\x1b[2J \xc2\x9b", &extra, NULL, 0);
    peer.scripts[0] = (struct script){.bytes = answers.at, .count = answers.count, .after_written = 1};
    struct holdfast_result result = one_call(peer_options(&peer));
    CHECK(result.error == HOLDFAST_REFUSED && result.status == HOLDFAST_STATUS_FAILED_PRECONDITION);
    CHECK(strcmp(result.text, "FAILED_PRECONDITION: short [2J   ") == 0);
    CHECK(result.wire_code == 10009 && result.retry_after_ms == 2);
    CHECK(result.error_info != NULL && strcmp(result.error_info->reason, "STOCK_SHORTAGE") == 0);
    CHECK(result.bad_request == NULL && result.precondition_failure == NULL);
    if (CHECK(result.stock_shortage != NULL && result.stock_shortage->n_lines == 1)) {
        CHECK(result.stock_shortage->lines[0]->available == 4);
    }
    holdfast_result_clear(&result);
    holdfast_result_clear(&result);
    /* Details that are none leave the refusal as it is. */
    pair.count = extra.count = answers.count = 0;
    add_field(&pair, 1, "grpc-status-details-bin", 23);
    add_field(&pair, 2, "!!!!", 4);
    add_field(&extra, 9, pair.at, pair.count);
    add_answer(&answers, 1, 10005, NULL, &extra, NULL, 0);
    peer.opened = 0;
    peer.scripts[0] = (struct script){.bytes = answers.at, .count = answers.count, .after_written = 1};
    result = one_call(peer_options(&peer));
    CHECK(result.error == HOLDFAST_REFUSED && result.status == HOLDFAST_STATUS_NOT_FOUND && result.error_info == NULL);
    holdfast_result_clear(&result);
    peer_stop(&peer);
}

static void repeats_only_what_helps(void) {
    static const struct {
        int32_t code;
        uint32_t attempts;
    } cases[] = {{10014, 3}, {2003, 3}, {2004, 3}, {1011, 3}, {10009, 1}, {1004, 1}, {10004, 1},
                 {1008, 1},  {10013, 1}, {10008, 1}, {1002, 1}, {125, 1}};
    start();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        answers.count = 0;
        for (int64_t id = 1; id <= 3; id++) add_answer(&answers, id, cases[i].code, "no", NULL, NULL, 0);
        peer.opened = 0;
        size_t each = answers.count / 3;
        /* A server that stops is left, so each try has a connection of its own; else one is enough. */
        for (size_t j = 0; j < 3; j++) {
            peer.scripts[j] = (struct script){.bytes = answers.at, .count = answers.count, .per_request = each};
            if (cases[i].code == 2003) {
                peer.scripts[j] = (struct script){.bytes = answers.at + j * each, .count = each, .after_written = 1};
            }
        }
        struct holdfast_result result = one_call(peer_options(&peer));
        CHECK(result.error == HOLDFAST_REFUSED && result.wire_code == cases[i].code);
        CHECK(result.attempts == cases[i].attempts && peer.opened == (cases[i].code == 2003 ? 3 : 1));
        holdfast_result_clear(&result);
    }
    peer_stop(&peer);
}

static enum holdfast_error send_one(holdfast_client *client, uint64_t *id, struct holdfast_result *result) {
    Holdfast__V1__ReserveRequest request = HOLDFAST__V1__RESERVE_REQUEST__INIT;
    return holdfast_send(
        client, "holdfast.v1.ReservationService", "Reserve", &request.base, &holdfast__v1__reserve_response__descriptor,
        NULL, id, result);
}

static void pipelines(void) {
    start();
    answer_reservation(3);
    answer_reservation(77);
    answer_reservation(-1);
    add_answer(&answers, 1, 10005, "NOT_FOUND: no", NULL, NULL, 0);
    size_t until_first = answers.count;
    answer_reservation(2);
    CHECK(answers.count > until_first);
    peer.scripts[0] = (struct script){.bytes = answers.at, .count = answers.count};
    struct holdfast_options options = peer_options(&peer);
    options.max_pending = 3;
    struct holdfast_result result = HOLDFAST_RESULT_INIT;
    holdfast_client *client = holdfast_client_new(&options, &result);
    ProtobufCMessage *answer;
    uint64_t ids[3];
    uint64_t id = 0;
    CHECK(holdfast_receive(client, 0, &id, &answer, &result) == HOLDFAST_NOTHING_PENDING);
    /* Answers only come once all three are sent. */
    peer.scripts[0].after_written = SIZE_MAX;
    for (int i = 0; i < 3; i++) CHECK(send_one(client, &ids[i], &result) == HOLDFAST_OK && ids[i] == (uint64_t)i + 1);
    CHECK(send_one(client, &id, &result) == HOLDFAST_WINDOW_FULL && holdfast_pending(client) == 3);
    id = 0;
    CHECK(holdfast_receive(client, 0, &id, &answer, &result) == HOLDFAST_NOT_YET && id == 0);
    peer.scripts[0].after_written = 0;
    id = 2;
    CHECK(holdfast_receive(client, -1, &id, &answer, &result) == HOLDFAST_OK && answer != NULL);
    holdfast_free(client, answer);
    CHECK(holdfast_receive(client, -1, &id, &answer, &result) == HOLDFAST_NOTHING_PENDING);
    id = 0;
    CHECK(holdfast_receive(client, -1, &id, &answer, &result) == HOLDFAST_REFUSED && id == 1 && answer == NULL);
    id = 0;
    CHECK(holdfast_receive(client, -1, &id, &answer, &result) == HOLDFAST_OK && id == 3);
    holdfast_free(client, answer);
    CHECK(holdfast_pending(client) == 0);
    holdfast_client_free(client);
    holdfast_result_clear(&result);
    peer_stop(&peer);
}

static void a_loss_ends_every_call_once(void) {
    start();
    answer_reservation(2);
    peer.scripts[0] = (struct script){.bytes = answers.at, .count = answers.count, .then_closes = true, .after_written = SIZE_MAX};
    peer.scripts[1] = (struct script){0};
    struct holdfast_options options = peer_options(&peer);
    struct holdfast_result result = HOLDFAST_RESULT_INIT;
    holdfast_client *client = holdfast_client_new(&options, &result);
    ProtobufCMessage *answer;
    uint64_t id;
    for (int i = 0; i < 3; i++) CHECK(send_one(client, &id, &result) == HOLDFAST_OK);
    peer.scripts[0].after_written = 0;
    uint64_t seen = 0;
    for (int i = 0; i < 3; i++) {
        id = 0;
        enum holdfast_error error = holdfast_receive(client, -1, &id, &answer, &result);
        CHECK(error == (id == 2 ? HOLDFAST_OK : HOLDFAST_CONNECTION_LOST));
        seen |= 1u << id;
        holdfast_free(client, answer);
    }
    CHECK(seen == 14 && holdfast_pending(client) == 0 && !holdfast_is_connected(client));
    CHECK(send_one(client, &id, &result) == HOLDFAST_OK && id == 4 && holdfast_is_connected(client));
    holdfast_disconnect(client);
    CHECK(holdfast_receive(client, -1, &id, &answer, &result) == HOLDFAST_CONNECTION_LOST);
    CHECK(send_one(client, &id, &result) == HOLDFAST_OK);
    /* Freed with a call pending. */
    holdfast_client_free(client);
    holdfast_result_clear(&result);
    peer_stop(&peer);
}

static void arguments_are_checked(void) {
    struct holdfast_result result = HOLDFAST_RESULT_INIT;
    struct holdfast_options options;
    start();
    peer.scripts[0] = (struct script){0};
    options = peer_options(&peer);
    holdfast_client *client = holdfast_client_new(&options, &result);
    Holdfast__V1__ReserveRequest request = HOLDFAST__V1__RESERVE_REQUEST__INIT;
    Holdfast__V1__ReserveResponse *answer;
    CHECK(holdfast_reserve(client, NULL, NULL, &answer, &result) == HOLDFAST_INVALID_ARGUMENT);
    CHECK(holdfast_reserve(NULL, &request, NULL, &answer, &result) == HOLDFAST_INVALID_ARGUMENT);
    CHECK(holdfast_reserve(client, &request, NULL, NULL, NULL) == HOLDFAST_INVALID_ARGUMENT);
    struct holdfast_call_options late = {.timeout_ms = -1};
    CHECK(holdfast_reserve(client, &request, &late, &answer, &result) == HOLDFAST_INVALID_ARGUMENT);
    struct holdfast_field field = {"", "x"};
    struct holdfast_call_options fields = {.fields = &field, .field_count = 1};
    CHECK(holdfast_reserve(client, &request, &fields, &answer, &result) == HOLDFAST_INVALID_ARGUMENT);
    fields.field_count = HOLDFAST_MAX_FIELDS + 1;
    CHECK(holdfast_reserve(client, &request, &fields, &answer, &result) == HOLDFAST_INVALID_ARGUMENT);
    char *huge = malloc(2u << 20);
    if (huge == NULL) abort();
    memset(huge, 'x', (2u << 20) - 1);
    huge[(2u << 20) - 1] = 0;
    request.channel = huge;
    CHECK(holdfast_reserve(client, &request, NULL, &answer, &result) == HOLDFAST_TOO_LARGE && result.attempts == 1);
    free(huge);
    holdfast_client_free(client);
    options.host = "";
    CHECK(holdfast_client_new(&options, &result) == NULL && result.error == HOLDFAST_INVALID_ARGUMENT);
    options = peer_options(&peer);
    options.port = 0;
    CHECK(holdfast_client_new(&options, NULL) == NULL);
    options = peer_options(&peer);
    options.max_pending = 0;
    CHECK(holdfast_client_new(&options, &result) == NULL && strstr(result.text, "max_pending") != NULL);
    options = peer_options(&peer);
    options.connects_on_demand = false;
    client = holdfast_client_new(&options, &result);
    CHECK(reserve(client, &result) == HOLDFAST_NOT_CONNECTED);
    CHECK(holdfast_connect(client, &result) == HOLDFAST_OK && holdfast_is_connected(client));
    holdfast_client_free(client);
    holdfast_client_free(NULL);
    holdfast_result_clear(&result);
    peer_stop(&peer);
}

/* Memory that runs out at one allocation, and how much of it is in use. */
struct store {
    size_t left;
    size_t in_use;
};

static void *store_allocate(void *data, size_t count) {
    struct store *store = data;
    if (store->left == 0) return NULL;
    store->left -= 1;
    store->in_use += 1;
    return malloc(count);
}

static void store_free(void *data, void *bytes) {
    ((struct store *)data)->in_use -= 1;
    free(bytes);
}

static void memory_runs_out_anywhere(void) {
    start();
    answer_reservation(1);
    peer.scripts[0] = (struct script){.bytes = answers.at, .count = answers.count, .after_written = 1};
    bool is_done = false;
    for (size_t allowed = 0; allowed < 100 && !is_done; allowed++) {
        struct store store = {allowed, 0};
        ProtobufCAllocator allocator = {store_allocate, store_free, &store};
        struct holdfast_options options = peer_options(&peer);
        struct holdfast_result result = HOLDFAST_RESULT_INIT;
        options.allocator = &allocator;
        peer.opened = 0;
        holdfast_client *client = holdfast_client_new(&options, &result);
        enum holdfast_error error = client == NULL ? result.error : reserve(client, &result);
        is_done = error == HOLDFAST_OK;
        CHECK(is_done || error == HOLDFAST_NO_MEMORY);
        holdfast_client_free(client);
        holdfast_result_clear(&result);
        CHECK(store.in_use == 0);
    }
    CHECK(is_done);
    peer_stop(&peer);
}

static void ids_are_uuids(void) {
    char first[HOLDFAST_ID_BYTES];
    char second[HOLDFAST_ID_BYTES];
    CHECK(holdfast_make_id(first) && holdfast_make_id(second) && strcmp(first, second) != 0);
    CHECK(strlen(first) == 36 && first[8] == '-' && first[13] == '-' && first[14] == '7' && first[18] == '-');
    CHECK(strchr("89ab", first[19]) != NULL && first[23] == '-');
    CHECK(strspn(first, "0123456789abcdef-") == 36);
}

static void pauses_grow(void) {
    struct holdfast_options options;
    holdfast_options_init(&options, "127.0.0.1", 7411);
    holdfast_client *client = holdfast_client_new(&options, NULL);
    CHECK(holdfast_backoff_ms(client, 0) == 0);
    for (uint32_t i = 1; i < 100; i++) {
        int32_t most = i > 6 ? 5000 : 100 << (i - 1);
        int32_t pause = holdfast_backoff_ms(client, i);
        CHECK(pause >= most / 2 && pause <= most);
    }
    holdfast_client_free(client);
}

int main(void) {
    static const struct test tests[] = {
        {"an answer is read at every split of its bytes", every_split},
        {"an answer that is cut anywhere is a lost connection", cut_everywhere},
        {"an answer with any bit changed does no harm", every_byte_changed},
        {"a call is repeated after a loss, with the key on each connection", repeats_after_a_loss},
        {"a call ends after its tries and after its time", gives_up},
        {"peers that do not keep to the protocol are left", wrong_peers},
        {"an answer cannot take more memory than allowed", memory_is_bounded},
        {"the details of a refusal are decoded, its text is harmless", details_are_read},
        {"only what helps is repeated", repeats_only_what_helps},
        {"pipelined answers come in any order, unknown ones are dropped", pipelines},
        {"a lost connection ends every call once, and the next call opens another", a_loss_ends_every_call_once},
        {"arguments are checked", arguments_are_checked},
        {"memory may run out at any allocation", memory_runs_out_anywhere},
        {"ids are version 7 UUIDs", ids_are_uuids},
        {"pauses double up to their limit", pauses_grow},
    };
    return run_tests(tests, sizeof tests / sizeof tests[0]);
}
