/**
 * The calls that a till needs, with their own types, and the messages of every service.
 *
 * Each is holdfast_call with the names filled in: it waits, repeats what is safe to repeat, and fills the result.
 * `options` and `result` may be NULL. On success `*answer` is the answer, otherwise NULL; free it with
 * holdfast_free(client, &answer->base). Every other method of Protos/ goes through holdfast_call itself.
 *
 * Messages are initialised with their INIT macro, such as HOLDFAST__V1__RESERVE_REQUEST__INIT. Texts in them are UTF-8
 * and end at the first zero byte; the library neither checks nor changes them.
 */
#ifndef HOLDFAST_CALLS_H
#define HOLDFAST_CALLS_H

#include "google/protobuf/any.pb-c.h"
#include "google/protobuf/duration.pb-c.h"
#include "google/protobuf/timestamp.pb-c.h"
#include "google/rpc/error_details.pb-c.h"
#include "google/rpc/status.pb-c.h"
#include "grpc/health/v1/health.pb-c.h"
#include "holdfast.h"
#include "holdfast/transport/v1/control.pb-c.h"
#include "holdfast/v1/access.pb-c.h"
#include "holdfast/v1/availability.pb-c.h"
#include "holdfast/v1/catalog.pb-c.h"
#include "holdfast/v1/inventory.pb-c.h"
#include "holdfast/v1/money.pb-c.h"
#include "holdfast/v1/operations.pb-c.h"
#include "holdfast/v1/order.pb-c.h"
#include "holdfast/v1/reservation.pb-c.h"
#include "holdfast/v1/shortage.pb-c.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Asks what is available to promise. Informs only: reserving or placing an order decides. */
enum holdfast_error holdfast_check_availability(
    holdfast_client *client, const Holdfast__V1__CheckAvailabilityRequest *request,
    const struct holdfast_call_options *options, Holdfast__V1__CheckAvailabilityResponse **answer,
    struct holdfast_result *result);

/** Holds every line or none for a time. A shortage is in the result's stock_shortage. */
enum holdfast_error holdfast_reserve(
    holdfast_client *client, const Holdfast__V1__ReserveRequest *request,
    const struct holdfast_call_options *options, Holdfast__V1__ReserveResponse **answer,
    struct holdfast_result *result);

/** Moves the expiry of a live reservation. */
enum holdfast_error holdfast_extend_reservation(
    holdfast_client *client, const Holdfast__V1__ExtendReservationRequest *request,
    const struct holdfast_call_options *options, Holdfast__V1__ExtendReservationResponse **answer,
    struct holdfast_result *result);

/** Gives the units of a reservation back. */
enum holdfast_error holdfast_release_reservation(
    holdfast_client *client, const Holdfast__V1__ReleaseReservationRequest *request,
    const struct holdfast_call_options *options, Holdfast__V1__ReleaseReservationResponse **answer,
    struct holdfast_result *result);

/** Returns one reservation. */
enum holdfast_error holdfast_get_reservation(
    holdfast_client *client, const Holdfast__V1__GetReservationRequest *request,
    const struct holdfast_call_options *options, Holdfast__V1__GetReservationResponse **answer,
    struct holdfast_result *result);

/** Captures an order with its stock, all lines or none. A shortage is in the result's stock_shortage. */
enum holdfast_error holdfast_place_order(
    holdfast_client *client, const Holdfast__V1__PlaceOrderRequest *request,
    const struct holdfast_call_options *options, Holdfast__V1__PlaceOrderResponse **answer,
    struct holdfast_result *result);

/** Returns one order by its id, or by channel and external id. */
enum holdfast_error holdfast_get_order(
    holdfast_client *client, const Holdfast__V1__GetOrderRequest *request,
    const struct holdfast_call_options *options, Holdfast__V1__GetOrderResponse **answer,
    struct holdfast_result *result);

/** Cancels open units of an order, whole or by line. */
enum holdfast_error holdfast_cancel_order(
    holdfast_client *client, const Holdfast__V1__CancelOrderRequest *request,
    const struct holdfast_call_options *options, Holdfast__V1__CancelOrderResponse **answer,
    struct holdfast_result *result);

/** Asks whether a service takes calls; an empty name asks for the server as a whole. */
enum holdfast_error holdfast_check_health(
    holdfast_client *client, const Grpc__Health__V1__HealthCheckRequest *request,
    const struct holdfast_call_options *options, Grpc__Health__V1__HealthCheckResponse **answer,
    struct holdfast_result *result);

#ifdef __cplusplus
}
#endif

#endif
