import JSONText

/// Whose deliveries are ours.
///
/// A valid signature only says that fal sent it: anybody with an account at fal can point a request at our address.
package enum AccountPolicy: Equatable, Sendable {
    /// Only these accounts; given by the operator, never changed by a delivery.
    case pinned(Set<String>)

    /// No account was given and none is learned: any account is taken until ``learn(_:)`` pins one.
    case open

    /// Only this account, which a delivery with a token of ours came from.
    case learned(String)

    /// The policy for the accounts the operator gave, ``open`` if none.
    package init(given accountIDs: some Sequence<String>) {
        let accounts = Set(accountIDs)
        self = accounts.isEmpty ? .open : .pinned(accounts)
    }

    /// Whether a verified delivery of that account is ours.
    package func accepts(_ accountID: String) -> Bool {
        switch self {
        case .pinned(let accounts): accounts.contains { $0.hasSameBytes(as: accountID) }
        case .open: true
        case .learned(let account): account.hasSameBytes(as: accountID)
        }
    }

    /// Pins the account of a verified delivery that came with the token of a submission of ours.
    ///
    /// Only our own submission knows the token, so whoever fal says submitted it is us. The first one counts.
    ///
    /// - Parameter accountID: The account of that delivery.
    /// - Returns: Whether this was the first, and the account is pinned from now on.
    package mutating func learn(_ accountID: String) -> Bool {
        guard case .open = self else { return false }
        self = .learned(accountID)
        return true
    }
}
