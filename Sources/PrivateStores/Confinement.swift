import Glibc

/// How a child is started: without privileges it does not need, and so that it does not outlive us.
///
/// `setpriv` drops to the account, asks the kernel for a signal when our thread ends, and becomes the program.
struct Confinement: Sendable {
    private let setpriv: String
    let account: ServiceAccount?

    init(account: ServiceAccount?) throws(PrivateStoreError) {
        self.setpriv = try ProgramFinder.setpriv()
        self.account = account
    }

    /// The command line for a program that gets `deathSignal`, a name such as `KILL`, when we end without stopping it.
    func arguments(deathSignal: String, _ program: [String]) -> [String] {
        var arguments = [self.setpriv, "--pdeathsig", deathSignal]
        if let account {
            arguments += ["--reuid", String(account.userID), "--regid", String(account.groupID), "--clear-groups"]
        }
        return arguments + ["--"] + program
    }

    /// Runs a program to its end.
    func run(_ program: [String], log: String, seconds: Int = 120) throws(PrivateStoreError) -> ChildProcess.Exit {
        let child = try ChildProcess(self.arguments(deathSignal: "KILL", program), log: log)
        if let exit = child.waitForExit(seconds: seconds) { return exit }
        child.signal(SIGKILL)
        throw PrivateStoreError(.timedOut, "\(program.first ?? "") did not end within \(seconds) s; its log is \(log)")
    }
}
