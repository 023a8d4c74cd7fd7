import ArgumentParser

/// `holdfast backorder`: lines that wait for supply.
struct BackorderCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backorder",
        abstract: "Lines that wait for supply: how many may, and which do.",
        discussion: """
            What stock cannot serve of an order waits where its lines allow it, up to a cap for each article and channel:

              holdfast backorder cap MUG-WHITE@WEB=200
              holdfast order place MUG-WHITE=9x4.95 --channel WEB \\
                  --external-id W-1002 --allow-backorder
              holdfast backorder list --sku MUG-WHITE
              holdfast stock receive MUG-WHITE@HIGH-STREET=50
            """,
        subcommands: [BackorderList.self, BackorderCap.self, BackorderCaps.self])
}
