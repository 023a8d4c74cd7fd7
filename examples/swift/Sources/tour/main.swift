import Foundation
import HoldfastClient
import ShopTour

let configuration = try ServiceSettings.configuration(ProcessInfo.processInfo.environment)
_ = try await withHoldfastClient(configuration) { client in
    try await ShopTour(client) { print($0) }.run()
}
