/// The unguessable part of a webhook URL that says which submission a callback belongs to.
///
/// With it a callback is matched even when it comes before fal's answer to the submission, or when that answer was
/// lost. It is a capability: only whoever has the ``HookSecret`` can make one.
package struct HookToken: Hashable, Sendable {
    /// The token as it stands in the URL's path.
    package let text: String

    /// Takes a token as a URL has it; any text will do, for a wrong one matches nothing.
    package init(text: String) {
        self.text = text
    }
}
