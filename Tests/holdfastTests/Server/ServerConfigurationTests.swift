import HoldfastServer
import NIOCore
import Testing

@Suite("Server settings")
struct ServerConfigurationTests {
    @Test("The defaults can be used and listen on loopback only")
    func defaults() throws {
        let configuration = ServerConfiguration(cores: 4)
        try configuration.validate()
        #expect(configuration.host == "127.0.0.1")
        #expect(configuration.eventLoops == 4)
    }

    @Test("Every documented variable is read")
    func environment() throws {
        let values = [
            "HOLDFAST_HOST": "::1", "HOLDFAST_TCP_PORT": "0", "HOLDFAST_GRPC_PORT": "1",
            "HOLDFAST_ADMIN_HOST": "::2", "HOLDFAST_ADMIN_PORT": "off", "HOLDFAST_REFLECTION": "off",
            "HOLDFAST_TLS_CERTIFICATE": "c.pem", "HOLDFAST_TLS_KEY": "c.key", "HOLDFAST_TLS_CLIENT_CA": "ca.pem",
            "HOLDFAST_ALLOW_PLAINTEXT": "true", "HOLDFAST_SSO_JWKS": "keys.json", "HOLDFAST_SSO_ISSUER": "https://id",
            "HOLDFAST_SSO_AUDIENCE": "a,b", "HOLDFAST_SSO_ROLES_CLAIM": "groups",
            "HOLDFAST_SSO_ROLE_MAP": "tills=pos,it=admin", "HOLDFAST_SSO_CLOCK_SKEW_S": "5",
            "HOLDFAST_ALLOW_ANONYMOUS": "true", "HOLDFAST_LOG_FORMAT": "json", "HOLDFAST_SLOW_CALL_MS": "17",
            "HOLDFAST_REDIS_URL": "redis://r", "HOLDFAST_POSTGRES_URL": "postgres://p",
            "HOLDFAST_POSTGRES_CONNECTIONS": "5", "HOLDFAST_EVENT_LOOPS": "3", "HOLDFAST_KEY_PREFIX": "x:",
            "HOLDFAST_CACHE_AGE_MS": "7", "HOLDFAST_MAX_FRAME_BYTES": "2048", "HOLDFAST_MAX_CALLS_PER_CONNECTION": "9",
            "HOLDFAST_MAX_CONNECTIONS": "11", "HOLDFAST_SHUTDOWN_GRACE_S": "13",
            "HOLDFAST_RETENTION_DAYS": "30", "HOLDFAST_EVENT_RETENTION_DAYS": "40", "HOLDFAST_SCRUB_INTERVAL_S": "600",
            "HOLDFAST_REPAIR_GRACE_S": "8", "HOLDFAST_FRAUD_CHECK_URL": "https://risk.example/check",
            "HOLDFAST_FRAUD_CHECK_SECRET": "sixteen bytes ok",
            "HOLDFAST_GATEWAY_URL": "https://pay.example/v1",
            "HOLDFAST_GATEWAY_SECRET": "s3cret", "HOLDFAST_GATEWAY_TIMEOUT_MS": "2500",
            "HOLDFAST_GATEWAY_HOLD_VALIDITY_S": "604800", "HOLDFAST_GATEWAY_OVERDUE_AFTER_S": "3600",
            "HOLDFAST_CARRIERS": "carriers.json",
        ]
        #expect(Set(values.keys) == Set(ServerConfiguration.environmentNames))
        var asked: Set<String> = []
        var configuration = ServerConfiguration(cores: 1)
        try configuration.read { name in
            asked.insert(name)
            return values[name]
        }
        #expect(asked == Set(ServerConfiguration.environmentNames + ServerConfiguration.environmentFileNames))
        #expect(configuration.host == "::1")
        #expect(configuration.tcpPort == 0)
        #expect(configuration.grpcPort == 1)
        #expect(configuration.adminHost == "::2")
        #expect(configuration.adminPort == nil)
        #expect(!configuration.offersReflection)
        #expect(configuration.tls == TLSFiles(certificate: "c.pem", key: "c.key", clientAuthorities: "ca.pem"))
        #expect(configuration.logFormat == .json)
        #expect(configuration.slowCall == .milliseconds(17))
        #expect(configuration.allowsAnonymous)
        #expect(configuration.allowsPlaintext)
        #expect(configuration.signOn.keys == "keys.json")
        #expect(configuration.signOn.issuer == "https://id")
        #expect(configuration.signOn.audiences == ["a", "b"])
        #expect(configuration.signOn.rolesClaim == "groups")
        #expect(configuration.signOn.roleMap == ["tills=pos", "it=admin"])
        #expect(configuration.signOn.clockSkewSeconds == 5)
        #expect(configuration.redisURL == "redis://r")
        #expect(configuration.postgresURL == "postgres://p")
        #expect(configuration.postgresConnections == 5)
        #expect(configuration.eventLoops == 3)
        #expect(configuration.keyPrefix == "x:")
        #expect(configuration.cacheAge.nanoseconds == 7_000_000)
        #expect(configuration.maximumFrameBytes == 2_048)
        #expect(configuration.maximumCallsPerConnection == 9)
        #expect(configuration.maximumConnections == 11)
        #expect(configuration.shutdownGrace.nanoseconds == 13_000_000_000)
        #expect(configuration.retentionDays == 30)
        #expect(configuration.eventRetentionDays == 40)
        #expect(configuration.scrubInterval == .minutes(10))
        #expect(configuration.repairGrace == .seconds(8))
        #expect(configuration.fraudCheckURL == "https://risk.example/check")
        #expect(configuration.fraudCheckSecret == "sixteen bytes ok")
        #expect(configuration.gateway.url == "https://pay.example/v1")
        #expect(configuration.gateway.secret == "s3cret")
        #expect(configuration.gateway.timeLimit == .milliseconds(2_500))
        #expect(configuration.gateway.holdValidity == .hours(7 * 24))
        #expect(configuration.gateway.overdueAfter == .hours(1))
        try configuration.validate()
    }

    @Test("A gateway needs an address that keeps a secret, and a secret, which no error tells")
    func gateway() {
        func refusal(_ change: (inout GatewaySettings) -> Void) -> ServerConfigurationError? {
            var configuration = ServerConfiguration(cores: 1)
            change(&configuration.gateway)
            do {
                try configuration.validate()
                return nil
            } catch {
                return error
            }
        }
        #expect(refusal { _ in } == nil)
        #expect(
            refusal {
                $0.url = "http://127.0.0.1:1/v1"
                $0.secret = "s3cret"
            } == nil)
        let wrong = [
            refusal { $0.url = "https://pay.example" }, refusal { $0.secret = "s3cret" },
            refusal {
                $0.url = "http://pay.example"
                $0.secret = "s3cret"
            },
            refusal {
                $0.url = "https://pay.example"
                $0.secret = "s3cret s3cret"
            },
            refusal {
                $0.url = "https://pay.example"
                $0.secret = "s3cret"
                $0.timeLimit = .seconds(61)
            },
        ]
        for error in wrong {
            #expect(error?.setting == "gateway-url")
            #expect(error?.description.contains("s3cret") == false)
        }
        for validity in [TimeAmount.minutes(59), .hours(365 * 24 + 1), .seconds(-1)] {
            #expect(refusal { $0.holdValidity = validity }?.setting == "gateway-hold-validity")
        }
        for overdue in [TimeAmount.seconds(59), .hours(365 * 24 + 1)] {
            #expect(refusal { $0.overdueAfter = overdue }?.setting == "gateway-overdue-after")
        }
    }

    @Test(
        "A variable that cannot be read is named",
        arguments: [
            ("HOLDFAST_TCP_PORT", "x"), ("HOLDFAST_TCP_PORT", "65536"), ("HOLDFAST_ALLOW_ANONYMOUS", "yes"),
            ("HOLDFAST_REFLECTION", "true"), ("HOLDFAST_GRPC_PORT", "-1"),
            ("HOLDFAST_CACHE_AGE_MS", "-1"), ("HOLDFAST_EVENT_LOOPS", "99999999999999999999"),
        ])
    func badVariable(name: String, value: String) {
        var configuration = ServerConfiguration(cores: 1)
        let error = #expect(throws: ServerConfigurationError.self) {
            try configuration.read { $0 == name ? value : nil }
        }
        #expect(error?.setting == name)
    }

    @Test("An address that other machines reach needs plain words", arguments: ["0.0.0.0", "::", "10.0.0.1", "shop"])
    func reachable(host: String) throws {
        var configuration = ServerConfiguration(cores: 1)
        configuration.host = host
        #expect(throws: ServerConfigurationError.self) { try configuration.validate() }
        configuration.allowsPlaintext = true
        try configuration.validate()
    }

    @Test("A fraud check has a good address and a long secret, or is refused")
    func fraudCheck() throws {
        let secret = "sixteen bytes ok"
        for (url, secret, isGood): (String?, String?, Bool) in [
            (nil, nil, true), ("https://risk.example/", secret, true), ("http://localhost:1/", secret, true),
            (nil, secret, false), ("https://risk.example/", nil, false), ("http://risk.example/", secret, false),
            ("https://risk.example/", "short", false), ("risk", secret, false),
        ] {
            var configuration = ServerConfiguration(cores: 1)
            configuration.fraudCheckURL = url
            configuration.fraudCheckSecret = secret
            if isGood {
                try configuration.validate()
            } else {
                let error = #expect(throws: ServerConfigurationError.self) { try configuration.validate() }
                #expect(error?.setting == "fraud-check-url")
                if let secret { #expect(error?.reason.contains(secret) == false) }
            }
        }
    }

    @Test("A single sign-on is set whole or refused by the setting that is missing or wrong")
    func signOn() throws {
        let changes: [(String?, (inout SignOnSettings) -> Void)] = [
            (nil, { _ in }), ("sso-jwks", { $0.keys = nil }), ("sso-jwks", { $0.keys = "http://id.example/keys" }),
            ("sso-issuer", { $0.issuer = nil }), ("sso-audience", { $0.audiences = [] }),
            ("sso-role-map", { $0.roleMap = ["tills"] }), ("sso-role-map", { $0.roleMap = ["tills=king"] }),
            ("sso-clock-skew", { $0.clockSkewSeconds = 601 }), (nil, { $0.keys = "https://id.example/keys" }),
        ]
        for (setting, change) in changes {
            var configuration = ServerConfiguration(cores: 1)
            configuration.signOn.keys = "keys.json"
            configuration.signOn.issuer = "https://id.example"
            configuration.signOn.audiences = ["holdfast"]
            change(&configuration.signOn)
            if let setting {
                let error = #expect(throws: ServerConfigurationError.self) { try configuration.validate() }
                #expect(error?.setting == setting)
            } else {
                try configuration.validate()
            }
        }
    }

    @Test(
        "A URL of PostgreSQL that can never be used is refused, in words without a part of it",
        arguments: [
            "postgres://oms:hush@db:1:2/holdfast", "postgres://oms:hush@[::1/holdfast", "postgres://oms:%zz@hush/x",
            "postgres://oms@db/holdfast?hush=1", "host=db password=not hush", "password='hush", "hush=1",
            "mysql://oms:hush@db/holdfast", "postgres://oms:hush@db:70000/x", "host=db port=hush",
            "postgres://oms:hush@db/x?sslmode=hush", "host=db target_session_attrs=hush",
        ])
    func postgresURL(text: String) {
        var configuration = ServerConfiguration(cores: 1)
        configuration.postgresURL = text
        let error = #expect(throws: ServerConfigurationError.self) { try configuration.validate() }
        #expect(error?.setting == "postgres-url")
        #expect(error?.reason.contains("hush") == false, "\(error?.reason ?? "")")
    }

    @Test(
        "A URL of PostgreSQL that may be used one day is taken, in either form",
        arguments: [
            "", "postgres://nobody.invalid/x", "postgresql://a:5433,b:5434,c/x?target_session_attrs=read-write",
            "host=/run/postgresql dbname=x", "host=a,b port=5433, sslmode=verify-full", "service=holdfast",
            "postgres://oms:p%20w@[::1]:5432/x?connect_timeout=3",
        ])
    func usablePostgresURL(text: String) throws {
        var configuration = ServerConfiguration(cores: 1)
        configuration.postgresURL = text
        try configuration.validate()
    }

    @Test("Values out of bounds are refused by name")
    func bounds() {
        let changes: [(String, (inout ServerConfiguration) -> Void)] = [
            ("tcp-port", { $0.tcpPort = -1 }), ("grpc-port", { $0.grpcPort = 70_000 }),
            ("tls-key", { $0.tlsCertificate = "c.pem" }), ("tls-certificate", { $0.tlsKey = "c.key" }),
            ("tls-client-ca", { $0.tlsClientAuthorities = "ca.pem" }),
            ("postgres-connections", { $0.postgresConnections = 1 }),
            ("event-loops", { $0.eventLoops = 0 }), ("max-frame-bytes", { $0.maximumFrameBytes = 1_023 }),
            ("max-calls-per-connection", { $0.maximumCallsPerConnection = 0 }),
            ("max-connections", { $0.maximumConnections = 0 }), ("key-prefix", { $0.keyPrefix = "" }),
            ("key-prefix", { $0.keyPrefix = "a{b" }), ("retention", { $0.retentionDays = 0 }),
            ("retention", { $0.retentionDays = 3_651 }), ("event-retention", { $0.eventRetentionDays = 0 }),
            ("scrub-interval", { $0.scrubInterval = .seconds(59) }),
            ("scrub-interval", { $0.scrubInterval = .hours(25) }), ("repair-grace", { $0.repairGrace = .seconds(0) }),
            ("repair-grace", { $0.repairGrace = .minutes(11) }),
        ]
        for (setting, change) in changes {
            var configuration = ServerConfiguration(cores: 1)
            change(&configuration)
            let error = #expect(throws: ServerConfigurationError.self) { try configuration.validate() }
            #expect(error?.setting == setting)
        }
    }
}
