/// A certificate and its private key.
package struct TLSIdentity: Sendable {
    /// The certificate chain, PEM.
    package var certificatePEM: String
    /// The private key, PEM, without a passphrase.
    package var privateKeyPEM: String

    /// Puts the two together; they are checked when the server starts.
    package init(certificatePEM: String, privateKeyPEM: String) {
        self.certificatePEM = certificatePEM
        self.privateKeyPEM = privateKeyPEM
    }
}

/// How a server is set up.
package struct HTTPServerConfiguration: Sendable {
    /// Where it listens.
    package var listen: [ListenAddress]
    /// The paths of Unix sockets it listens on, beside or instead of addresses; the files' mode is 0660.
    package var unixSockets: [String]
    /// How many event loops it runs, each on a thread of its own; nil means one for each core.
    package var threads: Int?
    /// What it takes from its clients.
    package var limits: ServerLimits
    /// The certificate, for HTTPS on every address; nil for plain HTTP.
    package var tls: TLSIdentity?
    /// What its threads are called, at most 10 bytes; never sent to a client.
    package var serverName: String
    /// Told by each loop, in its thread, when it begins to work and when it waits again; must not block.
    package var onWork: (@Sendable (_ isWorking: Bool) -> Void)?

    /// Sets a server up.
    package init(
        listen: [ListenAddress] = [.anyLoopbackPort],
        unixSockets: [String] = [],
        threads: Int? = nil,
        limits: ServerLimits = ServerLimits(),
        tls: TLSIdentity? = nil,
        serverName: String = "http",
        onWork: (@Sendable (_ isWorking: Bool) -> Void)? = nil
    ) {
        self.listen = listen
        self.unixSockets = unixSockets
        self.threads = threads
        self.limits = limits
        self.tls = tls
        self.serverName = serverName
        self.onWork = onWork
    }
}
