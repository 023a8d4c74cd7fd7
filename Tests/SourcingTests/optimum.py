"""An independent optimum for sourcing problems: OR-tools' CP-SAT on a model of its own.

Usage: optimum.py PROBLEMS.json RESULTS.json

PROBLEMS.json is a list of problems in the format of docs/sourcing.md. For each, RESULTS.json gets the status, the least
cost in minor units and the constraints that had to be dropped. Everything is read from the page's rules: distances, zones
of carriers, calendars and clocks (by Python's own zone data), prices.
"""

import datetime
import json
import math
import sys
import zoneinfo
from fractions import Fraction

from ortools.sat.python import cp_model

UTC = datetime.timezone.utc
DAY = datetime.timedelta(days=1)
MINUTE = datetime.timedelta(minutes=1)
WEEKDAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


def point_of(place, config):
    if "latitude" in place:
        return place["latitude"], place["longitude"]
    known = config.get("postcodes", {}).get(place.get("country", ""), {}).get(place.get("postcode", ""))
    return (known["latitude"], known["longitude"]) if known else None


def great_circle(a, b):
    """Metres by the haversine formula on a sphere of 6,371,008.8 m."""
    north, east = math.radians(b[0] - a[0]), math.radians(b[1] - a[1])
    h = math.sin(north / 2) ** 2 + math.cos(math.radians(a[0])) * math.cos(math.radians(b[0])) * math.sin(east / 2) ** 2
    return round(2 * 6371008.8 * math.asin(min(1, math.sqrt(h))))


def moment_of(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(UTC)


def has_struck(zone, moment, date, cut_off):
    """Whether the clocks of a zone have shown this time of this day, or a later one, by a moment."""
    hours, minutes = map(int, cut_off.split(":"))
    target = datetime.datetime.combine(date, datetime.time()) + datetime.timedelta(hours=hours, minutes=minutes)
    # A clock that is set back has still shown what it showed: look at every minute of the hours before.
    for back in range(0, 181):
        shown = (moment - back * MINUTE).astimezone(zone).replace(tzinfo=None)
        if shown >= target:
            return True
        # Between two minutes the clock may show up to a minute more, then be set back.
        before = (moment - back * MINUTE).replace(second=0, microsecond=0) - datetime.timedelta(microseconds=1)
        if before > moment - datetime.timedelta(hours=3) and before.astimezone(zone).replace(tzinfo=None) >= target:
            return True
    return False


def worked_days(location, order, config):
    """Days within the horizon on which what is ordered now can still be worked."""
    zone = zoneinfo.ZoneInfo(location.get("timeZone") or "UTC")
    moment = moment_of(order["at"])
    today = moment.astimezone(zone).date()
    days = []
    for number in range(config.get("dispatchWithinDays", 14) + 1):
        date = today + number * DAY
        if date.isoformat() in location.get("closed", []):
            continue
        cut_off = "24:00"
        if location.get("hours"):
            hours = [h for h in location["hours"] if WEEKDAYS[date.weekday()] in h["days"]]
            if not hours:
                continue
            cut_off = hours[0].get("cutOff", "24:00")
        if not has_struck(zone, moment, date, cut_off):
            days.append(date)
    return days


def booked(location, date, measure):
    return next((b.get(measure, 0) for b in location.get("booked", []) if b["date"] == date.isoformat()), 0)


def half_even(fraction):
    return round(fraction)  # Python rounds a Fraction half to even.


def band_prices(zone, surcharge, heaviest):
    """(greatest billable weight, price) of every band that a shipment of up to `heaviest` grams can need."""
    factor = Fraction(10000 + surcharge, 10000)
    bands = [(band["upToGrams"], half_even(band["price"] * factor)) for band in zone["bands"]]
    if "beyond" in zone:
        last, begun = zone["bands"][-1], 0
        while bands[-1][0] < heaviest:
            begun += 1
            edge = last["upToGrams"] + begun * zone["beyond"]["perGrams"]
            bands.append((edge, half_even((last["price"] + begun * zone["beyond"]["price"]) * factor)))
    return bands


def services_of(location, order, config, dispatch, dropped):
    """The services that may bring a shipment from a location, each with its zone."""
    if order.get("method", "ship") == "pickup":
        late = "promised" in order and "PROMISE" not in dropped and dispatch.isoformat() > order["promised"]
        return [] if late else [None]
    here, there = point_of(location, config), point_of(order["destination"], config)
    metres = great_circle(here, there) if here and there else None
    if "maxDistance" in config and "DISTANCE" not in dropped and (metres is None or metres > config["maxDistance"]):
        return []
    found = []
    for service in config["services"]:
        if location.get("services") and service["code"] not in location["services"]:
            continue
        for zone in service["zones"]:
            if zone.get("countries") and order["destination"]["country"] not in zone["countries"]:
                continue
            if zone.get("fromCountries") and location["country"] not in zone["fromCountries"]:
                continue
            if "upToMetres" in zone and (metres is None or metres > zone["upToMetres"]):
                continue
            arrival, left = dispatch, zone["transitDays"]
            while left:
                arrival += DAY
                if not service.get("deliveryDays") or WEEKDAYS[arrival.weekday()] in service["deliveryDays"]:
                    left -= 1
            if "promised" not in order or "PROMISE" in dropped or arrival.isoformat() <= order["promised"]:
                found.append((service, zone))
            break
    return found


def eligible(problem, dropped):
    """The locations that may serve, each with its day of dispatch and its services."""
    order, config = problem["order"], problem["config"]
    for location in problem["locations"]:
        method = order.get("method", "ship")
        if not location.get("active", True) or location["code"] in order.get("excluded", []):
            continue
        if method not in location.get("methods", ["ship"]):
            continue
        if method == "pickup" and location["code"] != order["pickupAt"]:
            continue
        days = worked_days(location, order, config)[location.get("leadDays", 0):]
        limits = location.get("capacity", {})
        if "CAPACITY" not in dropped:
            days = [d for d in days if all(limits[m] - booked(location, d, m) > 0 for m in limits)]
        if not days:
            continue
        services = services_of(location, order, config, days[0], dropped)
        if services:
            yield location, days[0], services


def pressure(model, used, limit, booked_already, percent, price, most):
    """Cost of planning above a share of a day's capacity."""
    free = max(0, limit * percent // 100 - booked_already)
    over = model.new_int_var(0, most, "")
    model.add(over >= used - free)
    return over * price


def attempt(problem, dropped):
    """The least cost with some constraints dropped; None where there is no plan."""
    order, config = problem["order"], problem["config"]
    lines = order["lines"]
    model = cp_model.CpModel()
    costs, uses = [], []
    taken = {line["id"]: [] for line in lines}
    serving = {line["id"]: [] for line in lines}
    shelf = {(stock["location"], stock["sku"]): stock for stock in problem["stock"]}
    total_units = sum(line["quantity"] for line in lines)
    for location, date, services in eligible(problem, dropped):
        code = location["code"]
        use = model.new_bool_var(f"use {code}")
        units, counts, grams, volume, by_sku = [], [], [], [], {}
        for line in lines:
            stock = shelf.get((code, line["sku"]))
            if stock is None or not set(line.get("needs", [])) <= set(location.get("capabilities", [])):
                continue
            most = min(line["quantity"], stock["available"])
            if most == 0:
                continue
            amount = model.new_int_var(0, most, f"{line['id']} from {code}")
            some = model.new_bool_var("")
            model.add(amount >= some)
            model.add(amount <= most * some)
            model.add_implication(some, use)
            taken[line["id"]].append(amount)
            serving[line["id"]].append(some)
            units.append(amount)
            counts.append(some)
            grams.append(amount * line["grams"])
            volume.append(amount * line["volume"])
            by_sku.setdefault(line["sku"], []).append(amount)
        if not units:
            continue
        model.add(sum(units) >= use)
        uses.append(use)
        for sku, amounts in by_sku.items():
            stock = shelf[code, sku]
            model.add(sum(amounts) <= stock["available"])
            if config["stockOutPressure"]:
                low = model.new_int_var(0, total_units, "")
                model.add(low >= sum(amounts) - max(0, stock["available"] - stock["keep"]))
                costs.append(low * config["stockOutPressure"])
        used = {"units": sum(units), "lines": sum(counts), "orders": use}
        for measure, limit in location.get("capacity", {}).items():
            before = booked(location, date, measure)
            if "CAPACITY" not in dropped:
                model.add(used[measure] <= max(0, limit - before))
            costs.append(
                pressure(model, used[measure], limit, before, config["pressureFrom"], config["capacityPressure"], total_units))
        costs.append(use * location["handlingPerShipment"])
        costs.append(sum(units) * location["handlingPerUnit"])
        choices = []
        for choice in services:
            if choice is None:
                choices.append(model.new_bool_var(""))
                continue
            service, zone = choice
            divisor = service.get("volumeDivisor")
            most_grams = sum(line["quantity"] * line["grams"] for line in lines)
            most_volume = sum(line["quantity"] * line["volume"] for line in lines)
            heaviest = max(most_grams, -(-most_volume // divisor) if divisor else 0)
            for edge, price in band_prices(zone, service["surcharge"], heaviest):
                band = model.new_bool_var("")
                model.add(sum(grams) <= edge).only_enforce_if(band)
                if divisor:
                    model.add(sum(volume) <= edge * divisor).only_enforce_if(band)
                costs.append(band * price)
                choices.append(band)
        model.add(sum(choices) == use)
    short_costs = []
    for line in lines:
        missing = 0
        if "COMPLETE" in dropped:
            missing = model.new_int_var(0, line["quantity"], "")
            short_costs.append(missing * config["unsourcedUnit"])
        model.add(sum(taken[line["id"]]) + missing == line["quantity"])
        if "maxLocationsPerLine" in config and "LINE_SPLITS" not in dropped:
            model.add(sum(serving[line["id"]]) <= config["maxLocationsPerLine"])
    if "maxShipments" in config and "SHIPMENTS" not in dropped:
        model.add(sum(uses) <= config["maxShipments"])
    further = model.new_int_var(0, len(uses) + 1, "")
    model.add(further >= sum(uses) - 1)
    model.minimize(sum(costs) + sum(short_costs) + further * config["splitPenalty"])
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    status = solver.solve(model)
    if status == cp_model.INFEASIBLE:
        return None
    if status != cp_model.OPTIMAL:
        raise RuntimeError(f"CP-SAT ends with {solver.status_name(status)}")
    return round(solver.objective_value)


def limits_something(constraint, problem):
    order, config = problem["order"], problem["config"]
    return {
        "PROMISE": "promised" in order,
        "DISTANCE": "maxDistance" in config and order.get("method", "ship") == "ship",
        "SHIPMENTS": "maxShipments" in config,
        "LINE_SPLITS": "maxLocationsPerLine" in config,
        "CAPACITY": any(location.get("capacity") for location in problem["locations"]),
        "COMPLETE": True,
    }[constraint]


def solve(problem):
    dropped = []
    waiting = [c for c in problem["config"].get("droppable", []) if limits_something(c, problem)]
    while True:
        cost = attempt(problem, dropped)
        if cost is not None or not waiting:
            return {"cost": cost, "dropped": dropped}
        dropped.append(waiting.pop(0))


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        problems = json.load(file)
    # One after the other: a pool of forked solvers may wait for ever.
    results = [solve(problem) for problem in problems]
    with open(sys.argv[2], "w", encoding="utf-8") as file:
        json.dump(results, file)
    print(f"solved {len(results)} problems")


if __name__ == "__main__":
    main()
