import RedisClient
import Testing

@Suite("A Redis URL")
struct RedisConfigurationTests {
    @Test(
        "gives address, credentials and database",
        arguments: [
            ("redis://localhost", RedisConfiguration.Address.tcp(host: "localhost", port: 6379), nil, nil, 0),
            ("redis://10.0.0.7:7000/5", .tcp(host: "10.0.0.7", port: 7000), nil, nil, 5),
            ("redis://:secret@h:1/", .tcp(host: "h", port: 1), nil, "secret", 0),
            ("redis://me:p%40s%3as@h", .tcp(host: "h", port: 6379), "me", "p@s:s", 0),
            ("redis://me:a:b@h", .tcp(host: "h", port: 6379), "me", "a:b", 0),
            ("redis://[::1]:99", .tcp(host: "::1", port: 99), nil, nil, 0),
            ("redis://[fe80::1]", .tcp(host: "fe80::1", port: 6379), nil, nil, 0),
            ("unix:/run/redis.sock", .unix(path: "/run/redis.sock"), nil, nil, 0),
            ("unix:///run/r%20s.sock?db=4", .unix(path: "/run/r s.sock"), nil, nil, 4),
            ("unix://u:p@/run/redis.sock", .unix(path: "/run/redis.sock"), "u", "p", 0),
        ] as [(String, RedisConfiguration.Address, String?, String?, Int)])
    func reads(
        url: String, address: RedisConfiguration.Address, username: String?, password: String?, database: Int
    ) throws {
        let configuration = try RedisConfiguration(url: url)
        #expect(configuration.address == address)
        #expect(configuration.username == username)
        #expect(configuration.password == password)
        #expect(configuration.database == database)
    }

    @Test(
        "is refused without being repeated when it is wrong",
        arguments: [
            "", "localhost", "http://secret@h", "rediss://:secret@h", "redis://", "redis://:secret@",
            "redis://secret@h",
            "redis://h:0", "redis://h:65536", "redis://h:secret", "redis://h/secret", "redis://h/-1", "redis://[::1",
            "redis://[::1]secret", "unix:secret", "unix://secret/run", "unix:/run?secret=1", "redis://:secret%4@h",
        ])
    func refuses(url: String) {
        #expect {
            _ = try RedisConfiguration(url: url)
        } throws: { error in
            guard let error = error as? RedisError else { return false }
            return error.code == .invalidConfiguration && !error.message.contains("secret")
        }
    }

    @Test("never shows credentials when a configuration is printed")
    func description() throws {
        let configuration = try RedisConfiguration(url: "redis://me:hush@h:1/2")
        #expect("\(configuration)" == "redis://h:1/2")
    }
}
