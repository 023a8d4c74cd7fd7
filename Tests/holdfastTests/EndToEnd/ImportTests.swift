import HoldfastAPI
import SwiftProtobuf
import Testing

@testable import holdfast

@Suite("Import", .serialized)
struct ImportTests {
    @Test("Good rows are imported, bad ones told, and nothing is doubled by importing again")
    func stock() async throws {
        try await Shop.with { shop in
            let bad = """
                sku,location,quantity
                MUG-BLUE,WAREHOUSE,10
                MUG-BLUE,WAREHOUSE,10
                NOPE,WAREHOUSE,5
                MUG-BLUE,MOON,5
                POSTAGE,WAREHOUSE,1
                MUG-BLUE,WAREHOUSE,many

                """
            let path = try shop.file("delivery.csv", bad)
            let first = try await shop.run("import", path)
            #expect(first.status == 2)
            for expected in [
                "line 4, column 1 (sku)", "line 5, column 2 (location)", "line 6, column 1 (sku)",
                "line 7, column 3 (quantity): \"many\" is not a whole number", "4 rows of \(path) were not imported",
            ] { #expect(first.errors.contains(expected), "\(first.errors)") }
            #expect(first.output.contains("units added        20"), "\(first.output)")
            #expect(try await onHand(shop) == 140)

            let again = try await shop.run("import", path, "--format", "json")
            #expect(again.status == 2)
            #expect(again.output.contains("\"rowsAdded\": 0"))
            #expect(again.output.contains("\"rowsAddedBefore\": 2"))
            #expect(try await onHand(shop) == 140)

            _ = try shop.file(
                "delivery.csv",
                "sku,location,quantity\nMUG-BLUE,WAREHOUSE,10\nMUG-BLUE,WAREHOUSE,10\nMUG-BLUE,WAREHOUSE,3\n")
            let corrected = try await shop.run("import", path)
            #expect(corrected.status == 0, "\(corrected.errors)")
            #expect(try await onHand(shop) == 143)

            let other = try await shop.run("import", path, "--reference", "DN-2")
            #expect(other.status == 0)
            #expect(try await onHand(shop) == 166)
        }
    }

    @Test("A file of which no row can be read is told with its line, every time")
    func quote() async throws {
        try await Shop.with { shop in
            let path = try shop.file("q.csv", "sku,location,quantity\n\"MUG-WHITE,WAREHOUSE,1\n")
            for _ in 0..<20 {
                let answer = try await shop.run("import", path)
                #expect(answer.status == 2, "\(answer.errors)")
                #expect(answer.errors.contains("line 2"), "\(answer.errors)")
            }
        }
    }

    private func onHand(_ shop: Shop) async throws -> Int64 {
        let listed = try await shop.run("stock", "list", "--sku", "MUG-BLUE", "--format", "json")
        return try Holdfast_V1_GetStockResponse(jsonString: listed.output).levels.reduce(0) { $0 + $1.onHand }
    }

    @Test("Products are created, changed and left alone, more than one call holds, whatever is wrong with some")
    func products() async throws {
        try await Shop.with { shop in
            let rows = (1...1_200).map { "P\($0),Product \($0),,true" }
            let header = "sku,name,barcode,tracked"
            let path = try shop.file("products.csv", ([header] + rows).joined(separator: "\r\n"))
            let first = try await shop.run("import", path)
            #expect(first.status == 0, "\(first.errors)")
            #expect(first.output.contains("created       1200"), "\(first.output)")
            // APRON has stock: whether it is counted cannot be changed any more.
            let changed = [header, "P1,Product one,,true", "APRON,Apron,,false", "P2,Product 2,,true"]
            let next = try shop.file("next.csv", changed.joined(separator: "\n"))
            let second = try await shop.run("import", next)
            #expect(second.status == 2)
            #expect(second.errors.contains("next.csv: line 3"), "\(second.errors)")
            #expect(second.output.contains("updated       1"), "\(second.output)")
            #expect(second.output.contains("unchanged     1"), "\(second.output)")
        }
    }

    @Test("A file with other columns changes nothing")
    func header() async throws {
        let folder = try Shop.temporaryFolder()
        defer { PrivateFile.removeTree(folder) }
        let path = folder + "/x.csv"
        try PrivateFile.write("article,count\nA,1\n", to: path)
        let outcome = try await Program.run(["import", path], server: "127.0.0.1:1")
        #expect(outcome.status == 2)
        #expect(outcome.errors.contains("sku,location,quantity"))
        #expect(try await Program.run(["import", folder + "/none.csv"], server: "127.0.0.1:1").status == 2)
    }
}
