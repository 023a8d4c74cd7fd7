import Foundation
import PrivateStores
import Testing

@Suite("A private Redis")
struct PrivateRedisTests {
    @Test("answers on its unix socket and on its port, and is gone after a stop")
    func answersAndStops() async throws {
        try await ScratchDirectory.with { directory in
            let redis = try await PrivateRedis.start(directory: directory, listensOnPort: true)
            let port = try #require(redis.port)
            #expect(try Shell.run("redis-cli", ["-s", redis.unixSocketPath, "PING"]) == "PONG")
            #expect(try Shell.run("redis-cli", ["-h", "127.0.0.1", "-p", String(port), "SET", "k", "v"]) == "OK")
            #expect(redis.url == "unix:\(redis.unixSocketPath)")
            #expect(redis.portURL == "redis://127.0.0.1:\(port)")
            let pid = try #require(redis.processID)
            await redis.stop()
            #expect(!Shell.isAlive(pid))
            #expect(redis.processID == nil)
        }
    }

    @Test("keeps nothing on disk and evicts nothing")
    func hasNoPersistence() async throws {
        try await ScratchDirectory.with { directory in
            let redis = try await PrivateRedis.start(directory: directory)
            let socket = redis.unixSocketPath
            #expect(try Shell.run("redis-cli", ["-s", socket, "CONFIG", "GET", "save"]) == "save")
            #expect(try Shell.run("redis-cli", ["-s", socket, "CONFIG", "GET", "appendonly"]).hasSuffix("no"))
            #expect(
                try Shell.run("redis-cli", ["-s", socket, "CONFIG", "GET", "maxmemory-policy"]).hasSuffix("noeviction"))
            try Shell.run("redis-cli", ["-s", socket, "SET", "k", "v"])
            redis.kill9()
            #expect(redis.processID == nil)
            try await redis.restart()
            #expect(redis.unixSocketPath == socket)
            #expect(try Shell.run("redis-cli", ["-s", socket, "DBSIZE"]) == "0")
            await redis.stop()
        }
    }

    @Test("asks for its password and takes further settings")
    func takesPasswordAndSettings() async throws {
        try await ScratchDirectory.with { directory in
            let redis = try await PrivateRedis.start(
                directory: directory, password: #"s3 "cr\et"#, settings: ["databases": "3"])
            let socket = redis.unixSocketPath
            #expect(try Shell.run("redis-cli", ["-s", socket, "PING"]).hasPrefix("NOAUTH"))
            let answer = try Shell.run(
                "redis-cli", ["-s", socket, "--no-auth-warning", "-a", #"s3 "cr\et"#, "CONFIG", "GET", "databases"])
            #expect(answer.hasSuffix("3"))
            #expect(redis.url.hasPrefix("unix://:s3%20%22cr%5Cet@/"))
            await redis.stop()
        }
    }

    @Test("refuses a directory that another live one uses, and takes it afterwards")
    func refusesSharedDirectory() async throws {
        try await ScratchDirectory.with { directory in
            let first = try await PrivateRedis.start(directory: directory)
            await #expect {
                _ = try await PrivateRedis.start(directory: directory)
            } throws: { ($0 as? PrivateStoreError)?.code == .directoryUnusable }
            #expect(try Shell.run("redis-cli", ["-s", first.unixSocketPath, "PING"]) == "PONG")
            await first.stop()
            let second = try await PrivateRedis.start(directory: directory)
            await second.stop()
        }
    }

    @Test("puts its socket into a short directory when its own is too deep, and removes it")
    func deepDirectory() async throws {
        try await ScratchDirectory.with(depth: 6) { directory in
            let redis = try await PrivateRedis.start(directory: directory)
            #expect(redis.unixSocketPath.utf8.count <= 107)
            #expect(!redis.unixSocketPath.hasPrefix(directory))
            #expect(try Shell.run("redis-cli", ["-s", redis.unixSocketPath, "PING"]) == "PONG")
            await redis.stop()
            #expect(!FileManager.default.fileExists(atPath: redis.unixSocketPath))
        }
    }

    @Test("says what went wrong when a setting is refused")
    func reportsFailure() async throws {
        try await ScratchDirectory.with { directory in
            await #expect {
                _ = try await PrivateRedis.start(directory: directory, settings: ["no-such-setting": "1"])
            } throws: { error in
                guard let error = error as? PrivateStoreError else { return false }
                return error.code == .programFailed && error.message.contains("no-such-setting")
            }
        }
    }

    @Test("can be paused and go on")
    func pauses() async throws {
        try await ScratchDirectory.with { directory in
            let redis = try await PrivateRedis.start(directory: directory)
            redis.pause()
            let pid = try #require(redis.processID)
            let isStopped = try await Shell.eventually {
                try String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8).contains(") T ")
            }
            #expect(isStopped)
            redis.resume()
            #expect(try Shell.run("redis-cli", ["-s", redis.unixSocketPath, "PING"]) == "PONG")
            // A paused server can be stopped too.
            redis.pause()
            await redis.stop()
            #expect(!Shell.isAlive(pid))
        }
    }

    @Test("does not keep open what we have open")
    func inheritsNothing() async throws {
        try await ScratchDirectory.with { directory in
            var descriptors: [Int32] = [0, 0]
            try #require(pipe(&descriptors) == 0)
            let redis = try await PrivateRedis.start(directory: directory)
            close(descriptors[1])
            var byte: UInt8 = 0
            // The end of the pipe is seen only if nobody else holds its other end.
            var poller = pollfd(fd: descriptors[0], events: Int16(POLLIN), revents: 0)
            #expect(poll(&poller, 1, 5_000) == 1)
            #expect(read(descriptors[0], &byte, 1) == 0)
            close(descriptors[0])
            await redis.stop()
        }
    }
}
