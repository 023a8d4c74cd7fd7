import Domain
import HoldfastTesting
import SwiftProtobuf

/// Of a method that is held to a scope: a call inside, and calls outside.
typealias ScopeCase = (inside: [UInt8], outside: [[UInt8]])

extension ScopeShop {
    /// A message as it is sent.
    func bytes(_ message: some Message) throws -> [UInt8] { try message.serializedBytes() }

    /// A case about a location.
    func stock(_ make: (String) throws -> [UInt8]) rethrows -> ScopeCase {
        (try make("L1"), try ["L2", "NOPE"].map(make))
    }

    /// A case about a reservation.
    func held(_ make: (EntityID) throws -> [UInt8]) rethrows -> ScopeCase {
        (try make(mine.reservation), try [others.reservation, .fresh].map(make))
    }

    /// A case about an order.
    func ordered(_ make: (EntityID) throws -> [UInt8]) rethrows -> ScopeCase {
        (try make(mine.order), try [others.order, .fresh].map(make))
    }

    /// A case about a channel.
    func priced(_ make: (String) throws -> [UInt8]) rethrows -> ScopeCase {
        (try make("web"), try ["shop", "nowhere"].map(make))
    }
}
