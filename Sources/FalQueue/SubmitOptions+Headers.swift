extension SubmitOptions {
    /// A header that has no option of its own.
    package struct Header: Sendable, Hashable {
        /// Its name, one of ``SubmitOptions/extraHeaderNames`` in any case.
        package let name: String
        /// Its value, visible ASCII and spaces.
        package let value: String

        /// A header by its name and value.
        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// The headers that may be given by name (https://fal.ai/docs/documentation/model-apis/common-parameters); the
    /// others either have an option or would take the key or the body elsewhere.
    package static let extraHeaderNames = [
        "x-fal-tags", "x-fal-retry-config", "x-fal-runner-hint", "x-fal-store-io", "x-app-fal-disable-fallback",
    ]
    /// What the names of the local emulator's headers begin with; fal does not know them.
    package static let emulatorHeaderPrefix = "x-emulator-"
    /// The most such headers.
    package static let extraHeadersMax = 16
    /// The longest value of such a header, bytes; fal takes 16 KB of headers altogether.
    package static let extraHeaderBytesMax = 1_024

    /// What cannot be sent of them.
    var headerProblems: [InputProblem] {
        var problems: [InputProblem] = []
        if extraHeaders.count > Self.extraHeadersMax {
            problems.append(.error("headers", "are too many", allowed: "at most \(Self.extraHeadersMax)"))
        }
        for header in extraHeaders {
            let name = header.name.lowercased()
            let suffix = name.dropFirst(Self.emulatorHeaderPrefix.count)
            let isEmulators =
                name.hasPrefix(Self.emulatorHeaderPrefix) && name.utf8.count <= 64 && !suffix.isEmpty
                && suffix.utf8.allSatisfy {
                    $0 == UInt8(ascii: "-") || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0)
                }
            if !Self.extraHeaderNames.contains(name), !isEmulators {
                problems.append(
                    .error(header.name, "cannot be sent", allowed: Self.extraHeaderNames.joined(separator: ", "))
                )
            } else if header.value.isEmpty || header.value.utf8.count > Self.extraHeaderBytesMax
                || !header.value.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7f })
            {
                problems.append(
                    .error(
                        header.name,
                        "has a value that cannot be sent",
                        allowed: "1 to \(Self.extraHeaderBytesMax) characters of visible ASCII"
                    )
                )
            }
        }
        return problems
    }
}
