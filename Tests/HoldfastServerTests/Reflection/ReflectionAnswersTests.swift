import HoldfastAPI
import SwiftProtobuf
import Testing

@testable import HoldfastServer

@Suite("What reflection answers")
struct ReflectionAnswersTests {
    /// `shop.proto` imports `base.proto`, which has a message with extensions.
    private static let answers: ReflectionAnswers = {
        let base = Google_Protobuf_FileDescriptorProto.with {
            $0.name = "base.proto"
            $0.package = "base"
            $0.messageType = [
                .with {
                    $0.name = "Open"
                    $0.extensionRange = [.with { ($0.start, $0.end) = (100, 200) }]
                }
            ]
        }
        let shop = Google_Protobuf_FileDescriptorProto.with {
            $0.name = "shop.proto"
            $0.package = "shop"
            $0.dependency = ["base.proto"]
            $0.messageType = [
                .with {
                    $0.name = "Order"
                    $0.field = [.with { $0.name = "lines" }]
                    $0.nestedType = [.with { $0.name = "Line" }]
                    $0.enumType = [
                        .with {
                            $0.name = "State"
                            $0.value = [.with { $0.name = "OPEN" }]
                        }
                    ]
                }
            ]
            $0.service = [
                .with {
                    $0.name = "Orders"
                    $0.method = [.with { $0.name = "Place" }]
                }
            ]
            $0.extension = [
                .with {
                    $0.name = "late"
                    $0.extendee = ".base.Open"
                    $0.number = 101
                },
                .with {
                    $0.name = "early"
                    $0.extendee = ".base.Open"
                    $0.number = 100
                },
            ]
        }
        do {
            let set: [UInt8] = try Google_Protobuf_FileDescriptorSet.with { $0.file = [base, shop] }.serializedBytes()
            return ReflectionAnswers(index: try DescriptorIndex(serializedSet: set), services: ["shop.Orders", "a.A"])
        } catch {
            fatalError("the descriptors of the test cannot be read: \(error)")
        }
    }()

    private func ask(
        _ question: Grpc_Reflection_V1_ServerReflectionRequest.OneOf_MessageRequest?
    ) -> Grpc_Reflection_V1_ServerReflectionResponse {
        Self.answers.answer(
            .with {
                $0.host = "h"
                $0.messageRequest = question
            })
    }

    private func files(_ answer: Grpc_Reflection_V1_ServerReflectionResponse) throws -> [String] {
        try answer.fileDescriptorResponse.fileDescriptorProto.map {
            try Google_Protobuf_FileDescriptorProto(serializedBytes: $0).name
        }
    }

    @Test(
        "Everything that a file declares leads to it and to what it imports",
        arguments: [
            "shop.Orders", "shop.Orders.Place", "shop.Order", "shop.Order.lines", "shop.Order.Line", "shop.Order.State",
            "shop.Order.OPEN", "shop.late",
        ])
    func symbols(name: String) throws {
        let answer = ask(.fileContainingSymbol(name))
        #expect(try files(answer) == ["shop.proto", "base.proto"])
        #expect(answer.validHost == "h")
        #expect(answer.originalRequest.fileContainingSymbol == name)
    }

    @Test("Files, extensions and services are found")
    func others() throws {
        #expect(try files(ask(.fileByFilename("base.proto"))) == ["base.proto"])
        let late = Grpc_Reflection_V1_ExtensionRequest.with {
            $0.containingType = "base.Open"
            $0.extensionNumber = 101
        }
        #expect(try files(ask(.fileContainingExtension(late))) == ["shop.proto", "base.proto"])
        let numbers = ask(.allExtensionNumbersOfType("base.Open")).allExtensionNumbersResponse
        #expect(numbers.baseTypeName == "base.Open")
        #expect(numbers.extensionNumber == [100, 101])
        #expect(ask(.allExtensionNumbersOfType("shop.Order")).allExtensionNumbersResponse.extensionNumber == [])
        #expect(ask(.listServices("")).listServicesResponse.service.map(\.name) == ["a.A", "shop.Orders"])
    }

    @Test("What is not there is told inside the answer")
    func missing() {
        #expect(ask(.fileByFilename("none")).errorResponse.errorCode == 5)
        #expect(ask(.fileContainingSymbol("shop")).errorResponse.errorCode == 5)
        #expect(ask(.fileContainingExtension(.init())).errorResponse.errorCode == 5)
        #expect(ask(.allExtensionNumbersOfType("none")).errorResponse.errorCode == 5)
        #expect(ask(nil).errorResponse.errorCode == 3)
    }

    @Test("The descriptors of this program hold its services and the types of error details")
    func own() throws {
        let index = try DescriptorIndex(serializedSet: PackageResources.descriptors_binpb)
        for name in ["holdfast.v1.OrderService.PlaceOrder", "grpc.health.v1.Health.Watch", "google.rpc.ErrorInfo"] {
            #expect(index.file(declaring: name) != nil, "\(name)")
        }
    }
}
