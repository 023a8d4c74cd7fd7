#!/usr/bin/env python3
"""Reserves stock and places an order from the reservation, over gRPC.

    reserve_and_place.py HOST:PORT CHANNEL LOCATION SKU QUANTITY

The API key is taken from HOLDFAST_API_KEY; HOLDFAST_CA names the file of the issuers to trust, which switches TLS on.
How to generate the modules is told in docs/clients/python.md.
"""

import os
import sys
import time
import uuid

import grpc
from google.rpc import error_details_pb2, status_pb2
from holdfast.v1 import (
    order_pb2,
    order_pb2_grpc,
    reservation_pb2,
    reservation_pb2_grpc,
    shortage_pb2,
)

DETAILS = (
    error_details_pb2.ErrorInfo,
    error_details_pb2.BadRequest,
    error_details_pb2.PreconditionFailure,
    error_details_pb2.RetryInfo,
    shortage_pb2.StockShortage,
)
# Repeating helps after these, and is safe because the request carries its own id.
REPEATED = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)


def open_channel(address):
    ca = os.environ.get("HOLDFAST_CA")
    if not ca:
        return grpc.insecure_channel(address)
    with open(ca, "rb") as file:
        return grpc.secure_channel(address, grpc.ssl_channel_credentials(file.read()))


def metadata():
    key = os.environ.get("HOLDFAST_API_KEY")
    return [("authorization", f"Bearer {key}")] if key else []


def details(error):
    """The typed details of a refusal."""
    for key, value in error.trailing_metadata() or ():
        if key != "grpc-status-details-bin":
            continue
        for packed in status_pb2.Status.FromString(value).details:
            for kind in DETAILS:
                if packed.Is(kind.DESCRIPTOR):
                    found = kind()
                    packed.Unpack(found)
                    yield found


def call(method, request, seconds=5, tries=4):
    """Calls with a deadline; repeats the same request, and so the same id, where the outcome is not known."""
    for attempt in range(1, tries + 1):
        try:
            return method(request, timeout=seconds, metadata=metadata())
        except grpc.RpcError as error:
            if error.code() not in REPEATED or attempt == tries:
                raise
            time.sleep(min(0.1 * 2**attempt, 2))


def explain(error):
    """Prints what a refusal says."""
    print(f"refused: {error.code().name}: {error.details()}")
    for detail in details(error):
        if isinstance(detail, shortage_pb2.StockShortage):
            for line in detail.lines:
                print(f"  short: {line.sku} wants {line.wanted}, {line.available} available")
        elif isinstance(detail, error_details_pb2.BadRequest):
            for violation in detail.field_violations:
                print(f"  {violation.field}: {violation.description}")
        elif isinstance(detail, error_details_pb2.ErrorInfo):
            print(f"  reason {detail.reason}")


def main():
    address, channel_code, location, sku, quantity = sys.argv[1:6]
    with open_channel(address) as channel:
        reservations = reservation_pb2_grpc.ReservationServiceStub(channel)
        orders = order_pb2_grpc.OrderServiceStub(channel)

        hold = reservation_pb2.ReserveRequest(reservation_id=str(uuid.uuid4()), channel=channel_code)
        hold.lines.add(sku=sku, location=location, quantity=int(quantity))
        hold.ttl.seconds = 600
        held = call(reservations.Reserve, hold).reservation
        print(f"reserved: {held.reservation_id}")

        order = order_pb2.PlaceOrderRequest(
            order_id=str(uuid.uuid4()), channel=channel_code, reservation_id=held.reservation_id
        )
        order.external_id = order.order_id
        line = order.lines.add(sku=sku, location=location, quantity=int(quantity))
        line.unit_price.currency_code, line.unit_price.units, line.unit_price.nanos = "GBP", 4, 950_000_000
        placed = call(orders.PlaceOrder, order)
        print(f"placed: {placed.order_id}, {placed.total.amount_minor} minor units of {placed.total.currency_code}")


if __name__ == "__main__":
    try:
        main()
    except grpc.RpcError as error:
        explain(error)
        sys.exit(4)
