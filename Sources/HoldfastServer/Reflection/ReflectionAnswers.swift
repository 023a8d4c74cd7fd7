import HoldfastAPI
import SwiftProtobuf

/// Answers the questions of reflection, whatever version of the service they come by.
struct ReflectionAnswers: Sendable {
    /// `NOT_FOUND` and `INVALID_ARGUMENT`, which travel inside an answer here.
    private static let notFound: Int32 = 5
    private static let invalidArgument: Int32 = 3

    private let index: DescriptorIndex
    private let services: [String]

    /// Makes answers.
    ///
    /// - Parameters:
    ///   - index: What is declared where.
    ///   - services: Full names of the services that the server offers.
    init(index: DescriptorIndex, services: some Sequence<String>) {
        self.index = index
        self.services = Set(services).sorted()
    }

    /// The answer to one question.
    func answer(
        _ request: Grpc_Reflection_V1_ServerReflectionRequest
    ) -> Grpc_Reflection_V1_ServerReflectionResponse {
        .with {
            $0.validHost = request.host
            $0.originalRequest = request
            $0.messageResponse = response(request.messageRequest)
        }
    }

    private func response(
        _ question: Grpc_Reflection_V1_ServerReflectionRequest.OneOf_MessageRequest?
    ) -> Grpc_Reflection_V1_ServerReflectionResponse.OneOf_MessageResponse {
        switch question {
        case .fileByFilename(let name):
            files(index.file(named: name), "there is no file \(name)")
        case .fileContainingSymbol(let symbol):
            files(index.file(declaring: symbol), "nothing is named \(symbol)")
        case .fileContainingExtension(let asked):
            files(
                index.file(extending: asked.containingType, number: asked.extensionNumber),
                "\(asked.containingType) has no extension \(asked.extensionNumber)")
        case .allExtensionNumbersOfType(let type):
            if let numbers = index.extensionNumbers(of: type) {
                .allExtensionNumbersResponse(
                    .with {
                        $0.baseTypeName = type
                        $0.extensionNumber = numbers
                    })
            } else {
                error(Self.notFound, "there is no message \(type)")
            }
        case .listServices:
            .listServicesResponse(.with { $0.service = services.map { name in .with { $0.name = name } } })
        case nil: error(Self.invalidArgument, "the request asks nothing that is known here")
        }
    }

    private func files(
        _ found: [[UInt8]]?, _ otherwise: String
    ) -> Grpc_Reflection_V1_ServerReflectionResponse.OneOf_MessageResponse {
        guard let found else { return error(Self.notFound, otherwise) }
        return .fileDescriptorResponse(.with { $0.fileDescriptorProto = found.map { .init($0) } })
    }

    private func error(
        _ code: Int32, _ message: String
    ) -> Grpc_Reflection_V1_ServerReflectionResponse.OneOf_MessageResponse {
        .errorResponse(
            .with {
                $0.errorCode = code
                $0.errorMessage = message
            })
    }
}
