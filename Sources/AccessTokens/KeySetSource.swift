import AsyncHTTPClient
import Domain
import NIOCore
import NIOHTTP1
import NIOPosix

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Where a company publishes the keys of its single sign-on.
public enum KeySetSource: Hashable, Sendable {
    /// A file on this machine.
    case file(String)
    /// An `https` address; `http` only on this machine.
    case url(String)

    /// Reads a setting: an address where it has a scheme, else a path.
    ///
    /// Throws ``KeySetError`` for an address that would be read over an open network.
    public init(_ setting: String) throws(KeySetError) {
        guard setting.contains("://") else {
            guard !setting.isEmpty else { throw KeySetError("no file is named") }
            self = .file(setting)
            return
        }
        guard let url = URL(string: setting), let scheme = url.scheme, let host = url.host() else {
            throw KeySetError("\"\(setting)\" is no address")
        }
        guard scheme == "https" || scheme == "http" && LoopbackName.includes(host) else {
            throw KeySetError("keys are read over https only, \"\(setting)\" is not")
        }
        self = .url(setting)
    }

    /// How long an answer may take.
    private static let timeout = TimeAmount.seconds(10)

    /// Reads the set.
    ///
    /// - Parameter client: asks for addresses; must not follow redirects, which could lead anywhere.
    /// - Returns: the bytes, at most ``KeySet/maxBytes``.
    /// - Throws: ``KeySetError``.
    func read(with client: HTTPClient) async throws(KeySetError) -> [UInt8] {
        switch self {
        case .file(let path):
            do {
                return try await NIOThreadPool.singleton.runIfActive {
                    [UInt8](try Data(contentsOf: URL(filePath: path)))
                }
            } catch {
                throw KeySetError("\(path) cannot be read")
            }
        case .url(let address):
            let status: UInt
            let body: ByteBuffer
            do {
                let response = try await client.execute(HTTPClientRequest(url: address), timeout: Self.timeout)
                status = response.status.code
                body = try await response.body.collect(upTo: KeySet.maxBytes)
            } catch is NIOTooManyBytesError {
                throw KeySetError("the answer of \(address) is larger than \(KeySet.maxBytes) bytes")
            } catch {
                throw KeySetError("\(address) cannot be asked: \(error)")
            }
            guard status == 200 else { throw KeySetError("\(address) answered with status \(status)") }
            return Array(body.readableBytesView)
        }
    }
}
