import SwiftProtobuf

/// Finds the files of a descriptor set by what they declare.
struct DescriptorIndex: Sendable {
    private struct File: Sendable {
        let bytes: [UInt8]
        let imports: [String]
    }

    private var files: [String: File] = [:]
    /// File by the full name of what it declares.
    private var declarations: [String: String] = [:]
    /// File by extended message and field number.
    private var extensions: [String: [Int32: String]] = [:]

    /// Reads a serialized `google.protobuf.FileDescriptorSet`.
    init(serializedSet bytes: [UInt8]) throws {
        let set = try Google_Protobuf_FileDescriptorSet(serializedBytes: bytes)
        for file in set.file {
            files[file.name] = File(bytes: try file.serializedBytes(), imports: file.dependency)
            add(file)
        }
    }

    /// The file of this name and all that it imports, itself first; `nil` where there is none.
    func file(named name: String) -> [[UInt8]]? {
        guard files[name] != nil else { return nil }
        var found: [[UInt8]] = []
        var seen: Set<String> = [name]
        var due = [name][...]
        while let next = due.popFirst() {
            guard let file = files[next] else { continue }
            found.append(file.bytes)
            for imported in file.imports where seen.insert(imported).inserted { due.append(imported) }
        }
        return found
    }

    /// The file that declares a service, method, message, field, enum, enum value or extension.
    ///
    /// - Parameter symbol: Its full name.
    /// - Returns: The file and all that it imports, itself first; `nil` where nothing has this name.
    func file(declaring symbol: String) -> [[UInt8]]? {
        declarations[symbol].flatMap { file(named: $0) }
    }

    /// The file that declares an extension.
    ///
    /// - Parameters:
    ///   - type: Full name of the message that it extends.
    ///   - number: Its field number.
    /// - Returns: The file and all that it imports, itself first; `nil` where there is no such extension.
    func file(extending type: String, number: Int32) -> [[UInt8]]? {
        extensions[type]?[number].flatMap { file(named: $0) }
    }

    /// The numbers of a message's extensions in order; `nil` where there is no such message.
    func extensionNumbers(of type: String) -> [Int32]? {
        if let numbers = extensions[type]?.keys { return numbers.sorted() }
        return declarations[type] == nil ? nil : []
    }

    // MARK: - Reading

    private mutating func add(_ file: Google_Protobuf_FileDescriptorProto) {
        for message in file.messageType { add(message, in: file.package, file.name) }
        for type in file.enumType { add(type, in: file.package, file.name) }
        for field in file.extension { add(extension: field, in: file.package, file.name) }
        for service in file.service {
            let name = declare(service.name, in: file.package, file.name)
            for method in service.method { declare(method.name, in: name, file.name) }
        }
    }

    private mutating func add(_ message: Google_Protobuf_DescriptorProto, in scope: String, _ file: String) {
        let name = declare(message.name, in: scope, file)
        for field in message.field { declare(field.name, in: name, file) }
        for choice in message.oneofDecl { declare(choice.name, in: name, file) }
        for nested in message.nestedType { add(nested, in: name, file) }
        for type in message.enumType { add(type, in: name, file) }
        for field in message.extension { add(extension: field, in: name, file) }
    }

    private mutating func add(_ type: Google_Protobuf_EnumDescriptorProto, in scope: String, _ file: String) {
        declare(type.name, in: scope, file)
        // Values are named in the scope of their enum, not below it.
        for value in type.value { declare(value.name, in: scope, file) }
    }

    private mutating func add(
        extension field: Google_Protobuf_FieldDescriptorProto, in scope: String, _ file: String
    ) {
        declare(field.name, in: scope, file)
        let extended = field.extendee.hasPrefix(".") ? String(field.extendee.dropFirst()) : field.extendee
        extensions[extended, default: [:]][field.number] = file
    }

    @discardableResult
    private mutating func declare(_ name: String, in scope: String, _ file: String) -> String {
        let full = scope.isEmpty ? name : "\(scope).\(name)"
        declarations[full] = file
        return full
    }
}
