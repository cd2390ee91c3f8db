/// What is made to happen to system calls, and what the service then has to do.
struct SystemCallFault: Sendable {
    /// What the service has to do.
    enum Expectation: Sendable {
        /// It goes on, and stores again as soon as the calls succeed.
        case goesOn
        /// It stores nothing any more and ends with exit code 8, also where a second try would succeed.
        case givesUp
        /// It is killed by the fault itself.
        case dies
        /// It may do either: go on, or give up with exit code 8.
        case goesOnOrGivesUp
    }

    /// How the fault is called in what is printed.
    var name: String
    /// What is injected, without `when`.
    var injections: [String]
    /// What has to come of it.
    var expectation: Expectation
    /// Whether every call from the chosen one on fails, rather than that one alone.
    var isLasting = false

    /// The calls that write to the journal.
    static let writes = "pwrite64,pwritev,pwritev2"
    /// The calls that rename.
    static let renames = "rename,renameat,renameat2"

    /// The arguments for strace that make the fault happen at one call.
    ///
    /// - Parameter number: Which of the calls, from 1; each thread and each kind of call is counted apart (strace(1)).
    /// - Returns: The arguments.
    func arguments(at number: Int) -> [String] {
        let calls = injections.compactMap { $0.split(separator: ":").first.map(String.init) }
        return ["-e", "trace=\(calls.joined(separator: ","))"]
            + injections.enumerated().flatMap { index, injection in
                // What follows from the first fault is counted from its own beginning.
                ["-e", "inject=\(injection):when=\(index == 0 ? "\(number)\(isLasting ? "+" : "")" : "1+")"]
            }
    }

    /// Those that are made while the service stores.
    static let whileServing: [SystemCallFault] = [
        SystemCallFault(name: "write ENOSPC", injections: ["\(writes):error=ENOSPC"], expectation: .goesOn),
        SystemCallFault(
            name: "write ENOSPC from then on",
            injections: ["\(writes):error=ENOSPC"],
            expectation: .goesOn,
            isLasting: true
        ),
        SystemCallFault(name: "write EIO", injections: ["\(writes):error=EIO"], expectation: .givesUp),
        SystemCallFault(name: "write SIGKILL", injections: ["\(writes):signal=SIGKILL"], expectation: .dies),
        SystemCallFault(name: "any write SIGKILL", injections: ["write:signal=SIGKILL"], expectation: .dies),
        SystemCallFault(name: "fdatasync EIO", injections: ["fdatasync:error=EIO"], expectation: .givesUp),
        SystemCallFault(
            name: "fdatasync EIO from then on",
            injections: ["fdatasync:error=EIO"],
            expectation: .givesUp,
            isLasting: true
        ),
        SystemCallFault(name: "fdatasync ENOSPC", injections: ["fdatasync:error=ENOSPC"], expectation: .givesUp),
        SystemCallFault(name: "fdatasync SIGKILL", injections: ["fdatasync:signal=SIGKILL"], expectation: .dies),
        SystemCallFault(name: "fsync EIO", injections: ["fsync:error=EIO"], expectation: .givesUp),
        SystemCallFault(name: "fsync SIGKILL", injections: ["fsync:signal=SIGKILL"], expectation: .dies),
        SystemCallFault(name: "open EMFILE", injections: ["openat:error=EMFILE"], expectation: .goesOn),
        SystemCallFault(
            name: "open EMFILE from then on",
            injections: ["openat:error=EMFILE"],
            expectation: .goesOn,
            isLasting: true
        ),
        SystemCallFault(name: "open EIO", injections: ["openat:error=EIO"], expectation: .goesOnOrGivesUp),
        SystemCallFault(
            name: "write ENOSPC and ftruncate EIO",
            injections: ["\(writes):error=ENOSPC", "ftruncate:error=EIO"],
            expectation: .givesUp
        ),
        SystemCallFault(
            name: "write ENOSPC and ftruncate SIGKILL",
            injections: ["\(writes):error=ENOSPC", "ftruncate:signal=SIGKILL"],
            expectation: .dies
        ),
    ]

    /// Those that are made while a start repairs a damaged journal; it may succeed, or end with exit code 8.
    static let whileStarting: [SystemCallFault] =
        [writes, "fdatasync", "fsync", "openat", renames, "ftruncate", "unlink,unlinkat", "mkdir,mkdirat"].flatMap {
            calls in
            ["error=EIO", "error=ENOSPC", "signal=SIGKILL"].map { action in
                SystemCallFault(
                    name: "\(calls) \(action)",
                    injections: ["\(calls):\(action)"],
                    expectation: action.hasPrefix("signal") ? .dies : .goesOnOrGivesUp
                )
            }
        } + [
            SystemCallFault(
                name: "openat error=EMFILE",
                injections: ["openat:error=EMFILE"],
                expectation: .goesOnOrGivesUp
            )
        ]
}
