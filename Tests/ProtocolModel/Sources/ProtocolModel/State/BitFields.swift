extension FixedWidthInteger where Self: UnsignedInteger {
    /// Reads `width` bits from `offset` upwards.
    @inline(__always)
    func bits(_ offset: Int, _ width: Int) -> Int {
        Int(
            truncatingIfNeeded: (self &>> Self(truncatingIfNeeded: offset))
                & ((1 &<< Self(truncatingIfNeeded: width)) &- 1))
    }

    /// Writes `width` bits from `offset` upwards.
    ///
    /// A value that does not fit is a fault of the configuration: it stops.
    @inline(__always)
    mutating func setBits(_ offset: Int, _ width: Int, to value: Int) {
        precondition(value >= 0 && value < (1 &<< width), "a configuration outgrew the model's field widths")
        let mask: Self = ((1 &<< Self(truncatingIfNeeded: width)) &- 1) &<< Self(truncatingIfNeeded: offset)
        self = (self & ~mask) | (Self(truncatingIfNeeded: value) &<< Self(truncatingIfNeeded: offset))
    }
}
