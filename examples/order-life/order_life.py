#!/usr/bin/env python3
"""The whole life of an order, twelve times: once over gRPC, with grpcio, and once over the command line.

    order_life.py --grpc HOST:PORT --tcp HOST:PORT --program holdfast --protos Protos [--over grpc|command-line] [SCENARIO …]

Every scenario makes its own articles, checks each answer, and prints what it did, the order's events, its units, its stock and
its money. The last line is `ok`. The server must admit callers without credentials (`holdfast dev`, or `serve --allow-anonymous`).
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
import uuid

import grpc
from google.protobuf import json_format

TIMEOUT = 30


class Refused(Exception):
    """A call that was refused, with its canonical status and its message."""

    def __init__(self, status, message):
        super().__init__(f"{status}: {message}")
        self.status, self.message = status, message


class OverGRPC:
    """Makes calls with grpcio; the stubs are made of the protos by its own tools."""

    name = "grpc"

    def __init__(self, target, protos):
        self.channel = grpc.insecure_channel(target)
        folder = tempfile.mkdtemp(prefix="order-life-")
        names = ["access", "amendment", "availability", "backorder", "cancellation", "catalog", "customer", "delivery", "draft", "event", "fulfilment", "inventory",
                 "money", "operations", "order", "payment", "reservation", "return", "review", "shortage", "sourcing"]
        subprocess.run(
            [sys.executable, "-m", "grpc_tools.protoc", "-I", protos, "--python_out=" + folder,
             "--grpc_python_out=" + folder] + [f"holdfast/v1/{name}.proto" for name in names], check=True)
        sys.path.insert(0, folder)
        self.modules = {
            name: (__import__(f"holdfast.v1.{name}_pb2", fromlist=["x"]),
                   __import__(f"holdfast.v1.{name}_pb2_grpc", fromlist=["x"])) for name in names}

    def call(self, method, request, command, file=None):
        service, method = method.split(".")
        for messages, stubs in self.modules.values():
            if hasattr(stubs, service + "Stub"):
                message = getattr(messages, method + "Request")()
                json_format.ParseDict(request, message)
                try:
                    reply = getattr(getattr(stubs, service + "Stub")(self.channel), method)(message, timeout=TIMEOUT)
                except grpc.RpcError as error:
                    raise Refused(error.code().name, error.details()) from None
                return json_format.MessageToDict(reply)
        raise AssertionError(f"no stub of {service}")

    def events(self, order):
        messages, stubs = self.modules["event"]
        request = messages.SubscribeRequest(start=messages.EVENT_START_OLDEST, subject_id=order)
        events = []
        stream = stubs.EventServiceStub(self.channel).Subscribe(request, timeout=TIMEOUT)
        for message in stream:
            if message.HasField("event"):
                events.append(json_format.MessageToDict(message.event))
            if message.caught_up:
                stream.cancel()
                return events
        return events


class OverCommandLine:
    """Makes calls with the program, whose answers are asked for as JSON."""

    name = "command line"

    def __init__(self, program, tcp, grpc_target):
        self.program, self.tcp, self.grpc_target = program, tcp, grpc_target

    def run(self, words):
        done = subprocess.run([self.program] + words, capture_output=True, text=True, timeout=TIMEOUT + 10)
        if done.returncode != 0:
            line = next((l for l in done.stderr.splitlines() if l.startswith("holdfast: ")), done.stderr)
            status = line.removeprefix("holdfast: ").split()[0].rstrip(":")
            raise Refused(status, line)
        return done.stdout

    def call(self, method, request, command, file=None):
        words = [str(word) for word in command]
        if file is not None:
            with tempfile.NamedTemporaryFile("w", suffix=".json", delete=False) as made:
                json.dump(file, made)
            words = [made.name if word == "FILE" else word for word in words]
        text = self.run(words + ["--server", self.tcp, "--format", "json"])
        return json.loads(text.splitlines()[-1])

    def events(self, order):
        text = self.run(["events", "--oldest", "--no-follow", "--subject", order, "--grpc-server", self.grpc_target,
                         "--format", "json"])
        messages = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
        return [message["event"] for message in messages if "event" in message]


def new():
    return str(uuid.uuid4())


def number(value):
    """A 64-bit number, which JSON has as text, and leaves out where it is 0."""
    return int(value or 0)


def money(amount):
    return f"{number((amount or {}).get('amountMinor')) / 100:.2f} {(amount or {}).get('currencyCode', '')}".strip()


def pounds(text):
    return {"currencyCode": "GBP", "amountMinor": str(round(float(text) * 100))}


ADDRESS = {"name": "Ann Lee", "lines": ["1 High Street"], "city": "Leeds", "postcode": "LS1 4DY", "country": "GB"}
ADDRESS_WORDS = "name=Ann Lee;line=1 High Street;city=Leeds;postcode=LS1 4DY;country=GB"


class Shop:
    """A small shop with articles and locations of its own, and the calls of an order's life."""

    def __init__(self, driver, scenario):
        self.driver = driver
        self.mark = f"{scenario[:10].upper().replace(' ', '-')}-{new()[:6].upper()}"
        self.orders = 0
        for channel, name in [(self.code("WEB"), "Web shop"), (self.code("TILLS"), "Tills")]:
            self.driver.call(
                "CatalogService.UpsertChannels",
                {"requestId": new(), "channels": [{"code": channel, "name": name, "currencyCode": "GBP"}]},
                ["catalog", "channel", "add", channel, "--name", name, "--currency", "GBP"])

    def code(self, name):
        return f"{self.mark}-{name}"

    def say(self, text):
        print("  " + text.replace(self.mark + "-", ""), flush=True)

    # Catalogue and stock

    def product(self, name, tracked=True):
        sku = self.code(name)
        barcode = "50" + str(abs(hash(sku)) % 10**11).zfill(11)
        self.driver.call(
            "CatalogService.UpsertProducts",
            {"requestId": new(), "products": [{"sku": sku, "name": name.title(), "barcode": barcode, "tracked": tracked}]},
            ["catalog", "product", "add", sku, "--name", name.title(), "--barcode", barcode] + ([] if tracked else ["--untracked"]))
        return sku

    def location(self, name, kind="warehouse", rank=0):
        code = self.code(name)
        self.driver.call(
            "CatalogService.UpsertLocations",
            {"requestId": new(), "locations": [
                {"code": code, "name": name.title(), "kind": "KIND_" + kind.upper().replace("-", "_"), "rank": rank,
                 "timeZone": "Europe/London"}]},
            ["catalog", "location", "add", code, "--name", name.title(), "--kind", kind, "--rank", rank, "--time-zone", "Europe/London"])
        return code

    def receive(self, sku, location, units):
        self.driver.call(
            "InventoryService.ReceiveStock",
            {"movementId": new(), "lines": [{"sku": sku, "location": location, "quantity": str(units)}]},
            ["stock", "receive", f"{sku}@{location}={units}"])
        self.say(f"{units} x {sku} received at {location}")

    def available(self, sku, location=""):
        question = f"{sku}@{location}" if location else sku
        reply = self.driver.call(
            "AvailabilityService.CheckAvailability", {"items": [{"sku": sku, "location": location}], "consistency": "CONSISTENCY_FRESH"},
            ["stock", "check", question, "--fresh"])
        return number(reply["items"][0].get("available"))

    # Orders

    def place(self, lines, channel="WEB", delivery=None, till=False, split=False, backorder=False):
        """Lines are (sku, location, units, price)."""
        order = new()
        self.orders += 1
        external = f"{self.mark}-{self.orders}"
        request = {
            "orderId": order, "channel": self.code(channel), "externalId": external, "goodsInHand": till,
            "customer": {"customerId": self.code("ANN"), "name": "Ann Lee", "email": "ann@example.org", "country": "GB"},
            "lines": []}
        for sku, location, units, price in lines:
            whole, _, cents = price.partition(".")
            request["lines"].append(
                {"sku": sku, "location": location, "quantity": str(units), "allowSplit": split, "allowBackorder": backorder,
                 "unitPrice": {"currencyCode": "GBP", "units": whole, "nanos": int(cents.ljust(9, "0") or 0)}})
        if delivery is not None:
            request["delivery"] = delivery
        # The short form of the command line would do for most of it; a file can say all.
        reply = self.driver.call("OrderService.PlaceOrder", request, ["order", "place", "--file", "FILE"], file=request)
        self.say(f"order {external} placed: {money(reply['total'])}")
        return order

    def order(self, order):
        return self.driver.call("OrderService.GetOrder", {"orderId": order}, ["order", "get", order])["order"]

    def units(self, order, line=1):
        found = self.order(order)["lines"][line - 1]
        return {part["status"].removeprefix("LINE_STATUS_").lower(): number(part["quantity"]) for part in found["quantities"]}

    def status(self, order):
        return self.order(order)["status"].removeprefix("ORDER_STATUS_").lower()

    # Fulfilment

    def release(self, order):
        reply = self.driver.call(
            "FulfilmentService.ReleaseOrder", {"releaseId": new(), "orderId": order}, ["fulfil", "release", order])
        parts = reply["fulfilments"]
        self.say("released: " + ", ".join(f"{part['kind'].removeprefix('FULFILMENT_KIND_').lower()} from {part['location']}" for part in parts))
        return parts

    def fulfilments(self, order):
        eventually(lambda: any(part["state"] == "released" for part in self.listed(order)))
        return self.listed(order)

    def listed(self, order):
        return self.driver.call(
            "FulfilmentService.ListFulfilments", {"orderId": order}, ["fulfil", "list", "--order", order])["fulfilments"]

    def step(self, method, request, words, fulfilment, **more):
        reply = self.driver.call(
            "FulfilmentService." + method, dict(request, requestId=new(), fulfilmentId=fulfilment), words)
        self.say(f"{method}: {reply['step']['fulfilment']['state']}, order {reply['step'].get('orderStatus', '').removeprefix('ORDER_STATUS_').lower()}")
        return reply

    def pick(self, part, found=None, short=None):
        """Picks what the part asks for, or what was found of it: {sku: units}."""
        fulfilment = part["fulfilmentId"]
        self.step("StartPicking", {}, ["fulfil", "start", fulfilment], fulfilment)
        scans = dict(found or {})
        for line in [] if found is not None else part["lines"]:
            scans[line["sku"]] = scans.get(line["sku"], 0) + number(line["quantity"])
        request = {"scans": [{"code": sku, "quantity": str(units)} for sku, units in scans.items() if units]}
        words = ["fulfil", "pick", fulfilment] + [f"{sku}={units}" for sku, units in scans.items() if units]
        if short:
            request["shortRule"] = "SHORT_RULE_" + short.upper().replace("-", "_")
            request["correctCount"] = True
            words += ["--short", short, "--correct-count"]
        return self.step("ConfirmPick", request, words, fulfilment)

    def pack(self, part, grams=900):
        fulfilment = part["fulfilmentId"]
        return self.step(
            "PackFulfilment", {"packages": [{"weightGrams": str(grams), "lengthMm": "300", "widthMm": "200", "heightMm": "100"}]},
            ["fulfil", "pack", fulfilment, f"{grams}g:300x200x100"], fulfilment)

    def ship(self, part):
        fulfilment = part["fulfilmentId"]
        reply = self.step("ShipFulfilment", {}, ["fulfil", "ship", fulfilment], fulfilment)
        shipped = reply["step"]["fulfilment"]
        self.say(f"{shipped['carrier']} {shipped.get('service', '')} {shipped['packages'][0]['trackingNumber']}, {money(shipped.get('cost'))}")
        return reply

    def deliver(self, part):
        fulfilment = part["fulfilmentId"]
        return self.step("ConfirmDelivery", {}, ["fulfil", "deliver", fulfilment], fulfilment)

    def send(self, part):
        self.pick(part)
        self.pack(part)
        self.ship(part)
        self.deliver(part)

    # Payments

    def tender(self, order, kind, amount=None):
        request = {"tenderId": new(), "orderId": order, "kind": "TENDER_KIND_" + kind.upper().replace("-", "_")}
        words = ["pay", "add", order, kind]
        if amount:
            request["amount"] = pounds(amount)
            words += ["--amount", amount + "GBP"]
        reply = self.driver.call("PaymentService.AddTender", request, words)
        self.say(f"tender {reply['tenderNumber']}: {kind} {money(reply['amount'])}")
        return reply["tenderNumber"]

    def payments(self, order):
        return self.driver.call("PaymentService.GetPayments", {"orderId": order}, ["pay", "show", order])

    def refund(self, order, amount=None):
        request = {"refundId": new(), "orderId": order, "reason": "returned"}
        words = ["pay", "refund", order, "--reason", "returned"]
        if amount:
            request["amount"] = pounds(amount)
            words += ["--amount", amount + "GBP"]
        return self.driver.call("PaymentService.RefundOrder", request, words)

    # What came of it

    def show(self, order, skus=()):
        """Prints events, units, stock and money of an order."""
        events = self.driver.events(order)
        sequences = [event["sequence"] for event in events]
        assert sequences == list(range(1, len(events) + 1)), f"events have a gap: {sequences}"
        self.say("events: " + " → ".join(event["topic"].removeprefix("order.") for event in events))
        found = self.order(order)
        for line in found["lines"]:
            parts = ", ".join(f"{number(p['quantity'])} {p['status'].removeprefix('LINE_STATUS_').lower()}" for p in line["quantities"])
            self.say(f"line {line['lineNumber']} {line['sku']}: {parts}")
        for sku in skus:
            self.say(f"stock {sku}: {self.available(sku)} available")
        paid = self.payments(order)
        if paid.get("tenders"):
            self.say("money: " + ", ".join(f"{name} {money(paid.get(key))}" for name, key in [
                ("total", "total"), ("owed", "owed"), ("earned", "earned"), ("held", "held"), ("taken", "taken"), ("given back", "givenBack"), ("due back", "dueBack")]))
        self.say(f"order is {found['status'].removeprefix('ORDER_STATUS_').lower()}")
        return [event["topic"].removeprefix("order.") for event in events]


def eventually(check, seconds=30):
    end = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < end, "it did not come about in time"
        time.sleep(0.1)


# The scenarios

def shipped_from_two_locations(shop):
    """A web order whose lines lie at two locations: two parcels, each captured when it leaves."""
    mug, apron = shop.product("MUG"), shop.product("APRON")
    north, south = shop.location("NORTH", rank=1), shop.location("SOUTH", rank=2)
    shop.receive(mug, north, 5)
    shop.receive(apron, south, 5)
    order = shop.place([(mug, "", 2, "4.95"), (apron, "", 1, "12.50")], delivery=SHIP)
    shop.tender(order, "terminal")
    first, second = shop.release(order)
    shop.send(first)
    assert shop.status(order) == "partially_delivered"
    shop.send(second)
    assert shop.status(order) == "delivered"
    assert shop.units(order) == {"delivered": 2}
    eventually(lambda: number(shop.payments(order).get("taken", {}).get("amountMinor")) == 2240)
    told = shop.show(order, [mug, apron])
    assert told.count("shipped") == 2 and told.count("delivered") == 2
    assert shop.available(mug) == 3 and shop.available(apron) == 4


def store_pickup(shop):
    """An order that the customer collects in a store, with a code that is told once."""
    mug, store = shop.product("MUG"), shop.location("HIGH-STREET", "store")
    shop.receive(mug, store, 3)
    order = shop.place([(mug, "", 1, "4.95")], delivery={"method": "DELIVERY_METHOD_PICKUP", "pickupLocation": store})
    (part,) = shop.release(order)
    shop.pick(part)
    fulfilment = part["fulfilmentId"]
    code = shop.step("MakeReady", {}, ["pickup", "ready", fulfilment], fulfilment)["code"]
    shop.step("RemindPickup", {}, ["pickup", "remind", fulfilment], fulfilment)
    try:
        shop.step("CollectPickup", {"code": "WRONG123"}, ["pickup", "collect", fulfilment, "WRONG123"], fulfilment)
        raise AssertionError("a wrong code was taken")
    except Refused as refused:
        shop.say(f"a wrong code: {refused.status}")
        assert refused.status in ("PERMISSION_DENIED", "INVALID_ARGUMENT")
    shop.step("CollectPickup", {"code": code}, ["pickup", "collect", fulfilment, code], fulfilment)
    assert shop.status(order) == "delivered"
    shop.show(order, [mug])
    assert shop.available(mug) == 2


def ship_from_store(shop):
    """The warehouse has none, so a store sends it; its label is a PDF."""
    mug = shop.product("MUG")
    shop.location("NORTH", rank=1)
    store = shop.location("HIGH-STREET", "store", rank=2)
    shop.receive(mug, store, 1)
    order = shop.place([(mug, "", 1, "4.95")], delivery=SHIP)
    (part,) = shop.release(order)
    assert part["location"] == store
    shop.send(part)
    assert shop.status(order) == "delivered"
    shop.show(order, [mug])


def drop_ship(shop):
    """A supplier sends it: the order to the supplier is acknowledged, and the ship notice is the shipment."""
    sofa, supplier = shop.product("SOFA"), shop.location("MAKER", "supplier")
    shop.receive(sofa, supplier, 2)
    order = shop.place([(sofa, "", 1, "450")], delivery=SHIP)
    (part,) = shop.release(order)
    assert part["kind"] == "FULFILMENT_KIND_DROP_SHIP"
    fulfilment = part["fulfilmentId"]
    shop.step("AcknowledgeSupplierOrder", {"reference": "PO-77"}, ["fulfil", "acknowledge", fulfilment, "--reference", "PO-77"], fulfilment)
    shop.step(
        "NotifyShipment", {"carrier": "Van", "trackingNumbers": ["V-1"], "cost": pounds("300")},
        ["fulfil", "ship-notice", fulfilment, "--carrier", "Van", "--tracking", "V-1", "--cost-minor", "30000", "--currency", "GBP"], fulfilment)
    shop.deliver(part)
    assert shop.status(order) == "delivered"
    shop.show(order, [sofa])


def sale_with_two_tenders(shop):
    """A till sale paid in cash and by card: captured at once, delivered at once."""
    mug, store = shop.product("MUG"), shop.location("HIGH-STREET", "store")
    shop.receive(mug, store, 3)
    order = shop.place([(mug, store, 2, "4.95")], channel="TILLS", till=True)
    shop.tender(order, "cash", "5")
    shop.tender(order, "terminal", "4.90")
    paid = shop.payments(order)
    assert paid["standing"] == "PAYMENT_STANDING_PAID", paid["standing"]
    assert number(paid["taken"]["amountMinor"]) == 990
    shop.show(order, [mug])


def backorder_filled(shop):
    """Sold though there is none; the next receipt serves it before anybody else gets a unit."""
    mug, north = shop.product("MUG"), shop.location("NORTH")
    shop.driver.call(
        "BackorderService.SetBackorderPolicies",
        {"requestId": new(), "policies": [{"sku": mug, "channel": shop.code("WEB"), "cap": "10"}]},
        ["backorder", "cap", f"{mug}@{shop.code('WEB')}=10"])
    shop.receive(mug, north, 1)
    order = shop.place([(mug, "", 3, "4.95")], delivery=SHIP, backorder=True)
    assert shop.units(order) == {"allocated": 1, "backordered": 2}
    shop.receive(mug, north, 3)
    eventually(lambda: shop.units(order) == {"allocated": 3})
    assert shop.available(mug) == 1
    for part in shop.release(order):
        shop.send(part)
    assert shop.status(order) == "delivered"
    shop.show(order, [mug])


def short_pick(shop):
    """The shelf has fewer than the books: the rest comes from another location, and the count is corrected."""
    mug = shop.product("MUG")
    north, south = shop.location("NORTH", rank=1), shop.location("SOUTH", rank=2)
    shop.receive(mug, north, 2)
    shop.receive(mug, south, 2)
    order = shop.place([(mug, "", 2, "4.95")], delivery=SHIP)
    (part,) = shop.release(order)
    assert part["location"] == north
    reply = shop.pick(part, found={mug: 1}, short="reallocate")
    assert number(reply.get("reallocated")) == 1
    shop.pack(part)
    shop.ship(part)
    shop.deliver(part)
    (rest,) = [part for part in shop.fulfilments(order) if part["state"] == "released"]
    assert rest["location"] == south
    shop.send(rest)
    assert shop.status(order) == "delivered"
    shop.show(order, [mug])
    assert shop.available(mug, north) == 0 and shop.available(mug, south) == 1


def returned_by_mail(shop):
    """A return by mail with a fee, found to be second grade."""
    mug, north = shop.product("MUG"), shop.location("NORTH")
    shop.product("MUG-B")
    shop.receive(mug, north, 2)
    rules(shop)
    order = shop.place([(mug, "", 2, "10")], delivery=SHIP)
    shop.tender(order, "terminal")
    for part in shop.release(order):
        shop.send(part)
    eventually(lambda: number(shop.payments(order).get("taken", {}).get("amountMinor")) == 2000)
    made = ask_return(shop, order, 1, "unwanted", "opened", "mail")
    received(shop, made, mug, 1, north)
    found = inspected(shop, made, 1, "restock-second-grade", "opened")
    assert number(found["refund"]["amountMinor"]) == 1000 - 295, found["refund"]
    settled(shop, made, "original")
    eventually(lambda: number(shop.payments(order)["givenBack"].get("amountMinor")) == 705)
    assert shop.units(order) == {"delivered": 1, "returned": 1}
    assert shop.available(mug) == 0 and shop.available(shop.code("MUG-B")) == 1
    shop.show(order, [mug, shop.code("MUG-B")])


def returned_in_store(shop):
    """Brought to a store, as good as new, for store credit."""
    mug = shop.product("MUG")
    north, store = shop.location("NORTH", rank=1), shop.location("HIGH-STREET", "store", rank=2)
    shop.receive(mug, north, 1)
    rules(shop)
    order = shop.place([(mug, "", 1, "10")], delivery=SHIP)
    shop.tender(order, "terminal")
    for part in shop.release(order):
        shop.send(part)
    eventually(lambda: number(shop.payments(order).get("taken", {}).get("amountMinor")) == 1000)
    made = ask_return(shop, order, 1, "unwanted", "unopened", "store", refund="store-credit")
    received(shop, made, mug, 1, store)
    inspected(shop, made, 1, "restock", "unopened")
    settled(shop, made, "store-credit")
    account = shop.driver.call(
        "PaymentService.GetStoredValue", {"customerId": shop.code("ANN"), "currencyCode": "GBP"},
        ["credit", "show", "--customer", shop.code("ANN"), "--currency", "GBP"])["account"]
    shop.say(f"store credit of the customer: {money(account['balance'])}")
    assert number(account["balance"]["amountMinor"]) == 1000
    assert shop.available(mug, store) == 1
    shop.show(order, [mug])


def rules(shop):
    text = {
        "timeZone": "Europe/London", "secondGradeSuffix": "-B",
        "rules": [
            {"name": "in store", "methods": ["RETURN_METHOD_STORE"], "terms": {"windowDays": 30}},
            {"name": "by mail", "terms": {"windowDays": 30, "fee": pounds("2.95")}}]}
    shop.driver.call("ReturnService.UpsertReturnRules", dict(text, requestId=new()), ["return", "set-rules", "FILE"], file=text)


def ask_return(shop, order, units, reason, condition, method, refund=None):
    request = {
        "returnId": new(), "orderId": order, "method": "RETURN_METHOD_" + method.upper(),
        "lines": [{"orderLineNumber": 1, "quantity": str(units), "reason": "RETURN_REASON_" + reason.upper(),
                   "condition": "RETURN_CONDITION_" + condition.upper()}]}
    words = ["return", "create", order, f"1={units}", "--reason", reason.replace("_", "-"), "--condition", condition, "--method", method]
    if refund:
        request["refundWay"] = "REFUND_WAY_" + refund.upper().replace("-", "_")
        words += ["--refund", refund]
    made = shop.driver.call("ReturnService.CreateReturn", request, words)["returnOrder"]
    shop.say(f"return {made['number']}: {made['state'].removeprefix('RETURN_STATE_').lower()}")
    return made["returnId"]


def received(shop, made, sku, units, location):
    reply = shop.driver.call(
        "ReturnService.ReceiveReturn",
        {"receiptId": new(), "returnId": made, "location": location, "last": True, "lines": [{"sku": sku, "quantity": str(units)}]},
        ["return", "receive", made, f"{sku}={units}", "--location", location, "--last"])["returnOrder"]
    shop.say(f"received at {location}: {reply['state'].removeprefix('RETURN_STATE_').lower()}")


def inspected(shop, made, units, disposition, condition):
    reply = shop.driver.call(
        "ReturnService.InspectReturn",
        {"inspectionId": new(), "returnId": made, "lines": [
            {"lineNumber": 1, "quantity": str(units), "disposition": "DISPOSITION_" + disposition.upper().replace("-", "_"),
             "condition": "RETURN_CONDITION_" + condition.upper()}]},
        ["return", "inspect", made, f"1={units}:{disposition}:{condition}"])["returnOrder"]
    shop.say(f"inspected: {disposition}, {money(reply.get('refund'))} due")
    return reply


def settled(shop, made, way):
    reply = shop.driver.call(
        "ReturnService.SettleReturn",
        {"settlementId": new(), "returnId": made, "settlement": "RETURN_SETTLEMENT_" + way.upper().replace("-", "_")},
        ["return", "settle", made, way])["returnOrder"]
    shop.say(f"settled by {way}")
    return reply


def amended(shop):
    """Before the release the customer takes one more of one article and none of another; the difference is told."""
    mug, apron = shop.product("MUG"), shop.product("APRON")
    north = shop.location("NORTH")
    shop.receive(mug, north, 5)
    shop.receive(apron, north, 5)
    order = shop.place([(mug, "", 1, "4.95"), (apron, "", 1, "12.50")], delivery=SHIP)
    reply = shop.driver.call(
        "OrderAmendmentService.AmendOrder",
        {"amendmentId": new(), "orderId": order, "change": [{"lineNumber": 1, "quantity": "3"}, {"lineNumber": 2}]},
        ["order", "amend", order, "1=3", "2=0"])
    shop.say(f"amended: {money(reply['oldTotal'])} → {money(reply['newTotal'])}")
    assert number(reply["difference"]["amountMinor"]) == 990 - 1250
    assert shop.available(mug) == 2 and shop.available(apron) == 5
    for part in shop.release(order):
        shop.send(part)
    assert shop.status(order) == "delivered"
    assert "amended" in shop.show(order, [mug, apron])


def cancelled(shop):
    """Units that wait are cancelled at once; what a location has is not: it is asked, and declines or gives it back."""
    mug, north = shop.product("MUG"), shop.location("NORTH")
    shop.receive(mug, north, 3)
    order = shop.place([(mug, "", 3, "4.95")], delivery=SHIP)
    reply = shop.driver.call(
        "OrderService.CancelOrder",
        {"cancellationId": new(), "orderId": order, "lines": [{"lineNumber": 1, "quantity": "1"}], "reason": "too many"},
        ["order", "cancel", order, "1=1", "--reason", "too many"])
    shop.say(f"cancelled: {money(reply['lines'][0]['amount'])}")
    (part,) = shop.release(order)
    try:
        shop.driver.call(
            "OrderService.CancelOrder", {"cancellationId": new(), "orderId": order}, ["order", "cancel", order])
        raise AssertionError("released units were cancelled")
    except Refused as refused:
        shop.say(f"after the release: {refused.status}")
        assert refused.status == "FAILED_PRECONDITION"
    asked = wish(shop, order, "1=1")
    answered(shop, asked, True)
    assert shop.units(order) == {"cancelled": 2, "released": 1}
    assert shop.available(mug) == 2
    shop.pick(part, found={mug: 1})
    shop.pack(part)
    asked = wish(shop, order, "1=1")
    assert answered(shop, asked, False)["state"] == "CANCELLATION_STATE_TOO_LATE"
    shop.ship(part)
    shop.deliver(part)
    assert shop.units(order) == {"cancelled": 2, "delivered": 1}
    shop.show(order, [mug])


def wish(shop, order, units):
    """Asks who has the goods to stop them."""
    line, quantity = units.split("=")
    reply = shop.driver.call(
        "LateCancellationService.RequestCancellation",
        {"requestId": new(), "orderId": order, "lines": [{"lineNumber": int(line), "quantity": quantity}], "reason": "changed my mind"},
        ["order", "cancellation", "request", order, units, "--reason", "changed my mind"])
    (made,) = reply["cancellations"]
    shop.say(f"asked {made['location']} to stop {quantity}")
    return made["cancellationId"]


def answered(shop, cancellation, accept):
    reply = shop.driver.call(
        "LateCancellationService.RespondCancellation",
        {"responseId": new(), "cancellationId": cancellation, "accept": accept},
        ["order", "cancellation", "accept" if accept else "refuse", cancellation])
    shop.say("accepted" if accept else "too late")
    return reply["cancellation"]


def exchanged(shop):
    """Brought to a store for another article: that is set aside at once, and the difference is told."""
    mug, blue = shop.product("MUG"), shop.product("BLUE-MUG")
    north, store = shop.location("NORTH", rank=1), shop.location("HIGH-STREET", "store", rank=2)
    shop.receive(mug, north, 1)
    shop.receive(blue, store, 2)
    rules(shop)
    order = shop.place([(mug, "", 1, "10")], delivery=SHIP)
    shop.tender(order, "terminal")
    for part in shop.release(order):
        shop.send(part)
    eventually(lambda: number(shop.payments(order).get("taken", {}).get("amountMinor")) == 1000)
    made = ask_return(shop, order, 1, "wrong_size", "unopened", "store")
    received(shop, made, mug, 1, store)
    inspected(shop, made, 1, "restock", "unopened")
    reply = shop.driver.call(
        "ReturnService.ExchangeReturn",
        {"exchangeId": new(), "returnId": made, "lines": [
            {"sku": blue, "location": store, "quantity": "1", "unitPrice": {"currencyCode": "GBP", "units": "12"}}]},
        ["return", "exchange", made, f"{blue}@{store}=1x12"])
    exchange = reply["returnOrder"]["exchange"]
    shop.say(f"exchanged: {json.dumps(exchange)}")
    assert shop.available(blue) == 1
    shop.show(order, [mug, blue])


SHIP = {"method": "DELIVERY_METHOD_SHIP", "shipTo": ADDRESS}

SCENARIOS = {
    "web order shipped from two locations": shipped_from_two_locations,
    "store pickup": store_pickup,
    "ship from store": ship_from_store,
    "drop-ship": drop_ship,
    "till sale with two tenders": sale_with_two_tenders,
    "backorder filled by a receipt": backorder_filled,
    "short pick re-sourced": short_pick,
    "amendment": amended,
    "cancellation before and after the release": cancelled,
    "return by mail with a fee, second grade": returned_by_mail,
    "return in store for store credit": returned_in_store,
    "exchange": exchanged,
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--grpc", required=True)
    parser.add_argument("--tcp", required=True)
    parser.add_argument("--program", required=True)
    parser.add_argument("--protos", required=True)
    parser.add_argument("--over", choices=["grpc", "command-line"])
    parser.add_argument("scenario", nargs="*")
    asked = parser.parse_args()
    drivers = []
    if asked.over != "command-line":
        drivers.append(OverGRPC(asked.grpc, asked.protos))
    if asked.over != "grpc":
        drivers.append(OverCommandLine(asked.program, asked.tcp, asked.grpc))
    for driver in drivers:
        for name, scenario in SCENARIOS.items():
            if asked.scenario and not any(word in name for word in asked.scenario):
                continue
            print(f"{name}, over {driver.name}", flush=True)
            scenario(Shop(driver, name))
    print("ok", flush=True)


if __name__ == "__main__":
    main()
