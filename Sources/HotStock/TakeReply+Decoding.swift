import Domain
import RedisClient

extension TakeReply {
    init(_ value: RESPValue, expected: Int) throws {
        guard let elements = value.array, elements.count == expected + 1, let sequence = elements[0].int64 else {
            throw HotStockError.malformed("a reply of take has another shape")
        }
        self.sequence = sequence
        outcomes = []
        outcomes.reserveCapacity(expected)
        for element in elements.dropFirst() {
            guard let numbers = element.array, let code = numbers.first?.int64 else {
                throw HotStockError.malformed("an outcome of take is not an array")
            }
            switch code {
            case 1:
                let (takes, after) = try TakeReply.takes(numbers)
                outcomes.append(.taken(takes, after: after))
            case 2:
                let (takes, after) = try TakeReply.takes(numbers)
                outcomes.append(.adopted(takes, after: after))
            case -1: outcomes.append(.short(try TakeReply.short(numbers)))
            case -2:
                guard numbers.count == 2, let cell = numbers[1].int64 else {
                    throw HotStockError.malformed("an unknown cell without its number")
                }
                outcomes.append(.unknownCell(CellID(cell)))
            case -3: outcomes.append(.differentRequest)
            default: throw HotStockError.malformed("outcome \(code) of take")
            }
        }
    }

    private static func takes(_ numbers: [RESPValue]) throws -> (takes: [CellTake], after: [Int64]) {
        guard numbers.count % 4 == 1 else { throw HotStockError.malformed("takes do not come in fours") }
        var takes: [CellTake] = []
        takes.reserveCapacity(numbers.count / 4)
        var figures: [Int64] = []
        figures.reserveCapacity(numbers.count / 4)
        for index in stride(from: 1, to: numbers.count, by: 4) {
            guard let line = numbers[index].int64, let cell = numbers[index + 1].int64,
                let quantity = numbers[index + 2].int64, let after = numbers[index + 3].int64
            else { throw HotStockError.malformed("a take is not made of numbers") }
            takes.append(CellTake(line: Int(line), cell: CellID(cell), quantity: quantity))
            figures.append(after)
        }
        return (takes, figures)
    }

    private static func short(_ numbers: [RESPValue]) throws -> [LineAvailable] {
        guard numbers.count % 2 == 1 else { throw HotStockError.malformed("short lines do not come in pairs") }
        return try stride(from: 1, to: numbers.count, by: 2).map { index in
            guard let line = numbers[index].int64, let available = numbers[index + 1].int64 else {
                throw HotStockError.malformed("a short line is not made of numbers")
            }
            return LineAvailable(line: Int(line), available: max(0, available))
        }
    }
}
