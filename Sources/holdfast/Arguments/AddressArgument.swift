import ArgumentParser
import HoldfastAPI
import SwiftProtobuf

/// An address as written on the command line: `name=Ann Lee;line=1 High St;city=Leeds;postcode=LS1 4DY;country=GB`.
struct AddressArgument: Hashable, Sendable, ExpressibleByArgument {
    /// The address as the contract has it.
    var proto: Holdfast_V1_Address

    /// Reads fields with semicolons between; `line` may stand several times, `place` is `LATITUDE,LONGITUDE`.
    init?(argument: String) {
        proto = Holdfast_V1_Address()
        var seen: Set<Substring> = []
        for part in argument.split(separator: ";") {
            guard let split = part.firstIndex(of: "=") else { return nil }
            let name = part[..<split].drop { $0 == " " }
            let value = String(part[part.index(after: split)...])
            guard name == "line" || seen.insert(name).inserted else { return nil }
            switch name {
            case "name": proto.name = value
            case "line": proto.lines.append(value)
            case "city": proto.city = value
            case "region": proto.region = value
            case "postcode": proto.postcode = value
            case "country": proto.country = value
            case "phone": proto.phone = value
            case "place":
                let figures = value.split(separator: ",").map { Double($0) }
                guard figures.count == 2, let latitude = figures[0], let longitude = figures[1] else { return nil }
                proto.latitude = latitude
                proto.longitude = longitude
            default: return nil
            }
        }
    }
}

/// How an order is to be delivered, for commands that say so.
struct DeliveryOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Send it there: name, line (several), city, region, postcode, country, phone, place, with semicolons between.",
            valueName: "field=text;…"))
    var shipTo: AddressArgument?

    @Option(help: ArgumentHelp("The customer collects it at this location.", valueName: "location"))
    var pickup: String?

    @Option(help: "The carrier's service that was sold (default: any).")
    var service: String?

    mutating func validate() throws {
        if shipTo != nil && pickup != nil { throw ValidationError("--ship-to and --pickup exclude each other") }
        if service != nil && shipTo == nil { throw ValidationError("--service needs --ship-to") }
    }

    /// The same as the contract writes it; nil where nothing was said.
    var proto: Holdfast_V1_Delivery? {
        if let shipTo {
            return .with {
                $0.method = .ship
                $0.shipTo = shipTo.proto
                $0.service = service ?? ""
            }
        }
        guard let pickup else { return nil }
        return .with {
            $0.method = .pickup
            $0.pickupLocation = pickup
        }
    }
}

extension Holdfast_V1_Delivery {
    /// What people read of it.
    var shown: String {
        switch method {
        case .pickup: return "collected at \(pickupLocation)"
        case .ship:
            let parts =
                [shipTo.name] + shipTo.lines + [shipTo.postcode, shipTo.city, shipTo.region, shipTo.country]
            let place = parts.filter { !$0.isEmpty }.joined(separator: ", ")
            return "sent to \(place.isEmpty ? "an address to be told" : place)"
                + (service.isEmpty ? "" : " by \(service)")
        case .unspecified, .UNRECOGNIZED: return "\(method.rawValue)"
        }
    }
}
