import Carriers
import Domain
import Sourcing

extension ServerConfiguration {
    /// Largest file of rates, in bytes.
    static let carriersFileBound = 8 << 20

    /// The carriers that the settings name.
    ///
    /// Throws ``ServerConfigurationError`` where the file cannot be read or used.
    func carriers() throws(ServerConfigurationError) -> CarrierDirectory {
        guard let carriersFile else { return CarrierDirectory([RateTable]()) }
        let bytes = try SecretSetting.content(
            of: carriersFile, limit: Self.carriersFileBound + 1, setting: "carriers")
        func failure(_ reason: String) -> ServerConfigurationError {
            ServerConfigurationError(setting: "carriers", reason: "names \(carriersFile), which \(reason)")
        }
        guard bytes.count <= Self.carriersFileBound else {
            throw failure("has more than \(Self.carriersFileBound) bytes")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw failure("is no text") }
        do {
            return CarrierDirectory(try RateTable.read(text))
        } catch .invalid(let violations) {
            let first = violations.first.map { "\($0.field) \($0.description)" } ?? "it"
            throw failure("cannot be used: \(first)")
        } catch {
            throw failure("cannot be used")
        }
    }
}
