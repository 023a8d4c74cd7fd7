import NIOCore

extension ServerConfiguration {
    /// The environment variables that are read, in the order of the documentation.
    public static let environmentNames = [
        "HOLDFAST_HOST", "HOLDFAST_TCP_PORT", "HOLDFAST_GRPC_PORT", "HOLDFAST_ADMIN_HOST", "HOLDFAST_ADMIN_PORT",
        "HOLDFAST_REFLECTION", "HOLDFAST_TLS_CERTIFICATE", "HOLDFAST_TLS_KEY", "HOLDFAST_TLS_CLIENT_CA",
        "HOLDFAST_ALLOW_ANONYMOUS", "HOLDFAST_ALLOW_PLAINTEXT", "HOLDFAST_SSO_JWKS", "HOLDFAST_SSO_ISSUER",
        "HOLDFAST_SSO_AUDIENCE", "HOLDFAST_SSO_ROLES_CLAIM", "HOLDFAST_SSO_ROLE_MAP", "HOLDFAST_SSO_CLOCK_SKEW_S",
        "HOLDFAST_REDIS_URL",
        "HOLDFAST_POSTGRES_URL", "HOLDFAST_POSTGRES_CONNECTIONS", "HOLDFAST_EVENT_LOOPS", "HOLDFAST_KEY_PREFIX",
        "HOLDFAST_CACHE_AGE_MS", "HOLDFAST_MAX_FRAME_BYTES", "HOLDFAST_MAX_CALLS_PER_CONNECTION",
        "HOLDFAST_MAX_CONNECTIONS", "HOLDFAST_SHUTDOWN_GRACE_S",
        "HOLDFAST_LOG_FORMAT", "HOLDFAST_SLOW_CALL_MS", "HOLDFAST_RETENTION_DAYS", "HOLDFAST_EVENT_RETENTION_DAYS",
        "HOLDFAST_SCRUB_INTERVAL_S", "HOLDFAST_REPAIR_GRACE_S", "HOLDFAST_FRAUD_CHECK_URL",
        "HOLDFAST_FRAUD_CHECK_SECRET",
        "HOLDFAST_GATEWAY_URL", "HOLDFAST_GATEWAY_SECRET", "HOLDFAST_GATEWAY_TIMEOUT_MS",
        "HOLDFAST_GATEWAY_HOLD_VALIDITY_S", "HOLDFAST_GATEWAY_OVERDUE_AFTER_S",
        "HOLDFAST_CARRIERS",
    ]

    /// The environment variables that name a file with the value of another one.
    public static let environmentFileNames = [
        "HOLDFAST_REDIS_URL_FILE", "HOLDFAST_POSTGRES_URL_FILE", "HOLDFAST_FRAUD_CHECK_SECRET_FILE",
        "HOLDFAST_GATEWAY_SECRET_FILE",
    ]

    /// Takes over what environment variables say; those that are not set or empty leave the values as they are.
    ///
    /// Throws ``ServerConfigurationError`` that names a variable whose value cannot be read.
    public mutating func read(environment: (String) -> String?) throws(ServerConfigurationError) {
        func text(_ name: String) -> String? {
            guard let value = environment(name), !value.isEmpty else { return nil }
            return value
        }
        func number(_ name: String, in bounds: ClosedRange<Int>) throws(ServerConfigurationError) -> Int? {
            guard let text = text(name) else { return nil }
            guard let number = Int(text), bounds.contains(number) else {
                throw ServerConfigurationError(
                    setting: name, reason: "must be \(bounds.lowerBound) to \(bounds.upperBound), is \"\(text)\"")
            }
            return number
        }
        let count = 0...Int(Int32.max)
        host = text("HOLDFAST_HOST") ?? host
        tcpPort = try number("HOLDFAST_TCP_PORT", in: 0...65_535) ?? tcpPort
        grpcPort = try number("HOLDFAST_GRPC_PORT", in: 0...65_535) ?? grpcPort
        adminHost = text("HOLDFAST_ADMIN_HOST") ?? adminHost
        if text("HOLDFAST_ADMIN_PORT") == "off" {
            adminPort = nil
        } else if let port = try number("HOLDFAST_ADMIN_PORT", in: 0...65_535) {
            adminPort = port
        }
        if let answer = text("HOLDFAST_REFLECTION") {
            guard answer == "on" || answer == "off" else {
                throw ServerConfigurationError(
                    setting: "HOLDFAST_REFLECTION", reason: "must be on or off, is \"\(answer)\"")
            }
            offersReflection = answer == "on"
        }
        carriersFile = text("HOLDFAST_CARRIERS") ?? carriersFile
        tlsCertificate = text("HOLDFAST_TLS_CERTIFICATE") ?? tlsCertificate
        tlsKey = text("HOLDFAST_TLS_KEY") ?? tlsKey
        tlsClientAuthorities = text("HOLDFAST_TLS_CLIENT_CA") ?? tlsClientAuthorities
        if let name = text("HOLDFAST_LOG_FORMAT") {
            guard let format = LogFormat(rawValue: name) else {
                throw ServerConfigurationError(
                    setting: "HOLDFAST_LOG_FORMAT", reason: "must be text or json, is \"\(name)\"")
            }
            logFormat = format
        }
        if let bound = try number("HOLDFAST_SLOW_CALL_MS", in: 0...3_600_000) {
            slowCall = .milliseconds(Int64(bound))
        }
        func flag(_ name: String) throws(ServerConfigurationError) -> Bool? {
            guard let answer = text(name) else { return nil }
            guard answer == "true" || answer == "false" else {
                throw ServerConfigurationError(setting: name, reason: "must be true or false, is \"\(answer)\"")
            }
            return answer == "true"
        }
        allowsAnonymous = try flag("HOLDFAST_ALLOW_ANONYMOUS") ?? allowsAnonymous
        allowsPlaintext = try flag("HOLDFAST_ALLOW_PLAINTEXT") ?? allowsPlaintext
        signOn.keys = text("HOLDFAST_SSO_JWKS") ?? signOn.keys
        signOn.issuer = text("HOLDFAST_SSO_ISSUER") ?? signOn.issuer
        if let audiences = text("HOLDFAST_SSO_AUDIENCE") { signOn.audiences = SignOnSettings.list(audiences) }
        signOn.rolesClaim = text("HOLDFAST_SSO_ROLES_CLAIM") ?? signOn.rolesClaim
        if let map = text("HOLDFAST_SSO_ROLE_MAP") { signOn.roleMap = SignOnSettings.list(map) }
        if let skew = try number("HOLDFAST_SSO_CLOCK_SKEW_S", in: 0...600) { signOn.clockSkewSeconds = Int64(skew) }
        redisURL = try SecretSetting.value("HOLDFAST_REDIS_URL", environment: environment) ?? redisURL
        postgresURL = try SecretSetting.value("HOLDFAST_POSTGRES_URL", environment: environment) ?? postgresURL
        postgresConnections = try number("HOLDFAST_POSTGRES_CONNECTIONS", in: count) ?? postgresConnections
        eventLoops = try number("HOLDFAST_EVENT_LOOPS", in: count) ?? eventLoops
        keyPrefix = text("HOLDFAST_KEY_PREFIX") ?? keyPrefix
        if let age = try number("HOLDFAST_CACHE_AGE_MS", in: 0...10_000) { cacheAge = .milliseconds(Int64(age)) }
        maximumFrameBytes = try number("HOLDFAST_MAX_FRAME_BYTES", in: count) ?? maximumFrameBytes
        maximumCallsPerConnection =
            try number("HOLDFAST_MAX_CALLS_PER_CONNECTION", in: count) ?? maximumCallsPerConnection
        maximumConnections = try number("HOLDFAST_MAX_CONNECTIONS", in: count) ?? maximumConnections
        if let grace = try number("HOLDFAST_SHUTDOWN_GRACE_S", in: 0...600) { shutdownGrace = .seconds(Int64(grace)) }
        retentionDays = try number("HOLDFAST_RETENTION_DAYS", in: count) ?? retentionDays
        eventRetentionDays = try number("HOLDFAST_EVENT_RETENTION_DAYS", in: count) ?? eventRetentionDays
        if let interval = try number("HOLDFAST_SCRUB_INTERVAL_S", in: 60...86_400) {
            scrubInterval = .seconds(Int64(interval))
        }
        gateway.url = text("HOLDFAST_GATEWAY_URL") ?? gateway.url
        gateway.secret = try SecretSetting.value("HOLDFAST_GATEWAY_SECRET", environment: environment) ?? gateway.secret
        if let limit = try number("HOLDFAST_GATEWAY_TIMEOUT_MS", in: 100...60_000) {
            gateway.timeLimit = .milliseconds(Int64(limit))
        }
        if let validity = try number("HOLDFAST_GATEWAY_HOLD_VALIDITY_S", in: 3_600...31_536_000) {
            gateway.holdValidity = .seconds(Int64(validity))
        }
        if let overdue = try number("HOLDFAST_GATEWAY_OVERDUE_AFTER_S", in: 60...31_536_000) {
            gateway.overdueAfter = .seconds(Int64(overdue))
        }
        if let grace = try number("HOLDFAST_REPAIR_GRACE_S", in: 1...600) { repairGrace = .seconds(Int64(grace)) }
        fraudCheckURL = text("HOLDFAST_FRAUD_CHECK_URL") ?? fraudCheckURL
        fraudCheckSecret =
            try SecretSetting.value("HOLDFAST_FRAUD_CHECK_SECRET", environment: environment) ?? fraudCheckSecret
    }
}
