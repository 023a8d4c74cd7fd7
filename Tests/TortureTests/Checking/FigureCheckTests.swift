import HoldfastAPI
import SwiftProtobuf
import Testing
import Torture

@Suite("Answers about availability")
struct FigureCheckTests {
    private let request = Holdfast_V1_CheckAvailabilityRequest.with { request in
        request.items = [("MUG", "DC", Int64(3)), ("CUP", "", 1)].map { sku, location, quantity in
            .with {
                $0.sku = sku
                $0.location = location
                $0.quantity = quantity
            }
        }
    }

    private func answer(_ figures: [(Int64, Bool)]) -> Holdfast_V1_CheckAvailabilityResponse {
        .with { answer in
            answer.items = figures.map { available, sufficient in
                .with {
                    $0.available = available
                    $0.sufficient = sufficient
                }
            }
        }
    }

    @Test("an answer that cannot be right whatever there was is found")
    func flaws() throws {
        #expect(FigureCheck.flaw(in: answer([(3, true), (0, false)]), to: request) == nil)
        #expect(
            FigureCheck.flaw(in: answer([(3, true)]), to: request) == "2 questions had 1 answers")
        #expect(FigureCheck.flaw(in: answer([(-1, false), (0, false)]), to: request) == "MUG@DC: -1 are available")
        #expect(
            FigureCheck.flaw(in: answer([(3, true), (0, true)]), to: request)
                == "CUP: 0 are available, and 1 are enough")
        #expect(
            FigureCheck.flaw(in: answer([(3, false), (0, false)]), to: request)
                == "MUG@DC: 3 are available, and 3 are too many")
        let found = ReadCheck.violations(of: [WrongFigure(server: 1, seen: 8, flaw: "CUP: -1 are available")])
        #expect(found == [Violation(.wrongFigure, "server 1 said of availability: CUP: -1 are available", moment: 8)])
    }

    @Test("at rest, every figure that is not what there is is found: none of an emptied Redis passes")
    func differences() {
        let said = answer([(0, false), (1, true)])
        #expect(FigureCheck.differences(said, to: request, available: [5, 1]) == ["MUG@DC: 0, not 5"])
        #expect(FigureCheck.differences(said, to: request, available: [0, 1]).isEmpty)
        #expect(
            FigureCheck.differences(answer([]), to: request, available: [0, 1]) == ["2 questions had 0 answers"])
    }
}
