/// A state or an event of a ``StateTable``.
///
/// Its number is stored and never used for anything else; numbers start at 1, new ones are added behind the last.
public protocol LifecycleWord: CaseIterable, Hashable, Sendable, RawRepresentable<Int16> {}

extension LifecycleWord {
    /// Its name as callers and pages read it: the case's, with `_` between words.
    public var word: String {
        var word: [UInt8] = []
        for letter in "\(self)".utf8 {
            if (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(letter) {
                word += [UInt8(ascii: "_"), letter | 0x20]
            } else {
                word.append(letter)
            }
        }
        return String(decoding: word, as: UTF8.self)
    }
}
