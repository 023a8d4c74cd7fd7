/// Reads CSV records one by one with bounded memory.
///
/// The format is RFC 4180's: commas, fields quoted where needed, a doubled quote for a quote, line ends inside quotes;
/// lines end with LF or CRLF, the last one also with the file. A UTF-8 byte order mark is skipped and so are empty
/// lines. A line that breaks these rules is reported and reading goes on with the *next physical line*, also where a
/// stray quote seems to swallow the lines after it, so that no good record is lost.
public struct CSVReader {
    /// What reading on found.
    public enum Item: Hashable, Sendable {
        /// A record.
        case record(CSVRecord)
        /// A line that could not be used, or the end of readable input.
        case problem(RowProblem)
    }

    private enum Scan {
        case record(CSVRecord, end: Int, lines: Int)
        case emptyLine(end: Int)
        case malformed(line: Int, column: Int, reason: String)
        /// The buffered bytes end inside a record.
        case incomplete(insideQuotes: Bool, line: Int, column: Int)
    }

    private let source: any ByteSource
    private let limits: CSVLimits
    private var buffer: [UInt8]
    private var start = 0
    private var end = 0
    private var line = 1
    private var inputEnded = false
    private var inputFailure: ByteSourceError?
    private var finished = false

    /// Reads `source` from its first byte.
    public init(_ source: any ByteSource, limits: CSVLimits = CSVLimits()) {
        self.source = source
        self.limits = limits
        // One byte more than the largest record, so that a full buffer without a whole record proves it is too long.
        buffer = [UInt8](repeating: 0, count: max(limits.recordBytes + 1, 65_536))
        fill()
        if end >= 3, buffer[0] == 0xef, buffer[1] == 0xbb, buffer[2] == 0xbf { start = 3 }
    }

    /// Returns the next record or problem; nil when the input has been used up.
    public mutating func next() -> Item? {
        while !finished {
            if start == end {
                fill()
                if start == end { return finish() }
            }
            switch scan() {
            case .record(let record, let recordEnd, let lines):
                let size = recordEnd - start
                if size > limits.recordBytes { return malformed(line: line, column: nil, reason: tooLong) }
                start = recordEnd
                line += lines
                return .record(record)
            case .emptyLine(let lineEnd):
                start = lineEnd
                line += 1
            case .malformed(let line, let column, let reason):
                return malformed(line: line, column: column, reason: reason)
            case .incomplete(let insideQuotes, let line, let column):
                if !inputEnded {
                    if end - start > limits.recordBytes {
                        return malformed(line: self.line, column: nil, reason: tooLong)
                    }
                    fill()
                } else if insideQuotes {
                    return malformed(
                        line: line, column: column, reason: "the quote that opens this field is never closed")
                } else {
                    // The input failed in the middle of this line: what there is of it cannot be trusted.
                    start = end
                }
            }
        }
        return nil
    }

    private var tooLong: String { "the record is longer than \(limits.recordBytes) bytes" }

    private mutating func finish() -> Item? {
        finished = true
        guard let inputFailure else { return nil }
        return .problem(RowProblem(.inputBrokeOff, line: line, reason: inputFailure.message))
    }

    private mutating func malformed(line: Int, column: Int?, reason: String) -> Item {
        skipLine()
        return .problem(RowProblem(.malformed, line: line, column: column, reason: reason))
    }

    /// Moves behind the first line end from the start of the record.
    private mutating func skipLine() {
        while true {
            if let lineEnd = buffer[start..<end].firstIndex(of: UInt8(ascii: "\n")) {
                start = lineEnd + 1
                line += 1
                return
            }
            start = end
            fill()
            if start == end { return }
        }
    }

    /// Reads until the buffer is full or the input ends, keeping what is not used yet.
    private mutating func fill() {
        guard !inputEnded else { return }
        if start > 0 {
            buffer.withUnsafeMutableBytes { bytes in
                bytes.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
            }
            end -= start
            start = 0
        }
        while end < buffer.count, !inputEnded {
            let result = buffer.withUnsafeMutableBytes { bytes -> Result<Int, ByteSourceError> in
                do throws(ByteSourceError) {
                    return .success(try source.read(into: UnsafeMutableRawBufferPointer(rebasing: bytes[end...])))
                } catch {
                    return .failure(error)
                }
            }
            switch result {
            case .success(let count):
                end += count
                inputEnded = count == 0
            case .failure(let failure):
                inputFailure = failure
                inputEnded = true
            }
        }
    }

    private func scan() -> Scan {
        buffer.withUnsafeBufferPointer { bytes in
            var scanner = CSVScanner(
                bytes: UnsafeBufferPointer(rebasing: bytes[..<end]),
                position: start,
                line: line,
                fieldLimit: limits.fieldBytes,
                fieldCountLimit: limits.fields,
                endIsLineEnd: inputEnded && inputFailure == nil
            )
            switch scanner.scan() {
            case .record:
                if scanner.isEmptyLine { return .emptyLine(end: scanner.position) }
                return .record(scanner.record, end: scanner.position, lines: scanner.line - line)
            case .malformed(let reason):
                return .malformed(line: scanner.faultLine, column: scanner.column, reason: reason)
            case .incomplete(let insideQuotes):
                return .incomplete(insideQuotes: insideQuotes, line: scanner.faultLine, column: scanner.column)
            }
        }
    }
}
