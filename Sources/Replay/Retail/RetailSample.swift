import CRetailSample

/// The sample that comes with the product: the first 3,000 invoices of the Online Retail data set.
///
/// Daqing Chen, *Online Retail*, UCI Machine Learning Repository, 2015, DOI 10.24432/C5BW33, CC BY 4.0; cut to its first
/// 3,000 invoices (68,903 lines, 2010-12-01 to 2011-01-24).
public enum RetailSample {
    /// The credit that the licence asks for, for people to read.
    public static let credit =
        "Online Retail, Daqing Chen, UCI Machine Learning Repository, 2015, doi:10.24432/C5BW33, CC BY 4.0; "
        + "first 3,000 invoices"

    /// Opens the sample as plain CSV text.
    public static func open() throws(ByteSourceError) -> any ByteSource {
        try InputFile.decoded(EmbeddedByteSource())
    }

    /// Serves the bytes that are part of the binary, without copying them first.
    private final class EmbeddedByteSource: ByteSource {
        private var position = 0

        func read(into destination: UnsafeMutableRawBufferPointer) throws(ByteSourceError) -> Int {
            let sample = UnsafeRawBufferPointer(
                start: holdfast_retail_sample(),
                count: holdfast_retail_sample_size()
            )
            let count = min(destination.count, sample.count - position)
            destination.copyMemory(from: UnsafeRawBufferPointer(rebasing: sample[position..<position + count]))
            position += count
            return count
        }
    }
}
