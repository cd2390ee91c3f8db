/// One value of the configuration, and where it comes from: a flag, over a variable, over the default.
struct Setting<Value> {
    /// Where a value comes from.
    enum Origin: String {
        case flag
        case environment
        case byDefault = "default"
    }

    let name: String
    let value: Value
    let origin: Origin
}

/// The environment, as a value so that a test can bring its own.
struct Environment {
    let variables: [String: String]

    /// The value of a variable; an empty one counts as not set.
    subscript(name: String) -> String? {
        variables[name].flatMap { $0.isEmpty ? nil : $0 }
    }

    /// Chooses between a flag, `FALCONER_<NAME>` and the default.
    ///
    /// - Parameters:
    ///   - name: The flag's name, `public-url`.
    ///   - flag: What the flag says, if it was given.
    ///   - fallback: The default.
    /// - Returns: The value, and where it comes from.
    func setting(_ name: String, flag: String?, default fallback: String?) -> Setting<String?> {
        if let flag { return Setting(name: name, value: flag, origin: .flag) }
        if let variable = self[Self.variable(for: name)] {
            return Setting(name: name, value: variable, origin: .environment)
        }
        return Setting(name: name, value: fallback, origin: .byDefault)
    }

    /// The variable that stands for a flag: `FALCONER_PUBLIC_URL` for `public-url`.
    static func variable(for flag: String) -> String {
        "FALCONER_" + flag.uppercased().map { $0 == "-" ? "_" : String($0) }.joined()
    }
}
