import ArgumentParser
import Replay

/// `holdfast import`: products or stock from a CSV file.
struct Import: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "import",
        abstract: "Load products or received goods from a CSV file, plain or gzip.",
        discussion: """
            What the file holds is known by its header, whose columns may stand in any order:

              sku,name,barcode,tracked     products; tracked is true or false, empty is true
              sku,location,quantity        goods to add to stock on hand

              holdfast import products.csv
              holdfast import delivery-4711.csv.gz --reference DN-4711

            Good rows are imported, every bad one is listed with line, column and reason, and the exit status is then \
            2. Importing again doubles nothing: products become what the file says, and a row of stock is added once \
            for each delivery, which is named by --reference, else by the file's name. So correct the bad rows and \
            import the same file again; what was added before is counted as such. Name another delivery that has \
            equal rows differently.
            """)

    @Argument(help: "The file.")
    var file: String

    @Option(help: "Name of the delivery, for a file of stock (default: the file's name).")
    var reference: String?

    @Option(help: "How many rows of stock are under way at the same time.")
    var parallel = 16

    @OptionGroup var server: ServerOptions

    mutating func validate() throws {
        guard (1...256).contains(parallel) else { throw ValidationError("--parallel must be 1 to 256") }
        if let reference, !(1...128).contains(reference.utf8.count) {
            throw ValidationError("--reference must have 1 to 128 bytes")
        }
    }

    func run() async throws {
        var reader = try ImportReader(InputFile.open(path: file))
        let kind = reader.layout.kind
        var report = ImportReport()
        var progress = ProgressLine(file, total: 0)
        var stop: CommandFailure?
        do {
            try await server.withClient { client, options in
                switch kind {
                case .products:
                    let products = ProductImport(client: client, options: options)
                    try await products.run(&reader, into: &report, progress: &progress)
                case .stock:
                    let name = reference ?? Delivery.name(path: file)
                    let stock = StockImport(client: client, options: options, delivery: name, parallel: parallel)
                    try await stock.run(&reader, into: &report, progress: &progress)
                }
            }
        } catch {
            stop = CommandFailure(error)
        }
        progress.finish(report.rows)
        for problem in report.problems.sorted(by: { $0.line < $1.line }) { Terminal.error("\(file): \(problem)") }
        if report.problemCount > report.problems.count {
            Terminal.error("\(file): \(report.problemCount - report.problems.count) more problems")
        }
        switch server.format {
        case .table: for line in report.table(kind).lines { Terminal.line(line) }
        case .json: Terminal.line(report.json(kind).pretty())
        }
        if var stop {
            stop.lines.append("  the import stopped here; run it again: what was imported is not imported twice")
            throw stop
        }
        if report.refusedRows > 0 {
            throw CommandFailure(.invalid, "\(report.refusedRows) rows of \(file) were not imported")
        }
    }
}
