import Domain
import Ledger
import NIOConcurrencyHelpers

/// The catalogue in memory: which product, location, channel and cell a request speaks of.
///
/// It follows PostgreSQL by reading what changed; ids never change their meaning, so an old entry is never wrong, at most
/// incomplete. What is not found here is looked for in PostgreSQL before it is refused. Only a PostgreSQL that has gone back
/// in time gives an id out twice: then everything is forgotten and read again.
final class StockDirectory: @unchecked Sendable {  // `tables` is touched under `lock` only
    /// A cell of a product.
    struct CellEntry: Sendable {
        var id: CellID
        var location: Int32
    }

    /// A product.
    final class ProductEntry: Sendable {
        let id: Int32
        let sku: String
        let tracked: Bool
        let vshard: VShard
        /// Its cells in the order of their locations' ranks.
        let cells: [CellEntry]

        init(id: Int32, sku: String, tracked: Bool, vshard: VShard, cells: [CellEntry]) {
            self.id = id
            self.sku = sku
            self.tracked = tracked
            self.vshard = vshard
            self.cells = cells
        }
    }

    /// A location.
    struct LocationEntry: Sendable {
        var id: Int32
        var code: String
        var rank: Int32
    }

    /// A channel.
    struct ChannelEntry: Sendable {
        var id: Int32
        var code: String
        var currency: String
    }

    /// Touched under the lock only.
    fileprivate final class Tables {
        /// Rises each time that everything is forgotten.
        var generation = 0
        var horizon: UInt64 = 0
        var products: [String: ProductEntry] = [:]
        var skuByProduct: [Int32: String] = [:]
        var locations: [String: LocationEntry] = [:]
        var locationsByID: [Int32: LocationEntry] = [:]
        var channels: [String: ChannelEntry] = [:]
        var channelsByID: [Int32: ChannelEntry] = [:]
        var cells: [CellID: (sku: String, location: String, vshard: VShard)] = [:]
    }

    private let lock = NIOLock()
    private var tables = Tables()

    /// Up to where changes have been read, and in which life of the directory; 0 where nothing has been read in it.
    var position: (generation: Int, horizon: UInt64) { look { ($0.tables.generation, $0.tables.horizon) } }

    /// Forgets everything.
    func forget() {
        lock.withLock {
            let generation = tables.generation + 1
            tables = Tables()
            tables.generation = generation
        }
    }

    /// Cells that are known.
    var cellCount: Int { look { $0.tables.cells.count } }

    /// Looks at the catalogue, once for a whole request.
    func look<R>(_ body: (View) throws -> R) rethrows -> R {
        try lock.withLock { try body(View(tables: tables)) }
    }

    /// A consistent view; valid inside the closure only.
    struct View {
        fileprivate let tables: Tables

        func product(_ sku: String) -> ProductEntry? { tables.products[sku] }
        func location(_ code: String) -> LocationEntry? { tables.locations[code] }
        func location(_ id: Int32) -> LocationEntry? { tables.locationsByID[id] }
        func channel(_ code: String) -> ChannelEntry? { tables.channels[code] }
        func channel(_ id: Int32) -> ChannelEntry? { tables.channelsByID[id] }
        /// Whether a cell lies at one of these locations; nil is all.
        func isCell(_ cell: CellEntry, within locations: Set<String>?) -> Bool {
            guard let locations else { return true }
            return location(cell.location).map { locations.contains($0.code) } ?? false
        }
        func cell(_ id: CellID) -> (sku: String, location: String, vshard: VShard)? { tables.cells[id] }
    }

    /// Takes over changes that were read from a position on in this life of the directory.
    func apply(_ changes: DirectoryChanges, since generation: Int) {
        lock.withLock {
            guard generation == tables.generation else { return }
            tables.horizon = max(tables.horizon, changes.horizon)
            var resorted: Set<String> = []
            for location in changes.locations {
                let entry = LocationEntry(id: location.id, code: location.code, rank: location.rank)
                if let old = tables.locationsByID[location.id], old.rank != entry.rank {
                    for (sku, product) in tables.products
                    where product.cells.contains(where: { $0.location == entry.id }) {
                        resorted.insert(sku)
                    }
                }
                tables.locations[location.code] = entry
                tables.locationsByID[location.id] = entry
            }
            for channel in changes.channels {
                let entry = ChannelEntry(id: channel.id, code: channel.code, currency: channel.currency)
                tables.channels[channel.code] = entry
                tables.channelsByID[channel.id] = entry
            }
            for product in changes.products {
                tables.skuByProduct[product.id] = product.sku
                tables.products[product.sku] = ProductEntry(
                    id: product.id, sku: product.sku, tracked: product.tracked, vshard: product.vshard,
                    cells: tables.products[product.sku]?.cells ?? [])
            }
            var added: [String: [CellEntry]] = [:]
            for cell in changes.cells where tables.cells[cell.id] == nil {
                guard let sku = tables.skuByProduct[cell.product], let product = tables.products[sku],
                    let location = tables.locationsByID[cell.location]
                else { continue }
                tables.cells[cell.id] = (sku, location.code, product.vshard)
                added[sku, default: []].append(CellEntry(id: cell.id, location: cell.location))
                resorted.insert(sku)
            }
            for sku in resorted {
                guard let product = tables.products[sku] else { continue }
                let cells = (product.cells + (added[sku] ?? [])).sorted { left, right in
                    guard let one = tables.locationsByID[left.location],
                        let other = tables.locationsByID[right.location]
                    else { return left.id < right.id }
                    return (one.rank, one.code, left.id) < (other.rank, other.code, right.id)
                }
                tables.products[sku] = ProductEntry(
                    id: product.id, sku: sku, tracked: product.tracked, vshard: product.vshard, cells: cells)
            }
        }
    }
}
