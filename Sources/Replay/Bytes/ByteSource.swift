/// A stream of bytes that is read once, front to back.
///
/// Reading blocks the calling thread, so sources belong to command line work and not to a server's request path.
/// A source is used by one task at a time.
public protocol ByteSource: AnyObject {
    /// Copies the next bytes to the front of `destination`.
    ///
    /// Returns how many were copied, at most `destination.count`; 0 only at the end of the stream or for an empty
    /// destination. Whatever could be read before a fault is delivered first; the call after that throws, and so does
    /// every later one.
    func read(into destination: UnsafeMutableRawBufferPointer) throws(ByteSourceError) -> Int
}
