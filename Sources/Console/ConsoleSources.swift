import Keystone

/// Where the cluster page gets its state.
package protocol ClusterStateSource: Sendable {
    /// The state now, or as it was a second or two ago. Never fails and never takes long: what does not answer is part
    /// of the state.
    func state() async -> ClusterState
}

/// Where the pages on networks and ports get their rows.
package protocol NetworkListing: Sendable {
    /// The networks that a person may see, in the order of their names.
    ///
    /// - Parameters:
    ///   - search: what their name, id or subnet must contain; empty for all.
    ///   - page: from 1.
    func networks(for session: ConsoleSession, search: String, page: Int) async -> ListPage<NetworkRow>

    /// One network; nil when there is none with this id that the person may see.
    func network(_ id: String, for session: ConsoleSession) async -> NetworkDetails?

    /// The ports that a person may see.
    ///
    /// - Parameters:
    ///   - search: what their name, id, address, MAC, device or host must contain; empty for all.
    ///   - network: the id of the only network to look at; nil for all.
    func ports(for session: ConsoleSession, search: String, network: String?, page: Int) async -> ListPage<PortRow>
}

/// Decides who may use the console.
package protocol SignIn: Sendable {
    /// What a person is asked for.
    var form: SignInForm { get }

    /// - Throws: ``KeystoneError`` `unauthorized` when it is wrong; `unavailable` when nobody can say.
    func identity(of attempt: SignInAttempt) async throws(KeystoneError) -> Identity
}

package enum SignInForm: Hashable, Sendable {
    /// User, password, project and domain, with what the fields say at first.
    case password(project: String, domain: String)
    /// The development token.
    case token
}

/// What a person has typed.
package struct SignInAttempt: Hashable, Sendable {
    package var user: String
    /// The password, or the token.
    package var password: String
    package var project: String
    package var domain: String

    package init(user: String, password: String, project: String, domain: String) {
        self.user = user
        self.password = password
        self.project = project
        self.domain = domain
    }
}

/// Signs people in with Keystone.
package struct KeystoneSignIn: SignIn {
    private let authentication: KeystoneAuthentication
    package let form: SignInForm

    /// - Parameters:
    ///   - project: what the form offers as the project.
    ///   - domain: what the form offers as the domain.
    package init(authentication: KeystoneAuthentication, project: String = "admin", domain: String = "Default") {
        self.authentication = authentication
        form = .password(project: project, domain: domain)
    }

    package func identity(of attempt: SignInAttempt) async throws(KeystoneError) -> Identity {
        try await authentication.issueToken(
            Credentials(
                user: attempt.user, password: attempt.password, userDomain: attempt.domain, project: attempt.project,
                projectDomain: attempt.domain)
        ).identity
    }
}

/// Signs in whoever has the embedded controller's token.
package struct TokenSignIn: SignIn {
    private let validator: any TokenValidator

    package init(validator: any TokenValidator) {
        self.validator = validator
    }

    package var form: SignInForm { .token }

    package func identity(of attempt: SignInAttempt) async throws(KeystoneError) -> Identity {
        try await validator.validate(attempt.password)
    }
}
