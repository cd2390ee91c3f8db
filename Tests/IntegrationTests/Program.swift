import FoundationEssentials
import Glibc
import TestSupport

/// The built `falconer`, found beside the test bundle.
enum Program {
    static let path: String = {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = readlink("/proc/self/exe", &buffer, buffer.count)
        let bundle = String(decoding: buffer.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return bundle.split(separator: "/").dropLast().reduce("") { "\($0)/\($1)" } + "/falconer"
    }()

    /// Variables that keep it to this machine and to itself: it looks models up nowhere, and finds none kept.
    static let environment = [
        "NO_COLOR": "1", "FALCONER_FAL_SITE_URL": "http://127.0.0.1:1", "XDG_CACHE_HOME": "/nonexistent",
    ]

    /// Starts it.
    static func start(_ arguments: [String], environment: [String: String] = [:]) throws -> ChildProcess {
        try ChildProcess(path, arguments, environment: environment.merging(Self.environment) { own, _ in own })
    }

    /// Runs it to its end.
    static func run(
        _ arguments: [String],
        environment: [String: String] = [:],
        within limit: Duration = .seconds(60)
    ) throws -> (exit: ChildProcess.Exit?, output: String, error: String) {
        let process = try start(arguments, environment: environment)
        let exit = process.waitForExit(within: limit)
        return (exit, process.text(.standardOutput), process.text(.standardError))
    }
}

/// What did not work before the test proper began.
struct SetUpFailure: Error, CustomStringConvertible {
    let description: String
}

/// A line of JSON as a dictionary, for looking into.
func object(_ line: String) throws -> [String: JSONValue] {
    try JSONDecoder().decode([String: JSONValue].self, from: Data(line.utf8))
}

/// A JSON value of any kind.
enum JSONValue: Decodable, Equatable {
    case string(String)
    case number(Double)
    case bool(Bool)
    case array([JSONValue])
    case object([String: JSONValue])
    case null

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode([JSONValue].self) {
            self = .array(value)
        } else {
            self = .object(try container.decode([String: JSONValue].self))
        }
    }

    var string: String? {
        if case .string(let value) = self { value } else { nil }
    }

    subscript(name: String) -> JSONValue? {
        if case .object(let members) = self { members[name] } else { nil }
    }

    subscript(index: Int) -> JSONValue? {
        if case .array(let elements) = self, elements.indices.contains(index) { elements[index] } else { nil }
    }
}
