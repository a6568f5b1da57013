/// The ports of an installation that nobody outside of it has to know: another program on one of the hosts may have the usual
/// ones. All hosts use the same.
package struct InstallationPorts: Hashable, Sendable {
    package var storeClient = ServicePort.storeClient
    package var storePeer = ServicePort.storePeer
    package var brokerDistribution = ServicePort.brokerDistribution
    package var portMapper = ServicePort.portMapper
    /// Redirects a browser to the console; nil leaves that out.
    package var consoleRedirect: Int? = ServicePort.consoleRedirect

    package init() {}
}
