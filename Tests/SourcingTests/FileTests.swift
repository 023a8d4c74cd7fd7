import Domain
import Foundation
import HoldfastTesting
import Testing

@testable import Sourcing

@Suite("Files")
struct FileTests {
    @Test("A plan made again from its stored inputs is the same plan, to the last field")
    func replay() throws {
        for seed in UInt64(1)...200 {
            var maker = RandomProblem(seed: seed)
            let plan = try Sourcing.plan(maker.make(lines: 4, locations: 5))
            let stored = try FileText.read(plan.file.canonical)
            guard case .object(let fields) = stored, let inputs = fields["inputs"] else {
                Issue.record("a stored plan has inputs")
                return
            }
            let problem = try #require(try SourcingProblem.read(inputs).first)
            #expect(problem == plan.problem, "seed \(seed)")
            let again = try Sourcing.plan(problem)
            #expect(again == plan, "seed \(seed)")
            #expect(again.file.canonical == plan.file.canonical)
        }
    }

    @Test("Zones that a problem brings count, whatever the system says of them")
    func ownZones() throws {
        var example = try Example()
        example.problem.locations[0].timeZone = "Moon/Base"
        example.problem.zones["Moon/Base"] = ZoneRules(name: "Moon/Base", spans: [.init(start: 0, offset: 50_400)])
        let plan = try example.plan()
        #expect(plan.shipments.first?.location == "A")
        #expect(plan.shipments.first?.dispatch.description == "2026-11-24")
    }

    @Test("The version is that of the content, not of how it is written")
    func version() throws {
        let config = try Example().problem.config
        let read = try SourcingConfig(try FileText.read(config.file.pretty))
        #expect(read == config && read.version == config.version)
        #expect(config.version.count == 64)
        var other = config
        other.splitPenalty += 1
        #expect(other.version != config.version)
    }

    @Test("A version is 64 hexadecimal digits, also where a byte has one")
    func digits() throws {
        var config = try Example().problem.config
        for penalty: Int64 in 0..<64 {
            config.splitPenalty = penalty
            #expect(config.version.count == 64 && config.version.allSatisfy { $0.isHexDigit })
        }
    }

    static let base = """
        {"order": {"id": "W", "at": "2026-11-23T10:00:00Z", "destination": {"country": "GB", "latitude": 51.5,
          "longitude": -0.125}, "lines": [{"id": "1", "sku": "MUG", "quantity": 2, "dimensions": [100, 100, 120]}]},
         "locations": [{"code": "A", "country": "GB"}], "stock": [{"sku": "MUG", "location": "A", "available": 5}],
         "config": {"currency": "GBP", "services": [{"code": "STD", "zones": [{"name": "home", "transitDays": 1,
          "bands": [{"upToGrams": 5000, "price": 300}]}]}]}}
        """

    @Test("What a file leaves out has no limit and no cost")
    func defaults() throws {
        let problem = try #require(try SourcingProblem.read(try FileText.read(Self.base)).first)
        #expect(problem.order.lines[0].volume == 1_200_000)
        #expect(problem.order.destination.point == Coordinate(latitude: 51_500_000, longitude: -125_000))
        var full = problem
        full.addSystemZones()
        #expect(try Sourcing.plan(full).cost == .init(shipping: 300))
    }

    @Test(
        "A wrong field is refused by its path",
        arguments: [
            ("\"quantity\": 2", "\"quantity\": \"two\"", "order.lines[0].quantity"),
            ("\"quantity\": 2", "\"quantity\": 2.5", "order.lines[0].quantity"),
            ("\"quantity\": 2", "\"quantity\": 0", "order.lines[0].quantity"),
            ("\"quantity\": 2", "\"quantity\": 1000001", "order.lines[0].quantity"),
            ("\"quantity\": 2", "\"quantity\": 2, \"colour\": \"red\"", "order.lines[0].colour"),
            ("[100, 100, 120]", "[100, 100]", "order.lines[0].dimensions"),
            ("\"at\": \"2026-11-23T10:00:00Z\"", "\"at\": \"2026-11-23 10:00\"", "order.at"),
            ("\"longitude\": -0.125", "\"longitude\": -0.1250001", "order.destination.longitude"),
            ("\"longitude\": -0.125", "\"longitude\": 181", "order.destination.latitude"),
            (", \"longitude\": -0.125", "", "order.destination.longitude"),
            ("{\"code\": \"A\", \"country\": \"GB\"}", "{\"country\": \"GB\"}", "locations[0].code"),
            ("\"code\": \"A\", ", "\"code\": \"A\", \"methods\": [\"carry\"], ", "locations[0].methods[0]"),
            ("\"code\": \"A\", ", "\"code\": \"A\", \"leadDays\": 61, ", "locations[0].leadDays"),
            ("\"available\": 5", "\"available\": -1", "stock[0].available"),
            ("\"currency\": \"GBP\"", "\"currency\": \"GPB\"", "config.currency"),
            ("\"currency\": \"GBP\"", "\"currency\": \"GBP\", \"droppable\": [\"PRICE\"]", "config.droppable[0]"),
            ("\"currency\": \"GBP\"", "\"currency\": \"GBP\", \"pressureFrom\": 101", "config.pressureFrom"),
            ("\"price\": 300", "\"price\": -1", "config.services[0].zones[0].bands[0].price"),
            (
                "\"price\": 300}", "\"price\": 300}, {\"upToGrams\": 5000, \"price\": 400}",
                "config.services[0].zones[0].bands[1].upToGrams"
            ),
            (
                "\"price\": 300}", "\"price\": 300}, {\"upToGrams\": 6000, \"price\": 200}",
                "config.services[0].zones[0].bands[1].price"
            ),
            ("\"quantity\": 2", "\"quantity\": 1000000, \"grams\": 1000000000", "config"),
        ])
    func refused(old: String, new: String, field: String) throws {
        var text = Self.base.replacing("\n", with: " ").replacing("  ", with: " ").replacing("  ", with: " ")
        #expect(text.contains(old))
        text = text.replacing(old, with: new)
        if field == "config" {
            text = text.replacing(
                "\"price\": 300}]", with: "\"price\": 300}], \"beyond\": {\"perGrams\": 1, \"price\": 1000}")
        }
        let error = #expect(throws: Refusal.self) {
            try Sourcing.plan(try #require(try SourcingProblem.read(try FileText.read(text)).first))
        }
        guard case .invalid(let violations) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(violations.map(\.field).contains(field), "\(violations)")
    }

    @Test(
        "What is no JSON is refused with its line",
        arguments: [
            "", "{", "{\"a\" 1}", "{\"a\": 1,}", "[1 2]", "[01]", "[1.]", "[-]", "[1e]", "nul", "\"\\x\"",
            "\"\\ud800\"",
            "\"\\u+123\"", "{\"a\": 1, \"a\": 2}", "1 2", "\"\n\"", String(repeating: "[", count: 70),
        ])
    func noJSON(text: String) {
        #expect(throws: FileSyntaxError.self) { try FileText.read(text) }
    }

    @Test("Every value is read as it is written")
    func values() throws {
        let text = #"{"a":[1,-2.50,1e9,true,false,null],"b":"é \"\\ \n 😀","c":{}}"#
        #expect(
            try FileText.read(text).canonical == #"{"a":[1,-2.50,1e9,true,false,null],"b":"é \"\\ \u000a 😀","c":{}}"#)
        #expect(try FileText.read(#""\ud83d\ude00\u00e9""#) == .string("😀é"))
    }

    @Test("Several orders of one file share its locations, stock and configuration; lists of problems are read too")
    func several() throws {
        let one = try FileText.read(Self.base)
        guard case .object(var fields) = one, let order = fields.removeValue(forKey: "order") else { return }
        fields["orders"] = .array([order, order])
        #expect(try SourcingProblem.read(.object(fields)).count == 2)
        #expect(try SourcingProblem.read(.array([one, .object(fields)])).count == 3)
        fields["config"] = nil
        #expect(throws: Refusal.self) { try SourcingProblem.read(.object(fields)) }
        let config = try Example().problem.config
        #expect(try SourcingProblem.read(.object(fields), config: config).map(\.config) == [config, config])
    }

    @Test("The example of the documentation is planned as the page shows")
    func documented() throws {
        let text = try String(contentsOfFile: Repository.root + "/examples/sourcing/order.json", encoding: .utf8)
        var problem = try #require(try SourcingProblem.read(try FileText.read(text)).first)
        problem.addSystemZones()
        let plan = try Sourcing.plan(problem)
        #expect(plan.status == .optimal)
        #expect(plan.shipments.map(\.location) == ["DC-NORTH", "STORE-LEEDS"])
        #expect(plan.cost.total == 1_297)
    }
}
