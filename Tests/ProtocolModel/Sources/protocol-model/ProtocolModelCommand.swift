import ProtocolModel

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Runs one configuration, whole or with a rule removed, and says what it found.
@main
struct ProtocolModelCommand {
    static let usage = """
        usage: protocol-model --list
               protocol-model [--configuration NAME] [--mutant NAME] [--oversell] [--bound STATES]
               protocol-model --tables

        Without --configuration a mutant runs in the one that refutes it soonest, and the sound protocol in all of them.
        --oversell looks on, past the first broken promise, to the first unit that is really promised twice.
        --tables runs everything and prints the tables of the README.
        """

    static func main() {
        var configuration: Configuration?
        var mutant: Mutant?
        var promises = Set(Violation.allCases)
        var bound = 40_000_000
        var arguments = CommandLine.arguments.dropFirst()
        while let argument = arguments.popFirst() {
            switch argument {
            case "--list": return list()
            case "--tables": return tables(bound: bound)
            case "--help", "-h": return print(usage)
            case "--configuration":
                guard let name = arguments.popFirst(), let known = Configuration.named(name) else {
                    fail("--configuration wants one of: \(Configuration.all.map(\.name).joined(separator: " "))")
                }
                configuration = known
            case "--mutant":
                guard let name = arguments.popFirst(), let known = Mutant(rawValue: name) else {
                    fail("--mutant wants one of: \(Mutant.allCases.map(\.rawValue).joined(separator: " "))")
                }
                mutant = known
            case "--oversell": promises = [.oversell]
            case "--bound":
                guard let number = arguments.popFirst().flatMap({ Int($0) }), number > 0, number < Int(UInt32.max)
                else {
                    fail("--bound wants a number of states")
                }
                bound = number
            default: fail("\(argument) is not known\n\(usage)")
            }
        }
        if let mutant {
            run(configuration ?? mutant.configuration, mutant, promises, bound: bound)
        } else if let configuration {
            run(configuration, nil, promises, bound: bound)
        } else {
            for configuration in Configuration.all { run(configuration, nil, promises, bound: bound) }
        }
    }

    private static func list() {
        print("configurations")
        for configuration in Configuration.all { print("  \(configuration.name): \(configuration.purpose)") }
        print("mutants")
        for mutant in Mutant.allCases { print("  \(mutant) (\(mutant.configuration.name))") }
    }

    private static func run(_ configuration: Configuration, _ mutant: Mutant?, _ promises: Set<Violation>, bound: Int) {
        let title = configuration.name + (mutant.map { " without a rule: \($0)" } ?? "")
        let result = Model(configuration, mutant: mutant, promises: promises).check(bound: bound)
        switch result.verdict {
        case .exhausted: print("\(title): exhausted, no violation in \(result.states) states, depth \(result.depth)")
        case .boundReached:
            print("\(title): bound reached after \(result.states) states, depth \(result.depth): proves nothing")
        case .violated(let counterExample):
            print("\(title): violated, \(result.states) states met")
            print(counterExample)
        }
    }

    private static func tables(bound: Int) {
        print(Tables.configurationHead)
        for configuration in Configuration.all {
            let result = Model(configuration).check(bound: bound)
            guard case .exhausted = result.verdict else { fail("\(configuration.name) is not exhausted") }
            print(Tables.row(configuration, states: result.states, depth: result.depth))
        }
        print("\n" + Tables.mutantHead)
        for mutant in Mutant.allCases {
            let result = Model(mutant.configuration, mutant: mutant).check(bound: bound)
            guard case .violated(let found) = result.verdict else {
                guard case .exhausted = result.verdict else { fail("\(mutant) is neither refuted nor exhausted") }
                print(Tables.row(mutant, broken: nil, oversell: nil))
                continue
            }
            let further = Model(mutant.configuration, mutant: mutant, promises: [.oversell]).check(bound: bound)
            var oversell: Int?
            if case .violated(let counterExample) = further.verdict { oversell = counterExample.length }
            print(Tables.row(mutant, broken: (found.violation, found.length), oversell: oversell))
        }
    }

    private static func fail(_ message: String) -> Never {
        print(message)
        exit(64)
    }
}
