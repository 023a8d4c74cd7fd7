/// A state with a well-mixed word to hash by.
package protocol Fingerprinted: Equatable {
    /// Equal states have equal fingerprints; different ones rarely do.
    var fingerprint: UInt64 { get }
}

/// What an explorer explores.
package protocol TransitionSystem {
    /// A state: small and compared as a whole.
    associatedtype State: Fingerprinted
    /// A step between two states.
    associatedtype Step
    /// A broken promise.
    associatedtype Violation

    /// Where every run begins.
    var initial: State { get }

    /// Adds every state that one step leads to. A step that changes nothing may be left out.
    func successors(of state: State, into next: inout [Successor<Step, State>])

    /// What is broken by a step, or nil.
    func violation(from before: State, to after: State) -> Violation?

    /// A state that stands for this one: what can happen from either can happen from both, in as many steps.
    func canonical(_ state: State) -> State
}

extension TransitionSystem {
    /// Every state stands for itself.
    package func canonical(_ state: State) -> State { state }
}

/// A step and where it leads.
package struct Successor<Step, State> {
    /// What happens.
    package var step: Step
    /// The state after it.
    package var state: State

    /// Makes a successor.
    package init(step: Step, state: State) {
        self.step = step
        self.state = state
    }
}

extension Successor: Sendable where Step: Sendable, State: Sendable {}
