import ArgumentParser
import HoldfastServer

/// Where the stores of a deployment are.
struct StoreOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "redis://[user:password@]host:port/database or unix:/path (default: HOLDFAST_REDIS_URL).", valueName: "url")
    )
    var redisURL: String?

    @Option(
        help: ArgumentHelp(
            "postgres://… or keywords, as libpq reads them (default: HOLDFAST_POSTGRES_URL).", valueName: "url"))
    var postgresURL: String?

    @Option(help: "What the keys in Redis start with (default: hf:).")
    var keyPrefix: String?

    /// Sets what was given.
    func apply(to configuration: inout ServerConfiguration) {
        if let redisURL { configuration.redisURL = redisURL }
        if let postgresURL { configuration.postgresURL = postgresURL }
        if let keyPrefix { configuration.keyPrefix = keyPrefix }
    }
}

/// Where the stores are, or which `holdfast dev` has them: for commands that look at a deployment from beside it.
struct DeploymentOptions: ParsableArguments {
    @OptionGroup var stores: StoreOptions

    @Option(
        help: ArgumentHelp(
            "Folder of the 'holdfast dev' whose stores to use where no URL is given (default: .holdfast).",
            valueName: "folder"))
    var data: String?

    /// The settings: options before environment variables before a running `holdfast dev` before the defaults.
    func configuration() throws -> ServerConfiguration {
        var configuration = ServerConfiguration(cores: 1)
        if let running = try DevFolder.standard(data).runningStores() {
            configuration.redisURL = running.redisURL
            configuration.postgresURL = running.postgresURL
        }
        try configuration.read(environment: Terminal.environment)
        stores.apply(to: &configuration)
        try configuration.validateStores()
        return configuration
    }
}
