/// A state or an event of a ``StateTable``.
///
/// Its number is stored and never used for anything else; numbers start at 1, new ones are added behind the last.
public protocol LifecycleWord: CaseIterable, Hashable, Sendable, RawRepresentable<Int16> {}

extension LifecycleWord {
    /// Its name as callers and pages read it: the case's, with `_` between words.
    public var word: String {
        var word = ""
        for letter in "\(self)" {
            if letter.isUppercase {
                word += "_" + letter.lowercased()
            } else {
                word.append(letter)
            }
        }
        return word
    }
}
