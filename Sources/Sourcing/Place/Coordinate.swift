#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// A point on the Earth, in millionths of a degree: about 11 cm.
public struct Coordinate: Hashable, Sendable {
    /// Degrees north, in millionths: -90,000,000 to 90,000,000.
    public var latitude: Int64
    /// Degrees east, in millionths: -180,000,000 to 180,000,000.
    public var longitude: Int64

    /// Makes a point; nil where it is none on the Earth.
    public init?(latitude: Int64, longitude: Int64) {
        guard (-90_000_000...90_000_000).contains(latitude), (-180_000_000...180_000_000).contains(longitude) else {
            return nil
        }
        self.latitude = latitude
        self.longitude = longitude
    }

    /// Mean radius of the Earth in metres (IUGG's R1).
    public static let earthRadius = 6_371_008.8

    /// Length of the great circle to another point, in whole metres, rounded to the nearest.
    ///
    /// The haversine formula: `2 R asin √(sin²(Δφ/2) + cos φ₁ cos φ₂ sin²(Δλ/2))` (R. W. Sinnott, “Virtues of the
    /// Haversine”, Sky and Telescope 68, 1984). On a sphere, so within some 0.5 % of the distance on the ellipsoid.
    public func metres(to other: Coordinate) -> Int64 {
        func radians(_ millionths: Int64) -> Double { Double(millionths) / 1e6 * .pi / 180 }
        let north = sin(radians(other.latitude - latitude) / 2)
        let east = sin(radians(other.longitude - longitude) / 2)
        let square = north * north + cos(radians(latitude)) * cos(radians(other.latitude)) * east * east
        return Int64((2 * Coordinate.earthRadius * asin(min(1, square.squareRoot()))).rounded())
    }
}
