import ArgumentParser

/// `holdfast fulfil`: what locations do to bring orders to their customers.
struct FulfilCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fulfil",
        abstract: "Fulfilments: released, picked, packed, shipped, delivered.",
        discussion: """
            From an order to its delivery, where the order's goods are in DC:

              holdfast fulfil release 0b1f6f0a-5c0e-4a55-9d7a-0a4f6b9f3f11
              holdfast fulfil list --location DC --kind ship --state released
              holdfast fulfil pick-list DC
              holdfast fulfil start 3c9e2a44-1f55-4a0e-8a87-1d2c3b4a5968
              holdfast fulfil pick 3c9e2a44-1f55-4a0e-8a87-1d2c3b4a5968 MUG-WHITE=2
              holdfast fulfil pack 3c9e2a44-1f55-4a0e-8a87-1d2c3b4a5968 1200g
              holdfast fulfil ship 3c9e2a44-1f55-4a0e-8a87-1d2c3b4a5968
              holdfast fulfil deliver 3c9e2a44-1f55-4a0e-8a87-1d2c3b4a5968
            """,
        subcommands: [
            FulfilRelease.self, FulfilGet.self, FulfilList.self, FulfilWave.self, FulfilPickList.self, FulfilStart.self,
            FulfilPick.self, FulfilPack.self, FulfilQuote.self, FulfilShip.self, FulfilLabel.self, FulfilDeliver.self,
            FulfilLost.self, FulfilDecline.self, FulfilAcknowledge.self, FulfilReject.self, FulfilNotice.self,
            FulfilUndelivered.self,
        ])
}
