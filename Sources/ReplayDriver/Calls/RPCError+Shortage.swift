package import GRPCCore
import GRPCProtobuf
package import HoldfastAPI
import SwiftProtobuf

extension RPCError {
    /// The lines that were short, where the status carries them.
    ///
    /// Throws where the details cannot be read.
    package func stockShortage() throws -> Holdfast_V1_StockShortage? {
        guard code == .failedPrecondition, let status = try unpackGoogleRPCStatus() else { return nil }
        for detail in status.details {
            if let any = detail.any, any.isA(Holdfast_V1_StockShortage.self) {
                return try Holdfast_V1_StockShortage(unpackingAny: any)
            }
        }
        return nil
    }
}
