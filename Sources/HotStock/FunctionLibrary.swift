/// The Redis function library that ships inside the program.
public enum FunctionLibrary {
    /// Its name, which carries its version: two versions can be loaded side by side.
    public static let name = "holdfast_1"

    /// Its source.
    public static let source = String(decoding: PackageResources.holdfast_1_lua, as: UTF8.self)
}
