import ArgumentParser
import Domain
import HoldfastAPI
import SwiftProtobuf

/// `holdfast key`: API keys.
struct KeyCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key",
        abstract: "API keys: who may call, and what.",
        discussion: """
            These commands work on PostgreSQL, not through a server: they find it as 'serve' does, or at the \
            'holdfast dev' of this folder. Servers follow within two seconds.

              holdfast key create --name "Till 7" --role pos \\
                  --channel HIGH-STREET --location HIGH-STREET
              holdfast key list
              holdfast key rotate k3v9xw2mq7ra --overlap 7d
              holdfast key revoke k3v9xw2mq7ra

            Roles: pos, kiosk, backend, warehouse, support, finance, admin.
            """,
        subcommands: [KeyCreate.self, KeyList.self, KeyRotate.self, KeyRevoke.self])

    /// A list of keys for people.
    static func table(_ keys: [Holdfast_V1_ApiKey]) -> Table {
        var table = Table([
            .text("PREFIX"), .text("NAME"), .text("ROLES"), .text("CHANNELS"), .text("LOCATIONS"), .text("STATE"),
            .text("CREATED"), .text("EXPIRES"), .text("ID"),
        ])
        for key in keys {
            table.add(
                key.prefix, key.name, key.roles.map(word).joined(separator: " "),
                key.scope.allChannels ? "(all)" : key.scope.channels.joined(separator: " "),
                key.scope.allLocations ? "(all)" : key.scope.locations.joined(separator: " "), word(key.state),
                key.createdAt.shown, key.hasExpiresAt ? key.expiresAt.shown : "never", key.keyID)
        }
        return table
    }

    /// A new key for people: its secret on standard output, everything else on standard error.
    static func show(_ key: Holdfast_V1_ApiKey, secret: String, isRepeated: Bool) {
        for line in table([key]).lines { Terminal.error(line) }
        guard !isRepeated else {
            return Terminal.error("this key was made before; its secret was shown then and cannot be shown again")
        }
        Terminal.error("the key, shown this once:")
        Terminal.line(secret)
    }

    private static func word(_ role: Holdfast_V1_Role) -> String {
        switch role {
        case .pos: "pos"
        case .kiosk: "kiosk"
        case .backend: "backend"
        case .warehouse: "warehouse"
        case .support: "support"
        case .finance: "finance"
        case .admin: "admin"
        case .unspecified, .UNRECOGNIZED: "?"
        }
    }

    private static func word(_ state: Holdfast_V1_ApiKey.State) -> String {
        switch state {
        case .active: "active"
        case .expired: "expired"
        case .revoked: "revoked"
        case .unspecified, .UNRECOGNIZED: "?"
        }
    }
}

/// A role as it is written on the command line.
struct RoleWord: Hashable, Sendable, ExpressibleByArgument {
    /// The same as the contract writes it.
    var proto: Holdfast_V1_Role

    /// Reads a role's name.
    init?(argument: String) {
        switch Role(rawValue: argument) {
        case .pos: proto = .pos
        case .kiosk: proto = .kiosk
        case .backend: proto = .backend
        case .warehouse: proto = .warehouse
        case .support: proto = .support
        case .finance: proto = .finance
        case .admin: proto = .admin
        case nil: return nil
        }
    }
}

extension TimeSpan {
    /// The moment this long from now, by this machine's clock.
    func fromNow(_ now: Int64) -> Google_Protobuf_Timestamp {
        let milliseconds = now / 1_000 + milliseconds
        return Google_Protobuf_Timestamp(
            seconds: milliseconds / 1_000, nanos: Int32(milliseconds % 1_000) * 1_000_000)
    }
}
