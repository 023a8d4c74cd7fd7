/// A reply of the server.
public enum RESPValue: Hashable, Sendable {
    /// The null bulk string or the null array.
    case null

    /// An integer.
    case integer(Int64)

    /// A status such as `OK`.
    case simple(String)

    /// A string of any bytes.
    case bulk(RESPBytes)

    /// An array; its elements may be errors.
    case array([RESPValue])

    /// An error inside an array. An error that is the whole reply fails the command instead.
    case error(RedisError)

    /// The value as an integer: an integer reply, or a string that is one in decimal; nil for everything else.
    public var int64: Int64? {
        switch self {
        case .integer(let value): value
        case .bulk(let bytes): bytes.int64
        case .simple(let text): Int64(text)
        case .null, .array, .error: nil
        }
    }

    /// The value as text: a string or a status; nil for everything else, integers included.
    public var string: String? {
        switch self {
        case .bulk(let bytes): bytes.string
        case .simple(let text): text
        case .null, .integer, .array, .error: nil
        }
    }

    /// The bytes of a bulk string; nil for everything else.
    public var bytes: RESPBytes? {
        guard case .bulk(let bytes) = self else { return nil }
        return bytes
    }

    /// The elements of an array; nil for everything else.
    public var array: [RESPValue]? {
        guard case .array(let elements) = self else { return nil }
        return elements
    }

    /// The error that stands in this place; nil for everything else.
    public var error: RedisError? {
        guard case .error(let error) = self else { return nil }
        return error
    }

    /// Whether this is the null reply.
    public var isNull: Bool {
        guard case .null = self else { return false }
        return true
    }
}
