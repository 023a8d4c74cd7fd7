import Replay

@testable import holdfast

/// Reads CSV; however the bytes arrive, the records and problems are the same.
///
/// The first byte chooses how many bytes arrive at a time, the second the limits.
func readCSV(_ bytes: UnsafeRawBufferPointer) {
    guard bytes.count > 2 else { return }
    let file = Array(bytes[2...])
    let limits = CSVLimits(
        fieldBytes: 4 << Int(bytes[1] & 7), recordBytes: 16 << Int(bytes[1] >> 3 & 7), fields: 2 + Int(bytes[1] >> 6))
    let whole = items(CSVReader(MemoryByteSource(file), limits: limits), limits)
    let pieces = items(CSVReader(MemoryByteSource(file, largestRead: 1 + Int(bytes[0])), limits: limits), limits)
    precondition(whole == pieces, "how the bytes of a file arrive changes its records")
    precondition(whole.count <= file.count + 1, "there are more records than bytes")
}

private func items(_ reader: CSVReader, _ limits: CSVLimits) -> [CSVReader.Item] {
    var reader = reader
    var items: [CSVReader.Item] = []
    var line = 0
    while let item = reader.next() {
        if case .record(let record) = item {
            precondition(record.line > line, "two records begin on one line")
            line = record.line
            precondition((1...limits.fields).contains(record.count), "a record has too many fields")
            for index in 0..<record.count {
                precondition(record[index].count <= limits.fieldBytes, "a field is too long")
            }
        }
        items.append(item)
    }
    precondition(reader.next() == nil, "a file goes on behind its end")
    return items
}

/// Reads the books of a shop.
func readRetailBooks(_ bytes: UnsafeRawBufferPointer) {
    do {
        var reader = try RetailReader(MemoryByteSource(Array(bytes)), problemsKept: 8)
        var rows = 0
        while let row = reader.next() {
            precondition(row.line > 1, "a row stands on the line of the header")
            rows += 1
        }
        precondition(rows <= bytes.count, "there are more rows than bytes")
    } catch {
        // Refused, as it should be.
    }
}

/// Reads an import file.
func readImportFile(_ bytes: UnsafeRawBufferPointer) {
    do {
        var reader = try ImportReader(MemoryByteSource(Array(bytes)))
        while let item = reader.next() {
            switch item {
            case .problems(let problems): precondition(!problems.isEmpty, "a row is refused without a reason")
            case .row(.stock(let row)): precondition(row.quantity > 0, "a row adds nothing")
            case .row(.product(let row)): precondition(!row.sku.isEmpty, "a product has no sku")
            }
        }
    } catch {
        // Refused, as it should be.
    }
}
