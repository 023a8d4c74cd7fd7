public import NIOCore
import RedisClient

/// A function library as a Redis has it.
public struct LoadedLibrary: Sendable, Hashable {
    /// Its name.
    public var name: String
    /// Its revision: 1 where it tells none.
    public var revision: Int

    /// Reads an entry of `FUNCTION LIST`; nil for anything else.
    init?(_ value: RESPValue) {
        var name: String?
        revision = 1
        let facts = value.array ?? []
        for index in stride(from: 0, to: facts.count - 1, by: 2) {
            switch facts[index].string {
            case "library_name": name = facts[index + 1].string
            case "functions":
                let texts = (facts[index + 1].array ?? []).flatMap { $0.array ?? [] }.compactMap(\.string)
                revision = texts.lazy.compactMap { FunctionLibrary.revision(in: $0) }.first ?? 1
            default: continue
            }
        }
        guard let name else { return nil }
        self.name = name
    }
}

extension HotStock {
    /// The deployment-independent function libraries of Holdfast that a Redis has, in any version.
    public func libraries() -> EventLoopFuture<[LoadedLibrary]> {
        link.send(RedisCommand("FUNCTION", "LIST", "LIBRARYNAME", FunctionLibrary.family + "*")).map { value in
            (value.array ?? []).compactMap { LoadedLibrary($0) }.sorted { $0.name < $1.name }
        }.flatMapErrorThrowing { throw HotStockError($0) }
    }

    /// Loads the function library where it is absent or of an earlier revision.
    ///
    /// Later revisions do all that this program asks for, so one that a newer program has loaded is left alone; and so is
    /// the same one, because every load disarms. Where servers of two versions run side by side the library is therefore
    /// replaced once, by the first of the newer ones, and all of them use it from then on: the older ones find themselves
    /// disarmed, as after any loss of Redis, and go on when the vshards have been loaded.
    public func ensureFunctions() -> EventLoopFuture<Void> {
        libraries().flatMap { libraries in
            let loaded = libraries.first { $0.name == FunctionLibrary.name }
            guard let loaded else { return load(RedisCommand("FUNCTION", "LOAD", FunctionLibrary.source)) }
            guard loaded.revision < FunctionLibrary.revision else { return link.eventLoop.makeSucceededVoidFuture() }
            return load(RedisCommand("FUNCTION", "LOAD", "REPLACE", FunctionLibrary.source))
        }
    }

    private func load(_ command: RedisCommand) -> EventLoopFuture<Void> {
        link.send(command).map { _ in }.flatMapErrorThrowing { error in
            // Another server was faster.
            guard let error = error as? RedisError, error.message.contains("already exists") else {
                throw HotStockError(error)
            }
        }
    }
}
