/*
 * A till: it looks what is there, reserves, loses its connection, sells, and prints a receipt.
 *
 *     pos-terminal HOST PORT [options] SKU=QUANTITY@PRICE...
 *
 * Against a `make dev` server:
 *
 *     pos-terminal 127.0.0.1 7411 MUG-WHITE=2@4.95 APRON=1@12.50
 *
 * Options:
 *     --channel CODE        the channel that sells; TILLS by default
 *     --location CODE       the shop; HIGH-STREET by default
 *     --goods-in-hand       the customer holds the goods already: sold even where the books say there are none
 *     --reservation-id ID   a reservation of your own id; a fresh one by default
 *     --receipt NUMBER      the till's own number of the sale; the order's id by default
 *     --key-file FILE       first line is an API key or a token
 *     --tls                 TLS with the issuers that the system trusts
 *     --ca FILE             TLS with these issuers
 *     --server-name NAME    the name in the server's certificate, where it is not HOST
 *     --certificate FILE --key FILE    a certificate of the till's own
 *     --timeout SECONDS     for one call with its repeats; 20 by default
 *     --attempts COUNT      how often to try a call; 10 by default
 *     --wait                stop before reserving and before selling until a line comes on standard input
 *
 * Exit status: 0 sold, 4 refused for lack of stock, 1 anything else.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "holdfast_calls.h"
#ifdef POS_TERMINAL_TLS
#include "holdfast_openssl.h"
#endif

#define MAX_LINES 100

enum { SOLD = 0, FAILED = 1, SHORT_OF_STOCK = 4 };

struct sale_line {
    char *sku;
    int64_t quantity;
    int64_t price_units;
    int32_t price_nanos;
};

struct till {
    const char *host;
    uint16_t port;
    char *channel;
    char *location;
    bool goods_in_hand;
    bool waits;
    char reservation_id[HOLDFAST_ID_BYTES];
    char order_id[HOLDFAST_ID_BYTES];
    char *receipt_number;
    const char *key_file;
    bool is_secure;
    const char *ca_file;
    const char *server_name;
    const char *certificate_file;
    const char *certificate_key_file;
    int32_t timeout_seconds;
    uint32_t attempts;
    struct sale_line lines[MAX_LINES];
    size_t line_count;
    holdfast_client *client;
    struct holdfast_result result;
};

static int complain(const char *format, const char *subject) {
    fprintf(stderr, "pos-terminal: ");
    fprintf(stderr, format, subject);
    fprintf(stderr, "\n");
    return FAILED;
}

/* Says how a call failed: what the server said, and every detail that it gave. */
static int explain(const struct till *till, const char *what) {
    const struct holdfast_result *result = &till->result;
    printf(
        "%s: %s (%s, %" PRIu32 " tries)\n", what, result->error == HOLDFAST_REFUSED ? result->text
        : holdfast_error_name(result->error), holdfast_status_name(result->status), result->attempts);
    if (result->error != HOLDFAST_REFUSED && result->text[0] != 0) printf("  %s\n", result->text);
    if (result->error_info != NULL) printf("  reason %s\n", result->error_info->reason);
    if (result->bad_request != NULL) {
        for (size_t i = 0; i < result->bad_request->n_field_violations; i++) {
            const Google__Rpc__BadRequest__FieldViolation *each = result->bad_request->field_violations[i];
            printf("  %s: %s\n", each->field, each->description);
        }
    }
    if (result->stock_shortage == NULL) return FAILED;
    for (size_t i = 0; i < result->stock_shortage->n_lines; i++) {
        const Holdfast__V1__StockShortage__Line *each = result->stock_shortage->lines[i];
        printf(
            "  short: line %" PRId32 " %s wants %" PRId64 ", %" PRId64 " available\n", each->line_index + 1, each->sku,
            each->wanted, each->available);
    }
    return SHORT_OF_STOCK;
}

/* Reads a whole number at the beginning of text; `end` is what follows. */
static bool whole_number(const char *text, int64_t least, int64_t most, int64_t *number, char **end) {
    errno = 0;
    long long value = strtoll(text, end, 10);
    *number = value;
    return errno == 0 && *end != text && text[0] != '+' && text[0] != ' ' && value >= least && value <= most;
}

static bool option_number(const char *text, int64_t least, int64_t most, int64_t *number) {
    char *end;
    return whole_number(text, least, most, number, &end) && *end == 0;
}

/* SKU=QUANTITY@PRICE, the price with up to nine decimals. */
static bool add_line(struct till *till, char *text) {
    if (till->line_count == MAX_LINES) return false;
    struct sale_line *line = &till->lines[till->line_count];
    char *equals = strchr(text, '=');
    char *end;
    if (equals == NULL || equals == text) return false;
    if (!whole_number(equals + 1, 1, 1000000000, &line->quantity, &end) || *end != '@') return false;
    if (!whole_number(end + 1, 0, 1000000000, &line->price_units, &end)) return false;
    if (*end == '.') {
        int32_t weight = 100000000;
        for (end += 1; *end >= '0' && *end <= '9'; end++, weight /= 10) line->price_nanos += (*end - '0') * weight;
    }
    if (*end != 0) return false;
    *equals = 0;
    line->sku = text;
    till->line_count += 1;
    return true;
}

static bool take_option(struct till *till, const char *name, char *value, bool *is_known) {
    int64_t number;
    *is_known = true;
    if (strcmp(name, "--channel") == 0) till->channel = value;
    else if (strcmp(name, "--location") == 0) till->location = value;
    else if (strcmp(name, "--receipt") == 0) till->receipt_number = value;
    else if (strcmp(name, "--key-file") == 0) till->key_file = value;
    else if (strcmp(name, "--ca") == 0) till->ca_file = value;
    else if (strcmp(name, "--server-name") == 0) till->server_name = value;
    else if (strcmp(name, "--certificate") == 0) till->certificate_file = value;
    else if (strcmp(name, "--key") == 0) till->certificate_key_file = value;
    else if (strcmp(name, "--reservation-id") == 0) {
        if (strlen(value) != HOLDFAST_ID_BYTES - 1) return false;
        memcpy(till->reservation_id, value, HOLDFAST_ID_BYTES);
    } else if (strcmp(name, "--timeout") == 0) {
        if (!option_number(value, 1, 600, &number)) return false;
        till->timeout_seconds = (int32_t)number;
    } else if (strcmp(name, "--attempts") == 0) {
        if (!option_number(value, 1, 1000, &number)) return false;
        till->attempts = (uint32_t)number;
    } else {
        *is_known = false;
        return false;
    }
    return true;
}

static int read_arguments(struct till *till, int count, char **arguments) {
    int64_t port;
    if (count < 4) return complain("usage: %s HOST PORT [options] SKU=QUANTITY@PRICE...", arguments[0]);
    till->host = arguments[1];
    if (!option_number(arguments[2], 1, 65535, &port)) return complain("%s is no port", arguments[2]);
    till->port = (uint16_t)port;
    for (int i = 3; i < count; i++) {
        char *each = arguments[i];
        bool is_known = true;
        if (strcmp(each, "--goods-in-hand") == 0) till->goods_in_hand = true;
        else if (strcmp(each, "--wait") == 0) till->waits = true;
        else if (strcmp(each, "--tls") == 0) till->is_secure = true;
        else if (strncmp(each, "--", 2) != 0) {
            if (!add_line(till, each)) return complain("%s is not SKU=QUANTITY@PRICE", each);
        } else if (i + 1 == count) return complain("%s needs a value", each);
        else if (!take_option(till, each, arguments[i + 1], &is_known)) {
            return complain(is_known ? "the value of %s cannot be used" : "%s is no option", each);
        } else i += 1;
    }
    if (till->line_count == 0) return complain("%s", "there is nothing to sell");
    till->is_secure = till->is_secure || till->ca_file != NULL || till->certificate_file != NULL;
    if (till->reservation_id[0] == 0 && !holdfast_make_id(till->reservation_id)) return complain("%s", "no random numbers");
    if (!holdfast_make_id(till->order_id)) return complain("%s", "no random numbers");
    if (till->receipt_number == NULL) till->receipt_number = till->order_id;
    return 0;
}

/* Reads the first line of a file. */
static bool read_key(const char *path, char *key, size_t key_bytes) {
    FILE *file = fopen(path, "r");
    if (file == NULL) return false;
    bool is_read = fgets(key, (int)key_bytes, file) != NULL;
    fclose(file);
    if (is_read) key[strcspn(key, "\r\n")] = 0;
    return is_read && key[0] != 0;
}

/* Says that something is about to happen, and waits for a line where that was asked for. */
static void announce(const struct till *till, const char *what) {
    printf("%s\n", what);
    fflush(stdout);
    if (!till->waits) return;
    for (int byte = getchar(); byte != '\n' && byte != EOF; byte = getchar()) continue;
}

static int check_stock(struct till *till) {
    Holdfast__V1__CheckAvailabilityRequest request = HOLDFAST__V1__CHECK_AVAILABILITY_REQUEST__INIT;
    Holdfast__V1__CheckAvailabilityRequest__Item items[MAX_LINES];
    Holdfast__V1__CheckAvailabilityRequest__Item *pointers[MAX_LINES];
    for (size_t i = 0; i < till->line_count; i++) {
        holdfast__v1__check_availability_request__item__init(&items[i]);
        items[i].sku = till->lines[i].sku;
        items[i].location = till->location;
        items[i].quantity = till->lines[i].quantity;
        pointers[i] = &items[i];
    }
    request.items = pointers;
    request.n_items = till->line_count;
    Holdfast__V1__CheckAvailabilityResponse *answer;
    if (holdfast_check_availability(till->client, &request, NULL, &answer, &till->result) != HOLDFAST_OK) {
        return explain(till, "stock");
    }
    for (size_t i = 0; i < answer->n_items && i < till->line_count; i++) {
        printf(
            "stock: %s %" PRId64 " at %s, %s\n", till->lines[i].sku, answer->items[i]->available, till->location,
            answer->items[i]->sufficient ? "enough" : "not enough");
    }
    holdfast_free(till->client, &answer->base);
    return 0;
}

/* Reserves, or asks for the answer of a reservation that was made: with the same id it is the same call. */
static int reserve(struct till *till, Holdfast__V1__ReserveResponse **answer) {
    Holdfast__V1__ReserveRequest request = HOLDFAST__V1__RESERVE_REQUEST__INIT;
    Google__Protobuf__Duration ttl = GOOGLE__PROTOBUF__DURATION__INIT;
    Holdfast__V1__ReserveRequest__Line lines[MAX_LINES];
    Holdfast__V1__ReserveRequest__Line *pointers[MAX_LINES];
    for (size_t i = 0; i < till->line_count; i++) {
        holdfast__v1__reserve_request__line__init(&lines[i]);
        lines[i].sku = till->lines[i].sku;
        lines[i].location = till->location;
        lines[i].quantity = till->lines[i].quantity;
        pointers[i] = &lines[i];
    }
    ttl.seconds = 300;
    request.reservation_id = till->reservation_id;
    request.channel = till->channel;
    request.lines = pointers;
    request.n_lines = till->line_count;
    request.ttl = &ttl;
    if (holdfast_reserve(till->client, &request, NULL, answer, &till->result) != HOLDFAST_OK) {
        return explain(till, "reserve");
    }
    return 0;
}

/* Whether two answers are the same, byte by byte. */
static bool is_same(const ProtobufCMessage *one, const ProtobufCMessage *other) {
    size_t bytes = protobuf_c_message_get_packed_size(one);
    if (bytes != protobuf_c_message_get_packed_size(other)) return false;
    uint8_t *packed = malloc(2 * bytes + 1);
    if (packed == NULL) return false;
    protobuf_c_message_pack(one, packed);
    protobuf_c_message_pack(other, packed + bytes);
    bool same = memcmp(packed, packed + bytes, bytes) == 0;
    free(packed);
    return same;
}

/* Holds the goods, loses the connection, and asks again with the same id: nothing is held twice. */
static int hold(struct till *till) {
    Holdfast__V1__ReserveResponse *first;
    announce(till, "reserving");
    int status = reserve(till, &first);
    if (status != 0) return status;
    printf(
        "reserved: %s until %" PRId64 " (%" PRIu32 " tries)\n", first->reservation->reservation_id,
        first->reservation->expires_at->seconds, till->result.attempts);
    holdfast_disconnect(till->client);
    Holdfast__V1__ReserveResponse *again;
    status = reserve(till, &again);
    if (status == 0) {
        bool same = is_same(&first->base, &again->base);
        printf("reconnected: the same reservation gives %s\n", same ? "the same answer" : "ANOTHER ANSWER");
        status = same ? 0 : FAILED;
        holdfast_free(till->client, &again->base);
    }
    holdfast_free(till->client, &first->base);
    return status;
}

static void print_amount(const char *label, const Holdfast__V1__Money *money) {
    /* Two decimals: what the till's currency has. */
    if (money == NULL) return;
    printf(
        "  %-24s %8" PRId64 ".%02" PRId64 " %s\n", label, money->amount_minor / 100, money->amount_minor % 100,
        money->currency_code);
}

static int print_receipt(struct till *till) {
    Holdfast__V1__GetOrderRequest request = HOLDFAST__V1__GET_ORDER_REQUEST__INIT;
    request.order_id = till->order_id;
    Holdfast__V1__GetOrderResponse *answer;
    if (holdfast_get_order(till->client, &request, NULL, &answer, &till->result) != HOLDFAST_OK) {
        return explain(till, "receipt");
    }
    const Holdfast__V1__Order *order = answer->order;
    printf("receipt %s\n", order->external_id);
    for (size_t i = 0; i < order->n_lines; i++) {
        char label[64];
        const Holdfast__V1__OrderLine *line = order->lines[i];
        const char *name = line->description[0] != 0 ? line->description : line->sku;
        snprintf(label, sizeof label, "%" PRId64 " x %s", line->quantity, name);
        print_amount(label, line->amount);
    }
    print_amount("total", order->total);
    holdfast_free(till->client, &answer->base);
    return 0;
}

static int sell(struct till *till) {
    Holdfast__V1__PlaceOrderRequest request = HOLDFAST__V1__PLACE_ORDER_REQUEST__INIT;
    Holdfast__V1__PlaceOrderRequest__Line lines[MAX_LINES];
    Holdfast__V1__PlaceOrderRequest__Line *pointers[MAX_LINES];
    Holdfast__V1__UnitPrice prices[MAX_LINES];
    for (size_t i = 0; i < till->line_count; i++) {
        holdfast__v1__place_order_request__line__init(&lines[i]);
        holdfast__v1__unit_price__init(&prices[i]);
        prices[i].currency_code = "GBP";
        prices[i].units = till->lines[i].price_units;
        prices[i].nanos = till->lines[i].price_nanos;
        lines[i].sku = till->lines[i].sku;
        lines[i].location = till->location;
        lines[i].quantity = till->lines[i].quantity;
        lines[i].unit_price = &prices[i];
        pointers[i] = &lines[i];
    }
    request.order_id = till->order_id;
    request.channel = till->channel;
    request.external_id = till->receipt_number;
    if (!till->goods_in_hand) request.reservation_id = till->reservation_id;
    request.lines = pointers;
    request.n_lines = till->line_count;
    request.goods_in_hand = till->goods_in_hand;
    Holdfast__V1__PlaceOrderResponse *answer;
    announce(till, "selling");
    if (holdfast_place_order(till->client, &request, NULL, &answer, &till->result) != HOLDFAST_OK) {
        return explain(till, "sell");
    }
    printf("sold: %s (%" PRIu32 " tries)\n", answer->order_id, till->result.attempts);
    if (answer->shortage > 0) printf("  %" PRId64 " units more than the books had: please count\n", answer->shortage);
    holdfast_free(till->client, &answer->base);
    return print_receipt(till);
}

static int trade(struct till *till) {
    Grpc__Health__V1__HealthCheckRequest question = GRPC__HEALTH__V1__HEALTH_CHECK_REQUEST__INIT;
    Grpc__Health__V1__HealthCheckResponse *health;
    if (holdfast_check_health(till->client, &question, NULL, &health, &till->result) != HOLDFAST_OK) {
        return explain(till, "health");
    }
    bool serves = health->status == GRPC__HEALTH__V1__HEALTH_CHECK_RESPONSE__SERVING_STATUS__SERVING;
    printf("health: %s\n", serves ? "serving" : "not serving");
    holdfast_free(till->client, &health->base);
    int status = check_stock(till);
    if (status == 0 && !till->goods_in_hand) status = hold(till);
    return status == 0 ? sell(till) : status;
}

static int open_and_trade(struct till *till, const struct holdfast_io *io) {
    char key[HOLDFAST_MAX_KEY_BYTES];
    struct holdfast_options options;
    holdfast_options_init(&options, till->host, till->port);
    options.call_timeout_ms = till->timeout_seconds * 1000;
    options.max_attempts = till->attempts;
    options.max_backoff_ms = 1000;
    options.io = io;
    if (till->key_file != NULL) {
        if (!read_key(till->key_file, key, sizeof key)) return complain("no key in %s", till->key_file);
        options.key = key;
    }
    till->client = holdfast_client_new(&options, &till->result);
    if (till->client == NULL) return explain(till, "start");
    int status = trade(till);
    holdfast_client_free(till->client);
    holdfast_result_clear(&till->result);
    return status;
}

int main(int count, char **arguments) {
    struct till till = {
        .channel = "TILLS", .location = "HIGH-STREET", .timeout_seconds = 20, .attempts = 10,
        .result = HOLDFAST_RESULT_INIT};
    if (read_arguments(&till, count, arguments) != 0) return FAILED;
    if (!till.is_secure) return open_and_trade(&till, NULL);
#ifdef POS_TERMINAL_TLS
    char text[256] = "";
    struct holdfast_tls_options security = {
        till.ca_file, till.certificate_file, till.certificate_key_file, till.server_name};
    holdfast_tls *tls = holdfast_tls_new(&security, text, sizeof text);
    if (tls == NULL) return complain("TLS: %s", text);
    int status = open_and_trade(&till, holdfast_tls_io(tls));
    holdfast_tls_free(tls);
    return status;
#else
    return complain("%s", "this program was built without TLS");
#endif
}
