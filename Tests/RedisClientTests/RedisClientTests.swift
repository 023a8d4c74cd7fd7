import NIOCore
import PrivateStores
import RedisClient
import Testing

@Suite("A Redis client", RedisServer())
struct RedisClientTests {
    @Test("reads every kind of reply")
    func replies() async throws {
        try await RedisServer.withClient { client in
            let key = RedisServer.key()
            #expect(try await client.send(RedisCommand("PING")) == .simple("PONG"))
            #expect(try await client.send(RedisCommand("GET", key)) == .null)
            #expect(try await client.send(RedisCommand("SET", key, "12")) == .simple("OK"))
            let bulk = try await client.send(RedisCommand("GET", key))
            #expect(bulk.string == "12")
            #expect(bulk.int64 == 12)
            #expect(try await client.send(RedisCommand("INCR", key)) == .integer(13))
            #expect(try await client.send(RedisCommand("MGET", key, key + "x")).array?.map(\.isNull) == [false, true])
            let nested = try await client.send(
                RedisCommand("EVAL", "return {1, {'a', {}}, redis.error_reply('BAD luck'), false}", "0"))
            #expect(
                nested
                    == .array([
                        .integer(1), .array([.bulk(RESPBytes("a")), .array([])]),
                        .error(RedisError(.server, "BAD luck")), .null,
                    ]))
            await #expect {
                _ = try await client.send(RedisCommand("INCR", key, "too", "many"))
            } throws: { error in
                guard let error = error as? RedisError else { return false }
                return error.code == .server && error.serverCode == "ERR" && !error.isOutcomeUnknown
            }
        }
    }

    @Test("sends binary, empty and very long arguments unchanged")
    func arguments() async throws {
        try await RedisServer.withClient { client in
            let key = RedisServer.key()
            var samples: [[UInt8]] = [[], [0], Array("\r\n$3\r\nabc\r\n".utf8), Array(0...255)]
            samples += (13...18).map { Array(repeating: UInt8($0), count: $0) }
            samples.append(Array(repeating: 7, count: 5_000_000))
            for sample in samples {
                var set = RedisCommand("SET")
                set.append(key)
                set.append(sample)
                _ = try await client.send(set)
                let reply = try await client.send(RedisCommand("GET", key))
                #expect(reply.bytes?.array == sample)
                #expect(reply.bytes?.count == sample.count)
            }
            for number in [Int64.min, -1, 0, 1, 9, 10, 99, 100, Int64.max] {
                var echo = RedisCommand("ECHO")
                echo.append(number)
                let reply = try await client.send(echo)
                #expect(reply.string == String(number))
                #expect(reply.int64 == number)
            }
        }
    }

    @Test("sends a command of thousands of arguments")
    func manyArguments() async throws {
        try await RedisServer.withClient { client in
            var command = RedisCommand("EVAL", capacity: 65_536)
            command.append("local sum = 0 for i = 1, #ARGV do sum = sum + ARGV[i] end return {#ARGV, sum}")
            command.append(0)
            for number in 1...5_000 { command.append(number) }
            #expect(command.argumentCount == 5_003)
            let reply = try await client.send(command)
            #expect(reply == .array([.integer(5_000), .integer(12_502_500)]))
        }
    }

    @Test("keeps the order of pipelined commands on each loop")
    func pipelining() async throws {
        try await RedisServer.withClient(loops: 2) { client in
            #expect(client.links.count == 2)
            for link in client.links {
                let key = RedisServer.key()
                let replies = try await link.eventLoop.flatSubmit {
                    let futures = (1...3_000).map { _ in link.send(RedisCommand("INCR", key)) }
                    return EventLoopFuture.whenAllSucceed(futures, on: link.eventLoop)
                }.get()
                #expect(replies == (1...3_000).map { .integer($0) })
                #expect(client.link(on: link.eventLoop) === link)
            }
        }
    }

    @Test("writes the commands of one tick together, and those that replies cause at once")
    func repliesCauseCommands() async throws {
        try await RedisServer.withClient { client in
            let link = client.anyLink
            let key = RedisServer.key()
            let last = try await link.eventLoop.flatSubmit {
                (1...100).reduce(link.send(RedisCommand("INCR", key))) { former, _ in
                    former.flatMap { _ in link.send(RedisCommand("INCR", key)) }
                }
            }.get()
            #expect(last == .integer(101))
        }
    }

    @Test("connects by port, with a name and a database of its own")
    func port() async throws {
        let url = try #require(try RedisServer.current.portURL)
        var configuration = try RedisConfiguration(url: url + "/3")
        configuration.clientName = "till-7"
        try await RedisServer.withClient(configuration) { client in
            let list = try await client.send(RedisCommand("CLIENT", "INFO"))
            #expect(list.string?.contains("name=till-7") == true)
            #expect(list.string?.contains("db=3") == true)
        }
    }

    @Test("tells the server's run id")
    func runID() async throws {
        try await RedisServer.withClient { client in
            let link = client.anyLink
            let state = try await link.eventLoop.submit { link.state }.get()
            let information = try await client.send(RedisCommand("INFO", "server"))
            guard case .connected(let runID) = state else {
                Issue.record("not connected")
                return
            }
            #expect(runID.count == 40)
            #expect(information.string?.contains("run_id:\(runID)") == true)
        }
    }

    @Test("gives its credentials, and does not connect with wrong ones")
    func credentials() async throws {
        try await RedisServer.withServer(password: "p@ss w:rd/%") { redis in
            try await RedisServer.withClient(RedisConfiguration(url: redis.url)) { client in
                _ = try await client.send(RedisCommand("ACL", "SETUSER", "till", "on", ">secret", "~*", "+@all"))
            }
            var configuration = try RedisConfiguration(url: "unix://till:secret@\(redis.unixSocketPath)")
            try await RedisServer.withClient(configuration) { client in
                let name = try await client.send(RedisCommand("ACL", "WHOAMI"))
                #expect(name.string == "till")
            }
            configuration.password = "wrong"
            try await RedisServer.withClient(configuration, waits: false) { client in
                await #expect {
                    try await client.waitUntilConnected(timeout: .milliseconds(300))
                } throws: { ($0 as? RedisError)?.code == .notConnected }
                let isRefused = try await RedisServer.eventually {
                    do {
                        _ = try await client.send(RedisCommand("PING"))
                        return false
                    } catch let error as RedisError {
                        return error.code == .notConnected && error.message.contains("WRONGPASS")
                    }
                }
                #expect(isRefused)
            }
        }
    }

    @Test("refuses commands past the bound on those in flight, and recovers")
    func bounds() async throws {
        var configuration = try RedisConfiguration(url: RedisServer.current.url)
        configuration.maximumInFlightCommands = 10
        configuration.maximumInFlightBytes = 100_000
        try await RedisServer.withClient(configuration) { client in
            let link = client.anyLink
            let results = try await link.eventLoop.flatSubmit {
                let futures = (0..<30).map { _ in link.send(RedisCommand("PING")) }
                return EventLoopFuture.whenAllComplete(futures, on: link.eventLoop)
            }.get()
            #expect(results.prefix(10).allSatisfy { (try? $0.get()) == .simple("PONG") })
            #expect(
                results.dropFirst(10).allSatisfy { result in
                    guard case .failure(let error as RedisError) = result else { return false }
                    return error.code == .overloaded && !error.isOutcomeUnknown
                })
            await #expect {
                _ = try await client.send(RedisCommand("ECHO", String(repeating: "x", count: 200_000)))
            } throws: { ($0 as? RedisError)?.code == .overloaded }
            #expect(try await client.send(RedisCommand("PING")) == .simple("PONG"))
        }
    }

    @Test("fails after a shutdown, which may be asked for twice")
    func shutdown() async throws {
        try await RedisServer.withClient { client in
            await client.shutdown()
            await #expect {
                _ = try await client.send(RedisCommand("PING"))
            } throws: { ($0 as? RedisError)?.code == .closed }
            await client.shutdown()
            await #expect {
                try await client.waitUntilConnected()
            } throws: { ($0 as? RedisError)?.code == .closed }
        }
    }
}
