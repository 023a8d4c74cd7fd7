import Replay

/// Input that the tests share.
enum Samples {
    static let header = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country"

    /// The nine-month file in the folder beside this one.
    static let nineMonths = folder("Tests/Data/online_retail_2010-12_2011-08.csv.gz")
    static let nineMonthsExpected = folder("Tests/Data/online_retail_expected.json")
    static let sliceExpected = folder("Sources/Replay/Sample/online_retail_slice_expected.json")

    /// A path below the package's root, found from where this file stands.
    private static func folder(_ path: String, from file: String = #filePath) -> String {
        file.split(separator: "/", omittingEmptySubsequences: false).dropLast(4).joined(separator: "/") + "/" + path
    }

    /// Everything a source delivers, and the error it ends with.
    static func drain(_ source: any ByteSource, chunk: Int = 1_000) -> (bytes: [UInt8], error: ByteSourceError?) {
        var bytes: [UInt8] = []
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: chunk, alignment: 1)
        defer { buffer.deallocate() }
        do throws(ByteSourceError) {
            while true {
                let count = try source.read(into: buffer)
                if count == 0 { return (bytes, nil) }
                bytes.append(contentsOf: buffer[..<count])
            }
        } catch {
            return (bytes, error)
        }
    }

    /// Rows and problems of a file made of the header and `lines`.
    static func rows(_ lines: [String]) throws -> (rows: [RetailRow], problems: RowProblems) {
        try rows(text: ([header] + lines).joined(separator: "\n") + "\n")
    }

    static func rows(text: String) throws -> (rows: [RetailRow], problems: RowProblems) {
        var reader = try RetailReader(MemoryByteSource(Array(text.utf8)))
        var rows: [RetailRow] = []
        while let row = reader.next() { rows.append(row) }
        return (rows, reader.problems)
    }
}
