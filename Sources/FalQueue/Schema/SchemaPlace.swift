/// Where in an input a value is, as the checks go down.
struct SchemaPlace {
    /// The path, `loras[0].path`; empty for the whole.
    let path: String
    /// How many schemas deep it is.
    let depth: Int
    /// The keys that schemas beside this one know, for the same value.
    let knownBeside: Set<String>

    /// The whole input.
    static let root = SchemaPlace(path: "", depth: 0, knownBeside: [])

    /// A key's value.
    func member(_ name: String) -> SchemaPlace {
        SchemaPlace(path: path.isEmpty ? name : "\(path).\(name)", depth: depth + 1, knownBeside: [])
    }

    /// A list's element.
    func element(_ index: Int) -> SchemaPlace {
        SchemaPlace(path: "\(path)[\(index)]", depth: depth + 1, knownBeside: [])
    }

    /// The same value, for a schema that is a part of the one before.
    func part(knownBeside names: Set<String>) -> SchemaPlace {
        SchemaPlace(path: path, depth: depth + 1, knownBeside: knownBeside.union(names))
    }
}
