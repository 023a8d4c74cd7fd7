import FramedTransport
import Synchronization

/// One server with the connections to it.
struct Endpoint: Sendable {
    let address: HoldfastEndpoint
    let transport: FramedClientTransport
}

/// The servers of a service, and whose turn it is.
final class EndpointSet: Sendable {
    let endpoints: [Endpoint]
    private let turn = Atomic<Int>(0)

    init(_ endpoints: [Endpoint]) {
        self.endpoints = endpoints
    }

    /// Chooses the endpoint of the next attempt.
    ///
    /// Those that a call has not tried come first, and among them those with a connection, in turn. An endpoint that is
    /// being connected to may be waited for; one that cannot be reached fails at once.
    ///
    /// - Parameter tried: Places of the endpoints that the call was sent to before.
    /// - Returns: The place of the endpoint in the set.
    func next(avoiding tried: Set<Int>) -> Int {
        let start = turn.wrappingAdd(1, ordering: .relaxed).oldValue
        var best = 0
        var bestRank = Int.max
        for offset in endpoints.indices {
            let place = Int((UInt(bitPattern: start) &+ UInt(offset)) % UInt(endpoints.count))
            let rank = rank(place, tried)
            if rank < bestRank { (best, bestRank) = (place, rank) }
            if rank == 0 { break }
        }
        return best
    }

    /// True where an endpoint that a call has not tried has a connection, or is about to.
    func hasAnother(than tried: Set<Int>) -> Bool {
        endpoints.indices.contains { !tried.contains($0) && endpoints[$0].transport.readiness != .failed }
    }

    private func rank(_ place: Int, _ tried: Set<Int>) -> Int {
        let wasTried = tried.contains(place) ? 1 : 0
        return switch endpoints[place].transport.readiness {
        case .ready: wasTried
        case .connecting: 2 + wasTried
        case .failed: 4 + wasTried
        }
    }
}
