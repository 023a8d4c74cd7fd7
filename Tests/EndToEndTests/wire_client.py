#!/usr/bin/env python3
"""A foreign client: plain sockets, protobuf, and what docs/wire.md says about the frames. Nothing of Holdfast's code.

    wire_client.py PORT PROTO_MODULES_DIRECTORY

Drives catalogue -> receive -> check -> reserve -> place -> cancel, each answer checked, then what must be refused.
Prints one line per step and ends with `ok`; any difference ends it with an error.
"""

import base64
import socket
import struct
import sys
import uuid

port, modules = int(sys.argv[1]), sys.argv[2]
sys.path.insert(0, modules)

import rpc_meta_pb2 as wire  # noqa: E402  (made from rpc_meta.proto, beside this file)
from google.rpc import error_details_pb2, status_pb2  # noqa: E402
from grpc.health.v1 import health_pb2  # noqa: E402
from holdfast.v1 import (  # noqa: E402
    availability_pb2,
    catalog_pb2,
    inventory_pb2,
    operations_pb2,
    order_pb2,
    reservation_pb2,
    shortage_pb2,
)


class Refused(Exception):
    def __init__(self, code, text, details):
        super().__init__(f"{code} {text}")
        self.code, self.text, self.details = code, text, details

    def detail(self, kind):
        for packed in self.details:
            if packed.Is(kind.DESCRIPTOR):
                found = kind()
                packed.Unpack(found)
                return found
        return None


class Connection:
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self.next_id = -3  # ids are opaque: negative ones are legal

    def send(self, service, method, message, timeout_ms=20000, correlation_id=None):
        if correlation_id is None:
            correlation_id, self.next_id = self.next_id, self.next_id + 1
        meta = wire.RpcMeta(correlation_id=correlation_id, compress_type=0)
        meta.request.service_name, meta.request.method_name = service, method
        meta.request.timeout_ms = timeout_ms
        head, body = meta.SerializeToString(), message.SerializeToString()
        self.socket.sendall(b"PRPC" + struct.pack(">II", len(head) + len(body), len(head)) + head + body)
        return correlation_id

    def exactly(self, count):
        parts = b""
        while len(parts) < count:
            part = self.socket.recv(count - len(parts))
            if not part:
                raise EOFError("the server closed the connection")
            parts += part
        return parts

    def receive(self):
        magic, body_size, meta_size = struct.unpack(">4sII", self.exactly(12))
        assert magic == b"PRPC", magic
        body = self.exactly(body_size)
        meta = wire.RpcMeta.FromString(body[:meta_size])
        assert meta.HasField("response") and meta.response.HasField("error_code")
        assert meta.HasField("compress_type") and meta.HasField("correlation_id")
        return meta, body[meta_size:]

    def call(self, service, method, message, answer):
        correlation_id = self.send(service, method, message)
        meta, body = self.receive()
        assert meta.correlation_id == correlation_id
        if meta.response.error_code:
            details = []
            packed = meta.user_fields.get("grpc-status-details-bin")
            if packed:
                status = status_pb2.Status.FromString(base64.b64decode(packed + "=" * (-len(packed) % 4)))
                assert 10000 + status.code == meta.response.error_code
                details = status.details
            raise Refused(meta.response.error_code, meta.response.error_text, details)
        return answer.FromString(body)


def step(text):
    print(text, flush=True)


def refusal(code, function, *arguments):
    try:
        function(*arguments)
    except Refused as refused:
        assert refused.code == code, f"expected {code}, got {refused}"
        return refused
    raise AssertionError(f"expected {code}, got success")


def main():
    connection = Connection(port)
    new = lambda: str(uuid.uuid4())
    tag = uuid.uuid4().hex[:8]
    sku, postage, place, shop = f"PY-{tag}", f"POST-{tag}", f"LOC-{tag}", f"SHOP-{tag}"

    health = connection.call("grpc.health.v1.Health", "Check", health_pb2.HealthCheckRequest(), health_pb2.HealthCheckResponse)
    assert health.status == health_pb2.HealthCheckResponse.SERVING
    step("health SERVING")

    catalog = lambda method, request, answer: connection.call("holdfast.v1.CatalogService", method, request, answer)
    done = catalog(
        "UpsertProducts",
        catalog_pb2.UpsertProductsRequest(
            request_id=new(),
            products=[
                catalog_pb2.Product(sku=sku, name="Café crème mug", barcode="4006381333931", tracked=True),
                catalog_pb2.Product(sku=postage, name="Postage"),
            ],
        ),
        catalog_pb2.UpsertProductsResponse,
    )
    assert (done.created, done.updated, done.unchanged) == (2, 0, 0)
    catalog("UpsertLocations", catalog_pb2.UpsertLocationsRequest(request_id=new(), locations=[catalog_pb2.Location(code=place, name="Main")]), catalog_pb2.UpsertLocationsResponse)
    catalog("UpsertChannels", catalog_pb2.UpsertChannelsRequest(request_id=new(), channels=[catalog_pb2.Channel(code=shop, name="Shop", currency_code="GBP")]), catalog_pb2.UpsertChannelsResponse)
    step("catalogue loaded")

    received = connection.call(
        "holdfast.v1.InventoryService", "ReceiveStock",
        inventory_pb2.ReceiveStockRequest(movement_id=new(), lines=[inventory_pb2.StockLine(sku=sku, location=place, quantity=10)]),
        inventory_pb2.ReceiveStockResponse)
    assert received.levels[0].on_hand == 10
    step("received 10")

    def available(consistency=availability_pb2.CONSISTENCY_FRESH):
        request = availability_pb2.CheckAvailabilityRequest(consistency=consistency)
        request.items.add(sku=sku, location=place, quantity=4)
        request.items.add(sku=sku, quantity=11)
        answer = connection.call("holdfast.v1.AvailabilityService", "CheckAvailability", request, availability_pb2.CheckAvailabilityResponse)
        assert answer.items[0].available == answer.items[1].available
        return answer.items[0].available

    assert available() == 10
    step("available 10")

    reserve = reservation_pb2.ReserveRequest(reservation_id=new(), channel=shop)
    reserve.lines.add(sku=sku, location=place, quantity=3)
    reserve.lines.add(sku=sku, quantity=1)
    reserve.ttl.seconds = 600
    ask = lambda request: connection.call("holdfast.v1.ReservationService", "Reserve", request, reservation_pb2.ReserveResponse)
    first = ask(reserve)
    assert first.reservation.state == reservation_pb2.RESERVATION_STATE_HELD
    assert first.reservation.lines[1].allocations[0].location == place
    assert ask(reserve).SerializeToString() == first.SerializeToString()
    assert available() == 6
    step("reserved 4, repeated without effect, available 6")

    other = reservation_pb2.ReserveRequest()
    other.CopyFrom(reserve)
    other.lines[0].quantity = 2
    refused = refusal(10006, ask, other)
    assert "lines" in refused.text, refused.text
    greedy = reservation_pb2.ReserveRequest(reservation_id=new(), channel=shop)
    greedy.lines.add(sku=sku, location=place, quantity=7)
    short = refusal(10009, ask, greedy).detail(shortage_pb2.StockShortage)
    assert [(line.sku, line.wanted, line.available) for line in short.lines] == [(sku, 7, 6)]
    unknown = reservation_pb2.ReserveRequest(reservation_id="not-a-uuid", channel=shop)
    unknown.lines.add(sku=sku, location=place, quantity=0)
    fields = {v.field for v in refusal(10003, ask, unknown).detail(error_details_pb2.BadRequest).field_violations}
    assert {"reservation_id", "lines[0].quantity"} <= fields, fields
    step("refused: other body, shortage, bad fields")

    order = order_pb2.PlaceOrderRequest(order_id=new(), channel=shop, external_id=f"W-{tag}", reservation_id=reserve.reservation_id)
    order.customer.customer_id = "C-1"
    line = order.lines.add(sku=sku, location=place, quantity=5)
    line.unit_price.currency_code, line.unit_price.units, line.unit_price.nanos = "GBP", 2, 550000000
    line = order.lines.add(sku=postage, quantity=1)
    line.unit_price.currency_code, line.unit_price.units = "GBP", 3
    place_order = lambda request: connection.call("holdfast.v1.OrderService", "PlaceOrder", request, order_pb2.PlaceOrderResponse)
    placed = place_order(order)
    assert placed.total.amount_minor == 1575 and placed.lines[0].amount.amount_minor == 1275
    assert place_order(order).SerializeToString() == placed.SerializeToString()
    assert available() == 5
    twin = order_pb2.PlaceOrderRequest()
    twin.CopyFrom(order)
    twin.order_id = new()
    twin.ClearField("reservation_id")
    assert order.order_id in refusal(10006, place_order, twin).text
    assert available() == 5
    step("placed 5 of which 4 were reserved, repeated without effect, available 5")

    cancel = order_pb2.CancelOrderRequest(cancellation_id=new(), order_id=order.order_id, reason="changed mind")
    cancel.lines.add(line_number=1, quantity=2)
    ask_cancel = lambda request: connection.call("holdfast.v1.OrderService", "CancelOrder", request, order_pb2.CancelOrderResponse)
    cancelled = ask_cancel(cancel)
    assert cancelled.lines[0].amount.amount_minor == 510 and cancelled.status == order_pb2.ORDER_STATUS_OPEN
    assert ask_cancel(cancel).SerializeToString() == cancelled.SerializeToString()
    assert available() == 7
    rest = order_pb2.CancelOrderRequest(cancellation_id=new(), order_id=order.order_id)
    assert ask_cancel(rest).status == order_pb2.ORDER_STATUS_CANCELLED
    assert available() == 10
    got = connection.call("holdfast.v1.OrderService", "GetOrder", order_pb2.GetOrderRequest(channel=shop, external_id=f"W-{tag}"), order_pb2.GetOrderResponse)
    assert [event.sequence for event in got.order.events] == [1, 2, 3]
    step("cancelled by line and whole, available 10")

    connection.send("holdfast.v1.AvailabilityService", "Nothing", availability_pb2.CheckAvailabilityRequest())
    assert connection.receive()[0].response.error_code == 1002
    ids = [connection.send("holdfast.v1.OrderService", "GetOrder", order_pb2.GetOrderRequest(order_id=order.order_id), correlation_id=n) for n in (0, -1, 2**62, 5)]
    assert sorted(connection.receive()[0].correlation_id for _ in ids) == sorted(ids)
    step("unknown method, pipelined calls")

    books = connection.call("holdfast.v1.OperationsService", "CheckBooks", operations_pb2.CheckBooksRequest(), operations_pb2.CheckBooksResponse)
    assert books.oversold == 0 and books.fold_mismatches == 0
    print("ok")


main()
