#!/usr/bin/env python3
"""A foreign client of gRPC over HTTP/2: grpcio, and stubs that its own tools made of the protos.

    grpc_client.py tour PORT MODULES        every method, error details, health, reflection, limits, deadlines
    grpc_client.py watch PORT               prints each state that Health/Watch tells, and how the stream ended
    grpc_client.py away PORT MODULES        what is said while Redis is away
    grpc_client.py access PORT MODULES KEY  a server that asks for credentials; KEY is a file with an admin's key
    grpc_client.py certificate PORT PROTOCOL FOLDER   the name in the certificate that a new connection is shown
    grpc_client.py tls PORT TCPPORT FOLDER  TLS and mutual TLS with the files in the folder (see Certificates.swift)

Each step is checked and printed; the last line is `ok`. Any difference ends the program with an error.
"""

import concurrent.futures
import socket
import ssl
import sys
import time
import uuid

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.rpc import error_details_pb2, status_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase
from grpc_status import rpc_status

TIMEOUT = 20

# Services of an order's life after its capture: see examples/order-life.
LATER = {
    "BackorderService", "CustomerService", "DraftService", "FulfilmentService", "LateCancellationService",
    "OrderAmendmentService", "OrderReviewService", "PaymentService", "ReturnService", "SourcingService", "TrackingService",
}


def step(text):
    print(text, flush=True)


def new():
    return str(uuid.uuid4())


def refusal(code, call):
    """The error that a call ends with, whose code must be this one, and its details."""
    try:
        call()
    except grpc.RpcError as error:
        assert error.code() == code, f"expected {code}, got {error.code()}: {error.details()}"
        status = rpc_status.from_call(error)
        assert status is not None, f"no google.rpc.Status with {error.code()}: {error.details()}"
        assert status.code == code.value[0] and status.message == error.details()
        return error, status
    raise AssertionError(f"expected {code}, got an answer")


def detail(status, kind):
    for packed in status.details:
        if packed.Is(kind.DESCRIPTOR):
            found = kind()
            packed.Unpack(found)
            return found
    raise AssertionError(f"no {kind.DESCRIPTOR.full_name} among {[d.type_url for d in status.details]}")


def reason(status):
    info = detail(status, error_details_pb2.ErrorInfo)
    assert info.domain == "holdfast", info
    return info.reason


class Service:
    """Calls methods by name and remembers which were answered."""

    answered = set()

    def __init__(self, channel, stub, name):
        self.channel, self.stub, self.name = channel, stub, name

    def __getattr__(self, method):
        call = getattr(self.stub, method)

        def answer(request, timeout=TIMEOUT, **options):
            reply = call(request, timeout=timeout, **options)
            Service.answered.add(f"{self.name}/{method}")
            return reply

        return answer


def tour(port, modules):
    sys.path.insert(0, modules)
    from holdfast.v1 import (
        access_pb2,
        access_pb2_grpc,
        availability_pb2,
        availability_pb2_grpc,
        catalog_pb2,
        catalog_pb2_grpc,
        inventory_pb2,
        inventory_pb2_grpc,
        operations_pb2,
        operations_pb2_grpc,
        order_pb2,
        order_pb2_grpc,
        reservation_pb2,
        reservation_pb2_grpc,
        shortage_pb2,
    )

    channel = grpc.insecure_channel(f"127.0.0.1:{port}")
    service = lambda module, name: Service(channel, getattr(module, name + "Stub")(channel), "holdfast.v1." + name)
    catalog = service(catalog_pb2_grpc, "CatalogService")
    inventory = service(inventory_pb2_grpc, "InventoryService")
    availability = service(availability_pb2_grpc, "AvailabilityService")
    reservations = service(reservation_pb2_grpc, "ReservationService")
    orders = service(order_pb2_grpc, "OrderService")
    operations = service(operations_pb2_grpc, "OperationsService")
    access = service(access_pb2_grpc, "AccessService")
    health = Service(channel, health_pb2_grpc.HealthStub(channel), "grpc.health.v1.Health")

    tag = uuid.uuid4().hex[:8]
    sku, place, store, shop = f"PY-{tag}", f"LOC-{tag}", f"STORE-{tag}", f"SHOP-{tag}"

    # --- every method, once and well

    done = catalog.UpsertProducts(catalog_pb2.UpsertProductsRequest(
        request_id=new(), products=[catalog_pb2.Product(sku=sku, name="Café crème mug", tracked=True)]))
    assert done.created == 1
    assert catalog.GetProduct(catalog_pb2.GetProductRequest(sku=sku)).product.name == "Café crème mug"
    assert [p.sku for p in catalog.ListProducts(catalog_pb2.ListProductsRequest(prefix=sku)).products] == [sku]
    assert catalog.UpsertLocations(catalog_pb2.UpsertLocationsRequest(request_id=new(), locations=[
        catalog_pb2.Location(code=place, name="Main"), catalog_pb2.Location(code=store, name="Store")])).created == 2
    assert place in [at.code for at in catalog.ListLocations(catalog_pb2.ListLocationsRequest(page_size=1000)).locations]
    assert catalog.UpsertChannels(catalog_pb2.UpsertChannelsRequest(request_id=new(), channels=[
        catalog_pb2.Channel(code=shop, name="Shop", currency_code="GBP")])).created == 1
    assert shop in [c.code for c in catalog.ListChannels(catalog_pb2.ListChannelsRequest(page_size=1000)).channels]
    step("catalogue")

    at = lambda **more: dict(sku=sku, location=place, **more)
    level = inventory.ReceiveStock(inventory_pb2.ReceiveStockRequest(
        movement_id=new(), lines=[inventory_pb2.StockLine(**at(quantity=20))])).levels[0]
    assert level.on_hand == 20
    adjust = inventory_pb2.AdjustStockRequest(movement_id=new(), reason="broken")
    adjust.lines.add(**at(delta=-1))
    assert inventory.AdjustStock(adjust).levels[0].on_hand == 19
    count = inventory_pb2.CountStockRequest(movement_id=new())
    count.lines.add(**at(counted=15))
    assert inventory.CountStock(count).levels[0].on_hand == 15
    move = inventory_pb2.TransferStockRequest(movement_id=new(), from_location=place, to_location=store)
    move.lines.add(sku=sku, quantity=3)
    assert sorted(level.on_hand for level in inventory.TransferStock(move).levels) == [3, 12]
    policy = inventory_pb2.SetStockPolicyRequest(movement_id=new())
    policy.lines.add(**at(safety_stock=2))
    assert inventory.SetStockPolicy(policy).levels[0].safety_stock == 2
    assert len(inventory.GetStock(inventory_pb2.GetStockRequest(sku=sku)).levels) == 2
    assert len(inventory.ListMovements(inventory_pb2.ListMovementsRequest(sku=sku)).movements) >= 5
    step("stock")

    ask = availability_pb2.CheckAvailabilityRequest(consistency=availability_pb2.CONSISTENCY_FRESH)
    ask.items.add(**at(quantity=1))
    assert availability.CheckAvailability(ask).items[0].available == 10
    assert availability.ExplainAvailability(availability_pb2.ExplainAvailabilityRequest(sku=sku)).available == 13
    reserve = reservation_pb2.ReserveRequest(reservation_id=new(), channel=shop)
    reserve.lines.add(**at(quantity=4))
    held = reservations.Reserve(reserve)
    assert held.reservation.state == reservation_pb2.RESERVATION_STATE_HELD
    assert reservations.Reserve(reserve) == held
    longer = reservation_pb2.ExtendReservationRequest(extension_id=new(), reservation_id=reserve.reservation_id)
    longer.ttl.seconds = 900
    assert reservations.ExtendReservation(longer).HasField("expires_at")
    assert reservations.GetReservation(reservation_pb2.GetReservationRequest(
        reservation_id=reserve.reservation_id)).reservation.channel == shop
    other = reservation_pb2.ReserveRequest(reservation_id=new(), channel=shop)
    other.lines.add(**at(quantity=1))
    reservations.Reserve(other)
    assert reservations.ReleaseReservation(reservation_pb2.ReleaseReservationRequest(
        reservation_id=other.reservation_id)).state == reservation_pb2.RESERVATION_STATE_RELEASED
    step("reservations")

    def order(quantity, **more):
        request = order_pb2.PlaceOrderRequest(order_id=new(), external_id=new(), channel=shop, **more)
        line = request.lines.add(**at(quantity=quantity))
        line.unit_price.currency_code, line.unit_price.units = "GBP", 2
        return request

    sale = order(4, reservation_id=reserve.reservation_id)
    placed = orders.PlaceOrder(sale)
    assert placed.total.amount_minor == 800 and orders.PlaceOrder(sale) == placed
    assert orders.GetOrder(order_pb2.GetOrderRequest(order_id=sale.order_id)).order.channel == shop
    assert len(orders.ListOrders(order_pb2.ListOrdersRequest(channel=shop)).orders) == 1
    cancelled = orders.CancelOrder(order_pb2.CancelOrderRequest(cancellation_id=new(), order_id=sale.order_id))
    assert cancelled.status == order_pb2.ORDER_STATUS_CANCELLED
    books = operations.CheckBooks(operations_pb2.CheckBooksRequest())
    assert books.oversold == 0 and books.fold_mismatches == 0
    step("orders and books")

    create = access_pb2.CreateApiKeyRequest(key_id=new(), name="Till", roles=[access_pb2.ROLE_POS], channels=[shop])
    made = access.CreateApiKey(create)
    assert made.secret.startswith(f"hf_{made.key.prefix}_") and list(made.key.scope.channels) == [shop]
    again = access.CreateApiKey(create)
    assert again.repeated and again.secret == "" and again.key == made.key
    rotated = access.RotateApiKey(access_pb2.RotateApiKeyRequest(
        key_id=new(), replaces=made.key.prefix, overlap_seconds=60))
    assert rotated.secret not in ("", made.secret) and rotated.replaced.key_id == create.key_id
    revoked = access.RevokeApiKey(access_pb2.RevokeApiKeyRequest(key=rotated.key.prefix)).key
    assert revoked.state == access_pb2.ApiKey.STATE_REVOKED
    listed = access.ListApiKeys(access_pb2.ListApiKeysRequest(include_ended=True, page_size=1000)).keys
    assert {made.key.prefix, rotated.key.prefix} <= {key.prefix for key in listed}
    active = access.ListApiKeys(access_pb2.ListApiKeysRequest(page_size=1000)).keys
    assert rotated.key.prefix not in {key.prefix for key in active}
    events = access.ListAuditEvents(access_pb2.ListAuditEventsRequest(page_size=1000)).events
    assert {sale.order_id, create.key_id} <= {event.request_id for event in events}
    me = access.GetCaller(access_pb2.GetCallerRequest())
    assert me.caller == "anonymous" and list(me.roles) == [access_pb2.ROLE_ADMIN]
    step("keys, the audit log, the caller")

    # --- health

    assert health.Check(health_pb2.HealthCheckRequest()).status == health_pb2.HealthCheckResponse.SERVING
    named = health.Check(health_pb2.HealthCheckRequest(service="holdfast.v1.OrderService"))
    assert named.status == health_pb2.HealthCheckResponse.SERVING
    _, status = refusal(grpc.StatusCode.NOT_FOUND, lambda: health.Check(health_pb2.HealthCheckRequest(service="none")))
    assert reason(status) == "SERVICE_NOT_FOUND"
    states = health.List(health_pb2.HealthListRequest()).statuses
    assert states["holdfast.v1.OrderService"].status == health_pb2.HealthCheckResponse.SERVING
    watch = health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest())
    assert next(watch).status == health_pb2.HealthCheckResponse.SERVING
    watch.cancel()
    strange = health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest(service="none"))
    assert next(strange).status == health_pb2.HealthCheckResponse.SERVICE_UNKNOWN
    assert strange.is_active()
    strange.cancel()
    step("health: Check, List, Watch")

    # --- reflection, and that no method was forgotten

    unary = reflect(channel)
    # What happens to orders later is driven by a script of its own; here each of those methods answers an empty request.
    later = {name for name in unary - Service.answered if name.split("/")[0].split(".")[-1] in LATER}
    for name in sorted(later):
        try:
            channel.unary_unary("/" + name)(b"", timeout=TIMEOUT)
        except grpc.RpcError as error:
            assert error.code() in (grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.NOT_FOUND), f"{name}: {error}"
    forgotten = unary - Service.answered - later
    assert not forgotten, f"methods without a call in this test: {sorted(forgotten)}"
    step(f"{len(unary)} unary methods answered")

    # --- refusals with their details

    greedy = reservation_pb2.ReserveRequest(reservation_id=new(), channel=shop)
    greedy.lines.add(**at(quantity=99))
    _, status = refusal(grpc.StatusCode.FAILED_PRECONDITION, lambda: reservations.Reserve(greedy))
    assert reason(status) == "STOCK_SHORTAGE"
    short = detail(status, shortage_pb2.StockShortage)
    assert [(line.sku, line.location, line.wanted, line.available) for line in short.lines] == [(sku, place, 99, 10)]

    wrong = reservation_pb2.ReserveRequest(reservation_id="not-a-uuid", channel=shop)
    wrong.lines.add(**at(quantity=0))
    _, status = refusal(grpc.StatusCode.INVALID_ARGUMENT, lambda: reservations.Reserve(wrong))
    assert reason(status) == "INVALID_FIELDS"
    fields = {violation.field for violation in detail(status, error_details_pb2.BadRequest).field_violations}
    assert {"reservation_id", "lines[0].quantity"} <= fields, fields

    _, status = refusal(
        grpc.StatusCode.NOT_FOUND, lambda: orders.GetOrder(order_pb2.GetOrderRequest(order_id=new())))
    assert reason(status) == "ORDER_NOT_FOUND"

    reserve.lines[0].quantity = 5
    _, status = refusal(grpc.StatusCode.ALREADY_EXISTS, lambda: reservations.Reserve(reserve))
    assert reason(status) == "ID_REUSED"

    released = reservation_pb2.ExtendReservationRequest(extension_id=new(), reservation_id=other.reservation_id)
    released.ttl.seconds = 60
    _, status = refusal(grpc.StatusCode.FAILED_PRECONDITION, lambda: reservations.ExtendReservation(released))
    assert reason(status) == "RESERVATION_STATE"
    broken = detail(status, error_details_pb2.PreconditionFailure).violations[0]
    assert (broken.type, broken.subject) == ("RESERVATION_STATE", other.reservation_id), broken

    raw = lambda path: channel.unary_unary(path, request_serializer=bytes, response_deserializer=bytes)
    for path in ("/holdfast.v1.OrderService/GetOrder", "/holdfast.v1.ReservationService/Reserve"):
        _, status = refusal(grpc.StatusCode.INVALID_ARGUMENT, lambda: raw(path)(b"\x0a\xff\xff", timeout=TIMEOUT))
        assert reason(status) == "INVALID_ARGUMENT"
    for path in ("/holdfast.v1.OrderService/Nothing", "/holdfast.v1.Nothing/Nothing"):
        _, status = refusal(grpc.StatusCode.UNIMPLEMENTED, lambda: raw(path)(b"", timeout=TIMEOUT))
        assert reason(status) == "UNIMPLEMENTED"
    step("refusals with their details")

    # --- sizes, time, cancelling

    many = availability_pb2.CheckAvailabilityRequest()
    for _ in range(1000):
        many.items.add(**at(quantity=1))
    assert len(availability.CheckAvailability(many).items) == 1000
    assert len(availability.CheckAvailability(many, compression=grpc.Compression.Gzip).items) == 1000
    for compression in (None, grpc.Compression.Gzip):
        # Sixteen megabytes of zeros are a few kilobytes compressed.
        _, status = refusal(
            grpc.StatusCode.RESOURCE_EXHAUSTED,
            lambda: raw("/holdfast.v1.OrderService/GetOrder")(bytes(16 << 20), timeout=TIMEOUT, compression=compression))
        assert reason(status) == "RESOURCE_EXHAUSTED"
    assert availability.CheckAvailability(ask).items[0].available == 10

    try:
        orders.GetOrder(order_pb2.GetOrderRequest(order_id=sale.order_id), timeout=0.000001)
        raise AssertionError("a call without time was answered")
    except grpc.RpcError as error:
        assert error.code() == grpc.StatusCode.DEADLINE_EXCEEDED, error
    running = [reservations.stub.Reserve.future(reservation(shop, reservation_pb2, at)) for _ in range(50)]
    for call in running[::2]:
        call.cancel()
    for index, call in enumerate(running):
        if index % 2:
            try:
                call.result(timeout=TIMEOUT)
            except grpc.RpcError as error:
                assert error.code() == grpc.StatusCode.FAILED_PRECONDITION, error
    assert health.Check(health_pb2.HealthCheckRequest()).status == health_pb2.HealthCheckResponse.SERVING
    step("large and oversize messages, deadlines, cancelled calls")

    with concurrent.futures.ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: availability.CheckAvailability(ask).items[0].sufficient, range(400)))
    assert len(answers) == 400
    books = operations.CheckBooks(operations_pb2.CheckBooksRequest())
    assert books.oversold == 0 and books.fold_mismatches == 0
    step("400 calls on one connection; the books agree")
    channel.close()


def reservation(shop, reservation_pb2, at):
    request = reservation_pb2.ReserveRequest(reservation_id=new(), channel=shop)
    request.lines.add(**at(quantity=1))
    return request


def reflect(channel):
    """Goes through all that reflection tells, in both versions; returns the names of all unary methods."""
    database = ProtoReflectionDescriptorDatabase(channel)
    services = set(database.get_services())
    assert {"holdfast.v1.OrderService", "grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection"} <= services
    pool = descriptor_pool.DescriptorPool(database)
    unary, seen = set(), set()

    def resolve(message):
        if message.full_name in seen:
            return
        seen.add(message.full_name)
        assert pool.FindMessageTypeByName(message.full_name) is message
        message_factory.GetMessageClass(message)()
        for field in message.fields:
            if field.message_type:
                resolve(field.message_type)
            if field.enum_type:
                assert field.enum_type.values

    for name in sorted(services):
        described = pool.FindServiceByName(name)
        for method in described.methods:
            resolve(method.input_type)
            resolve(method.output_type)
            if not method.client_streaming and not method.server_streaming:
                unary.add(f"{name}/{method.name}")
    for name in ("ErrorInfo", "BadRequest", "PreconditionFailure", "RetryInfo"):
        resolve(pool.FindMessageTypeByName("google.rpc." + name))
    resolve(pool.FindMessageTypeByName("holdfast.v1.StockShortage"))
    assert pool.FindEnumTypeByName("holdfast.v1.OrderStatus").values_by_name["ORDER_STATUS_OPEN"].number == 1

    for version in ("v1", "v1alpha"):
        def ask(*questions):
            call = channel.stream_stream(
                f"/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo",
                request_serializer=reflection_pb2.ServerReflectionRequest.SerializeToString,
                response_deserializer=reflection_pb2.ServerReflectionResponse.FromString)
            return list(call(iter([reflection_pb2.ServerReflectionRequest(host="shop", **q) for q in questions]), timeout=TIMEOUT))

        files = {}
        symbols = [
            "holdfast.v1.OrderService", "holdfast.v1.OrderService.PlaceOrder", "holdfast.v1.PlaceOrderRequest.Line",
            "holdfast.v1.OrderStatus", "holdfast.v1.ORDER_STATUS_OPEN", "holdfast.v1.Order.lines"]
        for answer in ask(*[dict(file_containing_symbol=symbol) for symbol in symbols]):
            assert answer.valid_host == "shop"
            names = [descriptor_pb2.FileDescriptorProto.FromString(f).name for f in answer.file_descriptor_response.file_descriptor_proto]
            assert names[0] == "holdfast/v1/order.proto", names
            assert {"google/protobuf/timestamp.proto", "google/protobuf/duration.proto", "holdfast/v1/money.proto"} <= set(names)
            files[answer.original_request.file_containing_symbol] = names
        assert set(files) == set(symbols)
        missing = ask(
            dict(file_by_filename="none.proto"), dict(file_containing_symbol="holdfast.v1.None"),
            dict(all_extension_numbers_of_type="none.None"),
            dict(file_containing_extension=reflection_pb2.ExtensionRequest(containing_type="holdfast.v1.Order", extension_number=1)))
        assert [answer.error_response.error_code for answer in missing] == [5, 5, 5, 5], missing
        assert ask({})[0].error_response.error_code == 3
        none, by_name, listed = ask(
            dict(all_extension_numbers_of_type="holdfast.v1.Order"), dict(file_by_filename="holdfast/v1/money.proto"),
            dict(list_services=""))
        assert none.all_extension_numbers_response.base_type_name == "holdfast.v1.Order"
        assert list(none.all_extension_numbers_response.extension_number) == []
        assert len(by_name.file_descriptor_response.file_descriptor_proto) == 1
        assert {service.name for service in listed.list_services_response.service} == services
    step(f"reflection v1 and v1alpha: {len(services)} services, {len(seen)} messages")
    return unary


def watch(port):
    channel = grpc.insecure_channel(f"127.0.0.1:{port}")
    name = health_pb2.HealthCheckResponse.ServingStatus.Name
    try:
        for answer in health_pb2_grpc.HealthStub(channel).Watch(health_pb2.HealthCheckRequest()):
            step(f"state {name(answer.status)}")
        raise AssertionError("the stream ended without a status")
    except grpc.RpcError as error:
        step(f"ended {error.code().name}")
    step("ok")


def away(port, modules):
    sys.path.insert(0, modules)
    from holdfast.v1 import catalog_pb2, catalog_pb2_grpc, reservation_pb2, reservation_pb2_grpc

    channel = grpc.insecure_channel(f"127.0.0.1:{port}")
    # The catalogue that the tour left can be read without Redis.
    catalog = catalog_pb2_grpc.CatalogServiceStub(channel)
    sku = catalog.ListProducts(catalog_pb2.ListProductsRequest(), timeout=TIMEOUT).products[0].sku
    place = catalog.ListLocations(catalog_pb2.ListLocationsRequest(), timeout=TIMEOUT).locations[0].code
    shop = catalog.ListChannels(catalog_pb2.ListChannelsRequest(), timeout=TIMEOUT).channels[0].code
    request = reservation_pb2.ReserveRequest(reservation_id=new(), channel=shop)
    request.lines.add(sku=sku, location=place, quantity=1)
    stub = reservation_pb2_grpc.ReservationServiceStub(channel)
    _, status = refusal(grpc.StatusCode.UNAVAILABLE, lambda: stub.Reserve(request, timeout=TIMEOUT))
    assert reason(status) == "UNAVAILABLE"
    assert detail(status, error_details_pb2.RetryInfo).retry_delay.ToMilliseconds() > 0
    states = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=TIMEOUT)
    assert states.status == health_pb2.HealthCheckResponse.NOT_SERVING
    step("UNAVAILABLE with RetryInfo, NOT_SERVING")


def access(port, modules, key_file):
    sys.path.insert(0, modules)
    from holdfast.v1 import access_pb2, access_pb2_grpc, catalog_pb2, catalog_pb2_grpc, order_pb2, order_pb2_grpc

    with open(key_file, encoding="utf-8") as file:
        admin = file.readline().strip()
    channel = grpc.insecure_channel(f"127.0.0.1:{port}")
    bearer = lambda key: [("authorization", f"Bearer {key}")]
    keys = access_pb2_grpc.AccessServiceStub(channel)
    catalog = catalog_pb2_grpc.CatalogServiceStub(channel)
    orders = order_pb2_grpc.OrderServiceStub(channel)

    def caller(metadata):
        return keys.GetCaller(access_pb2.GetCallerRequest(), timeout=TIMEOUT, metadata=metadata)

    def unauthenticated(metadata):
        _, status = refusal(grpc.StatusCode.UNAUTHENTICATED, lambda: caller(metadata))
        assert reason(status) == "UNAUTHENTICATED", status

    def denied(call):
        _, status = refusal(grpc.StatusCode.PERMISSION_DENIED, call)
        assert reason(status) == "PERMISSION_DENIED", status

    first = caller(bearer(admin))
    assert first.name == "First admin" and first.caller == "key:" + admin.split("_")[1]
    assert caller([("authorization", admin)]).caller == first.caller
    assert caller([("x-api-key", admin)]).caller == first.caller
    step("an admin's key as authorization, with and without Bearer, and as x-api-key")

    unauthenticated(None)
    unauthenticated(bearer(""))
    unauthenticated(bearer("hf_aaaaaaaaaaaa_" + "b" * 43))
    unauthenticated(bearer(admin[:-1] + ("a" if admin[-1] != "a" else "b")))
    unauthenticated(bearer("no.token.atall"))
    unauthenticated(bearer(admin) + [("x-api-key", admin)])
    health = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=TIMEOUT)
    assert health.status == health_pb2.HealthCheckResponse.SERVING
    reflect(channel)
    step("UNAUTHENTICATED without a good credential; health and reflection are open")

    catalog.UpsertChannels(catalog_pb2.UpsertChannelsRequest(request_id=new(), channels=[
        catalog_pb2.Channel(code=code, name=code, currency_code="GBP") for code in ("TILLS", "WEB")]),
        timeout=TIMEOUT, metadata=bearer(admin))
    made = keys.CreateApiKey(access_pb2.CreateApiKeyRequest(
        key_id=new(), name="Till 7", roles=[access_pb2.ROLE_POS], channels=["TILLS"]),
        timeout=TIMEOUT, metadata=bearer(admin))
    till = bearer(made.secret)
    me = caller(till)
    assert me.caller == "key:" + made.key.prefix and list(me.scope.channels) == ["TILLS"]
    assert "holdfast.v1.OrderService/PlaceOrder" in me.methods
    assert "holdfast.v1.CatalogService/UpsertProducts" not in me.methods
    mine = orders.ListOrders(order_pb2.ListOrdersRequest(channel="TILLS"), timeout=TIMEOUT, metadata=till)
    assert len(mine.orders) == 0
    for code in ("WEB", "NONE"):
        denied(lambda: orders.ListOrders(
            order_pb2.ListOrdersRequest(channel=code), timeout=TIMEOUT, metadata=till))
    denied(lambda: catalog.UpsertProducts(catalog_pb2.UpsertProductsRequest(
        request_id=new(), products=[catalog_pb2.Product(sku="MUG", name="Mug")]), timeout=TIMEOUT, metadata=till))
    denied(lambda: keys.ListApiKeys(access_pb2.ListApiKeysRequest(), timeout=TIMEOUT, metadata=till))
    step("PERMISSION_DENIED outside the role and outside the channel")

    keys.RevokeApiKey(
        access_pb2.RevokeApiKeyRequest(key=made.key.prefix), timeout=TIMEOUT, metadata=bearer(admin))
    for _ in range(200):
        try:
            caller(till)
        except grpc.RpcError:
            break
        time.sleep(0.1)
    unauthenticated(till)
    assert caller(bearer(admin)).caller == first.caller
    events = keys.ListAuditEvents(
        access_pb2.ListAuditEventsRequest(caller=first.caller), timeout=TIMEOUT, metadata=bearer(admin)).events
    assert [event.method for event in events] == ["RevokeApiKey", "CreateApiKey", "UpsertChannels"], events
    step("a revoked key ends; the audit log has the admin's three changes")
    channel.close()


def tls(port, tcp_port, folder):
    read = lambda name: open(f"{folder}/{name}", "rb").read()
    target = f"localhost:{port}"

    def serving(**credentials):
        with grpc.secure_channel(target, grpc.ssl_channel_credentials(**credentials)) as channel:
            answer = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=TIMEOUT)
            assert answer.status == health_pb2.HealthCheckResponse.SERVING

    def refused(**credentials):
        with grpc.secure_channel(target, grpc.ssl_channel_credentials(**credentials)) as channel:
            try:
                health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=5)
            except grpc.RpcError as error:
                assert error.code() in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED), error
                return
        raise AssertionError("the server or the client accepted what it must not")

    own = dict(private_key=read("client.key"), certificate_chain=read("client.pem"))
    foreign = dict(private_key=read("foreign.key"), certificate_chain=read("foreign.pem"))
    serving(root_certificates=read("ca.pem"), **own)
    step("mutual TLS with a certificate of the right authority")
    refused(root_certificates=read("ca.pem"))
    refused(root_certificates=read("ca.pem"), **foreign)
    step("refused: no certificate, one of another authority")
    refused(root_certificates=read("foreign-ca.pem"), **own)
    step("refused by the client: another authority")
    with grpc.insecure_channel(target) as channel:
        try:
            health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=5)
            raise AssertionError("the port answers without TLS")
        except grpc.RpcError as error:
            assert error.code() in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED), error
    step("refused: plain text")
    for number, protocol in ((port, "h2"), (tcp_port, "baidu_std")):
        context = ssl.create_default_context(cafile=f"{folder}/ca.pem")
        context.load_cert_chain(f"{folder}/client.pem", f"{folder}/client.key")
        context.set_alpn_protocols(["other", protocol])
        with socket.create_connection(("127.0.0.1", int(number)), timeout=TIMEOUT) as plain:
            with context.wrap_socket(plain, server_hostname="localhost") as secure:
                assert secure.selected_alpn_protocol() == protocol, secure.selected_alpn_protocol()
                assert secure.version() in ("TLSv1.2", "TLSv1.3")
        old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
        old.set_ciphers("ALL:@SECLEVEL=0")
        old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
        with socket.create_connection(("127.0.0.1", int(number)), timeout=TIMEOUT) as plain:
            try:
                old.wrap_socket(plain, server_hostname="localhost")
                raise AssertionError("TLS 1.1 was accepted")
            except (ssl.SSLError, ConnectionError):
                pass
    step("TLS 1.1 is refused on both ports")


def certificate(port, protocol, folder):
    """Prints the certificate that a port shows to a new connection."""
    context = ssl.create_default_context(cafile=f"{folder}/ca.pem")
    context.load_cert_chain(f"{folder}/client.pem", f"{folder}/client.key")
    context.set_alpn_protocols([protocol])
    with socket.create_connection(("127.0.0.1", int(port)), timeout=TIMEOUT) as plain:
        with context.wrap_socket(plain, server_hostname="localhost") as secure:
            names = dict(pair[0] for pair in secure.getpeercert()["subject"])
            step(f"certificate {names['commonName']}")


def main():
    command, port, *rest = sys.argv[1:]
    if command == "watch":
        return watch(port)
    {"tour": tour, "away": away, "access": access, "tls": tls, "certificate": certificate}[command](port, *rest)
    print("ok", flush=True)


if __name__ == "__main__":
    main()
