import GRPCCore
import HoldfastAPI
import SwiftProtobuf

/// Reflection: tells tools the protos of what the server offers.
struct ReflectionService: Grpc_Reflection_V1_ServerReflection.SimpleServiceProtocol {
    let answers: ReflectionAnswers
    var idle = IdleBound()

    /// Answers question by question.
    func serverReflectionInfo(
        request: RPCAsyncSequence<Grpc_Reflection_V1_ServerReflectionRequest, any Error>,
        response: RPCWriter<Grpc_Reflection_V1_ServerReflectionResponse>, context: ServerContext
    ) async throws {
        try await idle.answer(request) { try await response.write(answers.answer($0)) }
    }
}

/// The same under its older name: its messages have the same fields, so each is read as the other.
struct OlderReflectionService: Grpc_Reflection_V1alpha_ServerReflection.SimpleServiceProtocol {
    let answers: ReflectionAnswers
    var idle = IdleBound()

    /// Answers question by question.
    func serverReflectionInfo(
        request: RPCAsyncSequence<Grpc_Reflection_V1alpha_ServerReflectionRequest, any Error>,
        response: RPCWriter<Grpc_Reflection_V1alpha_ServerReflectionResponse>, context: ServerContext
    ) async throws {
        try await idle.answer(request) { question in
            let answer = answers.answer(try .init(serializedBytes: question.serializedBytes() as [UInt8]))
            try await response.write(try .init(serializedBytes: answer.serializedBytes() as [UInt8]))
        }
    }
}

/// Puts reflection together.
enum Reflection {
    private static let names = [
        Grpc_Reflection_V1_ServerReflection.descriptor.fullyQualifiedService,
        Grpc_Reflection_V1alpha_ServerReflection.descriptor.fullyQualifiedService,
    ]

    /// Both versions of the service, for a server that offers services of these full names beside them.
    static func services(beside offered: some Sequence<String>) throws -> [any RegistrableRPCService] {
        let answers = ReflectionAnswers(
            index: try DescriptorIndex(serializedSet: PackageResources.descriptors_binpb), services: offered + names)
        return [ReflectionService(answers: answers), OlderReflectionService(answers: answers)]
    }
}
