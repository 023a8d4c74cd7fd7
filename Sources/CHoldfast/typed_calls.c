#include "holdfast_calls.h"

/* One typed call. The answer is of the type whose descriptor is passed, so its struct begins with the message. */
#define CALL(function, service, method, request_type, answer_type, answer_descriptor)                                  \
    enum holdfast_error function(                                                                                      \
        holdfast_client *client, const request_type *request, const struct holdfast_call_options *options,             \
        answer_type **answer, struct holdfast_result *result) {                                                        \
        ProtobufCMessage *message = NULL;                                                                              \
        enum holdfast_error error = holdfast_call(                                                                     \
            client, service, method, request == NULL ? NULL : &request->base, &answer_descriptor, options,             \
            answer == NULL ? NULL : &message, result);                                                                 \
        if (answer != NULL) *answer = (answer_type *)(void *)message;                                                  \
        return error;                                                                                                  \
    }

CALL(
    holdfast_check_availability, "holdfast.v1.AvailabilityService", "CheckAvailability", Holdfast__V1__CheckAvailabilityRequest,
    Holdfast__V1__CheckAvailabilityResponse, holdfast__v1__check_availability_response__descriptor)
CALL(
    holdfast_reserve, "holdfast.v1.ReservationService", "Reserve", Holdfast__V1__ReserveRequest,
    Holdfast__V1__ReserveResponse, holdfast__v1__reserve_response__descriptor)
CALL(
    holdfast_extend_reservation, "holdfast.v1.ReservationService", "ExtendReservation", Holdfast__V1__ExtendReservationRequest,
    Holdfast__V1__ExtendReservationResponse, holdfast__v1__extend_reservation_response__descriptor)
CALL(
    holdfast_release_reservation, "holdfast.v1.ReservationService", "ReleaseReservation", Holdfast__V1__ReleaseReservationRequest,
    Holdfast__V1__ReleaseReservationResponse, holdfast__v1__release_reservation_response__descriptor)
CALL(
    holdfast_get_reservation, "holdfast.v1.ReservationService", "GetReservation", Holdfast__V1__GetReservationRequest,
    Holdfast__V1__GetReservationResponse, holdfast__v1__get_reservation_response__descriptor)
CALL(
    holdfast_place_order, "holdfast.v1.OrderService", "PlaceOrder", Holdfast__V1__PlaceOrderRequest,
    Holdfast__V1__PlaceOrderResponse, holdfast__v1__place_order_response__descriptor)
CALL(
    holdfast_get_order, "holdfast.v1.OrderService", "GetOrder", Holdfast__V1__GetOrderRequest,
    Holdfast__V1__GetOrderResponse, holdfast__v1__get_order_response__descriptor)
CALL(
    holdfast_cancel_order, "holdfast.v1.OrderService", "CancelOrder", Holdfast__V1__CancelOrderRequest,
    Holdfast__V1__CancelOrderResponse, holdfast__v1__cancel_order_response__descriptor)
CALL(
    holdfast_check_health, "grpc.health.v1.Health", "Check", Grpc__Health__V1__HealthCheckRequest,
    Grpc__Health__V1__HealthCheckResponse, grpc__health__v1__health_check_response__descriptor)
