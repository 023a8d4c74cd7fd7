import GRPCCore
import HoldfastAPI
import HoldfastClient
import SwiftProtobuf

/// Finds the currency that a channel's orders use.
enum ChannelCurrency {
    /// The ISO 4217 code of the channel's currency; empty where there is no such channel, which the server then says.
    static func code(
        of channel: String, client: GRPCClient<HoldfastTransport>, options: CallOptions
    ) async throws -> String {
        var token = ""
        repeat {
            let page = try await Holdfast_V1_CatalogService.Client(wrapping: client).listChannels(
                .with {
                    $0.pageSize = 1_000
                    $0.pageToken = token
                }, options: options)
            if let found = page.channels.first(where: { $0.code == channel }) { return found.currencyCode }
            token = page.nextPageToken
        } while !token.isEmpty
        return ""
    }
}
