import Replay
import Testing

@testable import holdfast

@Suite("Import files")
struct ImportReaderTests {
    private func read(_ text: String) throws -> (rows: [ImportRow], problems: [String], kind: ImportLayout.Kind) {
        var reader = try ImportReader(MemoryByteSource(Array(text.utf8)))
        var rows: [ImportRow] = []
        var problems: [String] = []
        while let item = reader.next() {
            switch item {
            case .row(let row): rows.append(row)
            case .problems(let found): problems += found.map(\.description)
            }
        }
        return (rows, problems, reader.layout.kind)
    }

    @Test("Products are read with columns in any order, quotes, CRLF and a byte order mark")
    func products() throws {
        let file = "\u{FEFF}name,tracked,sku,barcode\r\n\"Mug, white\",true,MUG,501\r\n Postage ,no,POST,\r\n"
        let (rows, problems, kind) = try read(file)
        #expect(kind == .products)
        #expect(problems.isEmpty)
        #expect(
            rows == [
                .product(ProductRow(line: 2, sku: "MUG", name: "Mug, white", barcode: "501", tracked: true)),
                .product(ProductRow(line: 3, sku: "POST", name: "Postage", barcode: "", tracked: false)),
            ])
    }

    @Test("A bad row is told by line, column and reason, and the good ones around it are kept")
    func badRows() throws {
        let file = """
            sku,location,quantity
            MUG,LON,5
            MUG,LON,five
            ,LON,1
            MUG,,0
            MUG,LON
            MUG,LON,1000000001
            MU\u{7}G,LON,1
            MUG,LON,6
            """
        let (rows, problems, kind) = try read(file)
        #expect(kind == .stock)
        #expect(
            rows == [
                .stock(StockRow(line: 2, sku: "MUG", location: "LON", quantity: 5)),
                .stock(StockRow(line: 9, sku: "MUG", location: "LON", quantity: 6)),
            ])
        #expect(
            problems == [
                "line 3, column 3 (quantity): \"five\" is not a whole number",
                "line 4, column 1 (sku): is empty",
                "line 5, column 2 (location): is empty",
                "line 5, column 3 (quantity): 0 is not 1 to 1000000000",
                "line 6: 2 fields where the header has 3",
                "line 7, column 3 (quantity): 1000000001 is not 1 to 1000000000",
                "line 8, column 1 (sku): holds a control character",
            ])
    }

    @Test("A sku that stands twice in a product file is told with the line it stood in first")
    func repeatedProduct() throws {
        let (rows, problems, _) = try read("sku,name,barcode,tracked\nA,one,,\nB,two,,\nA,three,,\n")
        #expect(rows.count == 2)
        #expect(problems == ["line 4, column 1 (sku): repeats the sku of line 2"])
    }

    @Test(
        "A header with other columns is refused with the ones expected",
        arguments: ["sku,quantity", "sku,location,quantity,extra", "sku,sku,location,quantity", "", "\n\n"])
    func header(text: String) throws {
        let failure = #expect(throws: ImportFileError.self) { try read(text) }
        #expect(failure.map { CommandFailure($0).status } == .invalid)
    }

    @Test("A stray quote spoils its own row only")
    func strayQuote() throws {
        let (rows, problems, _) = try read("sku,location,quantity\nMU\"G,LON,1\nMUG,LON,2\n")
        #expect(rows == [.stock(StockRow(line: 3, sku: "MUG", location: "LON", quantity: 2))])
        #expect(problems.count == 1)
        #expect(problems.first?.hasPrefix("line 2, column 1 (sku)") == true)
    }
}
