import Foundation
import GRPCCore
import HoldfastClient
import ShopTour

do {
    let configuration = try ServiceSettings.configuration(ProcessInfo.processInfo.environment)
    _ = try await withHoldfastClient(configuration) { client in
        try await ShopTour(client) { print($0) }.run()
    }
} catch let failure as RPCError {
    print("the tour failed: \(HoldfastError(failure))")
    exit(1)
} catch {
    print("the tour failed: \(error)")
    exit(1)
}
