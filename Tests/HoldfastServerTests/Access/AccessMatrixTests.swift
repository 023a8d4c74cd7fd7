import Domain
import GRPCCore
import HoldfastAPI
import HoldfastServices
import HoldfastTesting
import OrderProcessing
import SwiftProtobuf
import Testing

@testable import HoldfastServer

@Suite("Who may do what")
struct AccessMatrixTests {
    private static let service = Holdfast_V1_AccessService.descriptor.fullyQualifiedService

    /// Every method of every service, as the generated code describes them.
    static let methods: [MethodDescriptor] =
        Holdfast_V1_CatalogService.Method.descriptors + Holdfast_V1_InventoryService.Method.descriptors
        + Holdfast_V1_AvailabilityService.Method.descriptors + Holdfast_V1_ReservationService.Method.descriptors
        + Holdfast_V1_OrderReviewService.Method.descriptors
        + Holdfast_V1_OrderAmendmentService.Method.descriptors + Holdfast_V1_DraftService.Method.descriptors
        + Holdfast_V1_LateCancellationService.Method.descriptors
        + Holdfast_V1_OrderService.Method.descriptors + Holdfast_V1_OperationsService.Method.descriptors
        + Holdfast_V1_ReturnService.Method.descriptors
        + Holdfast_V1_AccessService.Method.descriptors + Holdfast_V1_EventService.Method.descriptors
        + Holdfast_V1_BackorderService.Method.descriptors + Holdfast_V1_SourcingService.Method.descriptors
        + Holdfast_V1_CustomerService.Method.descriptors
        + Holdfast_V1_PaymentService.Method.descriptors + Holdfast_V1_FulfilmentService.Method.descriptors
        + Holdfast_V1_TrackingService.Method.descriptors

    /// Those that stream, by full name.
    static let streams = Set(methods.filter { $0.type != .unary }.map(\.fullyQualifiedMethod))

    @Test("The table has every method that the server answers, and no other")
    func complete() async throws {
        try await TestDeployment.with { deployment in
            var router = RPCRouter<HTTP2Transport>()
            for service in ServiceRegistry.all(
                promising: deployment.promising,
                processing: OrderProcessing(promising: deployment.promising, logger: AccessStack.logger),
                serving: ServingState { true }, keys: SystemKeyMint(), logger: AccessStack.logger)
            {
                service.registerMethods(with: &router)
            }
            let answered = Set(router.methods.map(\.fullyQualifiedMethod)).filter { method in
                !AccessTable.isOpen(service: String(method.split(separator: "/")[0]))
            }
            #expect(answered == Set(AccessTable.rules.keys))
            #expect(Set(Self.methods.map(\.fullyQualifiedMethod)) == answered)
        }
    }

    @Test("Each role may call its methods and no other, on both lanes and over HTTP/2")
    func roles() async throws {
        try await AccessStack.with { stack in
            for role in Role.allCases {
                let key = try await stack.key([role]).text
                for (method, rule) in AccessTable.rules.sorted(by: { $0.key < $1.key }) {
                    for way in Way.allCases {
                        let answer = try await stack.call(method, by: key, way)
                        if Self.streams.contains(method), way != .http2 {
                            #expect(answer.code == .unimplemented, "\(role) \(method) \(way): \(answer)")
                        } else if rule.roles.contains(role) {
                            #expect(!answer.isDenied, "\(role) \(method) \(way): \(answer)")
                        } else {
                            #expect(answer.code == .permissionDenied, "\(role) \(method) \(way): \(answer)")
                            #expect(answer.reason == "PERMISSION_DENIED")
                        }
                    }
                }
            }
        }
    }

    @Test("Without credentials nothing is answered but health, and a bad one is refused even where none is needed")
    func credentials() async throws {
        for allowsAnonymous in [false, true] {
            try await AccessStack.with(allowsAnonymous: allowsAnonymous) { stack in
                for way in Way.allCases {
                    let health = try await stack.call("grpc.health.v1.Health/Check", by: nil, way)
                    #expect(health.code == nil)
                }
                // The framed transport closes a connection after it refused a credential: one call each.
                for way in Way.allCases {
                    let method = "\(Self.service)/GetCaller"
                    let answer = try await stack.call(method, by: allowsAnonymous ? "nonsense" : nil, way)
                    #expect(answer.code == .unauthenticated, "\(way): \(answer)")
                }
            }
        }
    }

    @Test("A caller is told who it is")
    func whoAmI() async throws {
        try await AccessStack.with { stack in
            let key = try await stack.key([.pos, .kiosk], channels: ["web"])
            let answer = try await stack.call("\(Self.service)/GetCaller", by: key.text, .http2)
            let me = try Holdfast_V1_GetCallerResponse(serializedBytes: answer.body)
            #expect(me.caller == "key:\(key.key.prefix)")
            #expect(me.roles == [.pos, .kiosk])
            #expect(me.scope.channels == ["web"] && me.scope.allLocations && !me.scope.allChannels)
            #expect(me.methods.contains("holdfast.v1.OrderService/PlaceOrder"))
            #expect(!me.methods.contains("holdfast.v1.AccessService/CreateApiKey"))
        }
    }
}
