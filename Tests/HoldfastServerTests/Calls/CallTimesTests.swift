import GRPCCore
import HoldfastAPI
import HoldfastServices
import NIOCore
import Testing

@testable import HoldfastServer

@Suite("Times of methods")
struct CallTimesTests {
    @Test("What a customer waits for is short, the books are long, all else has the usual time")
    func table() {
        #expect(CallTimes.time(of: Holdfast_V1_ReservationService.Method.Reserve.descriptor) == .seconds(10))
        #expect(CallTimes.time(of: Holdfast_V1_OperationsService.Method.CheckBooks.descriptor) == .minutes(2))
        #expect(CallTimes.time(of: Holdfast_V1_CatalogService.Method.ListProducts.descriptor) == .seconds(30))
        #expect(CallTimes.byMethod.values.allSatisfy { $0 > .zero && $0 < CallTimes.longest })
        #expect(CallTimes.longest == .minutes(10))
    }

    @Test("The server gives every method what its clients are told that it gives", arguments: AccessMatrixTests.methods)
    func published(method: MethodDescriptor) {
        #expect(CallTimes.time(of: method) == TimeAmount(HoldfastDeadlines.time(of: method)))
    }
}
