/// The stable names of all findings. Programs may rely on them; texts may change.
package enum DiagnosticCode: String, Hashable, Sendable, CaseIterable {
    // The file as such.
    /// The file is missing, a directory, or not readable.
    case unreadableFile = "unreadable-file"
    /// The bytes are not UTF-8.
    case notUTF8 = "not-utf8"
    /// An option of the command line is malformed.
    case badOption = "bad-option"

    // The Python text.
    /// The text is not in the subset of Python that Skein reads.
    case syntax
    /// A size or nesting limit is exceeded.
    case limitExceeded = "limit-exceeded"
    /// A name is used that nothing assigns.
    case undefinedName = "undefined-name"
    /// Python itself would stop here.
    case badOperation = "bad-operation"
    /// A dict has a key twice.
    case duplicateKey = "duplicate-key"
    /// A name is assigned twice, with different values.
    case reassigned
    /// The file asks for an environment variable that was not given.
    case environmentUnset = "environment-unset"
    /// The file imports a module other than fabric and os.
    case importIgnored = "import-ignored"
    /// The file calls something for its effect.
    case callIgnored = "call-ignored"

    // Keys and values in general.
    /// A value has the wrong type.
    case wrongType = "wrong-type"
    /// A value is of the right type and means nothing.
    case badValue = "bad-value"
    /// A key that Contrail and Skein do not know.
    case unknownKey = "unknown-key"
    /// A known key in a place where the original ignored it, or a known slip of its name.
    case misplacedKey = "misplaced-key"
    /// A key of the original that Skein does not use.
    case unusedKey = "unused-key"
    /// A key that Skein reads and that has no effect yet.
    case notUsedYet = "not-used-yet"
    /// A variable that nothing uses.
    case unusedVariable = "unused-variable"
    /// A setting of the original that asks for what Skein does not do.
    case unsupportedSetting = "unsupported-setting"
    /// A setting that never had an effect as it is written.
    case ineffectiveValue = "ineffective-value"
    /// An older name of a setting.
    case legacyName = "legacy-name"
    /// A setting is an empty string.
    case emptyValue = "empty-value"
    /// A boolean is spelled in a way that the original took for something else.
    case booleanSpelling = "boolean-spelling"
    /// A value stands for something that should have been filled in.
    case placeholder
    /// An address cannot be read.
    case badAddress = "bad-address"

    // Hosts and roles.
    /// `env.roledefs` is missing.
    case missingRoledefs = "missing-roledefs"
    /// A role that is needed has no hosts.
    case missingRole = "missing-role"
    /// A role that Contrail and Skein do not know.
    case unknownRole = "unknown-role"
    /// A role of the original that Skein does not use.
    case unusedRole = "unused-role"
    /// A role of Contrail 4's containers.
    case containerRole = "container-role"
    /// A host string cannot be read.
    case badHostString = "bad-host-string"
    /// A host string has no user.
    case hostWithoutUser = "host-without-user"
    /// A host is given by name where an address is needed or better.
    case hostByName = "host-by-name"
    /// A host has a role and is not in `all`.
    case hostNotInAll = "host-not-in-all"
    /// A host is in `all` and has no role.
    case hostWithoutRole = "host-without-role"
    /// A host is listed twice, or two hosts have one address.
    case duplicateHost = "duplicate-host"
    /// Two hosts have one name.
    case duplicateHostname = "duplicate-hostname"
    /// A host name cannot be one.
    case badHostname = "bad-hostname"
    /// `env.hostnames['all']`, matched by position.
    case hostnamesPositional = "hostnames-positional"
    /// `env.hostnames['all']` has more or fewer names than there are hosts.
    case hostnamesMismatch = "hostnames-mismatch"
    /// A table names a host that has no role.
    case unknownHost = "unknown-host"
    /// The OpenStack hosts belong to somebody else.
    case thirdPartyOpenStack = "third-party-openstack"
    /// Some OpenStack hosts are in `all` and some are not.
    case openStackPartlyManaged = "openstack-partly-managed"
    /// An even number of members, two in the worst case.
    case evenMembers = "even-members"
    /// The database hosts are only some of the cfgm hosts.
    case databaseSubset = "database-subset"
    /// One host where several are needed to survive its failure.
    case noRedundancy = "no-redundancy"
    /// `control_data` has some of the hosts only.
    case controlDataPartial = "control-data-partial"
    /// The cfgm hosts are in different control networks.
    case controlNetworksDiffer = "control-networks-differ"
    /// A gateway is outside of its network.
    case gatewaySubnet = "gateway-subnet"

    // Passwords and keys.
    /// A password that everybody knows.
    case defaultPassword = "default-password"
    /// Passwords stand in the file.
    case plainPassword = "plain-password"
    /// A host has no password and the file names no key.
    case missingPassword = "missing-password"
    /// `env.key_filename` names the public half.
    case publicKeyFile = "public-key-file"

    // Virtual IPs.
    /// A virtual IP cannot be one.
    case vipFormat = "vip-format"
    /// A virtual IP is outside of its network.
    case vipSubnet = "vip-subnet"
    /// A virtual IP is also the address of something else.
    case vipIsHost = "vip-is-host"
    /// Two virtual IPs are equal.
    case vipDuplicate = "vip-duplicate"
    /// The VIPs of OpenStack and of Contrail do not fit the hosts.
    case vipSets = "vip-sets"
    /// Several controllers and no internal VIP.
    case internalVIPMissing = "internal-vip-missing"
    /// Two networks and no external VIP.
    case externalVIPMissing = "external-vip-missing"
    /// One network and two VIPs.
    case externalVIPUnneeded = "external-vip-unneeded"
    /// A VIP of Contrail is taken from OpenStack's.
    case vipInherited = "vip-inherited"
    /// A VIP with one controller.
    case singleController = "single-controller"
    /// A VRRP id outside of 1 to 255.
    case vrrpIDRange = "vrrp-id-range"
    /// A VRRP id in quotes.
    case vrrpIDString = "vrrp-id-string"
    /// Two VIPs of one network have the same VRRP id.
    case vrrpIDClash = "vrrp-id-clash"
    /// The VRRP id that every Contrail installation has.
    case vrrpIDDefault = "vrrp-id-default"

    // Keystone.
    /// Nothing is said about Keystone: Juniper's own OpenStack, which Skein does not install.
    case openStackNotInstalled = "openstack-not-installed"
    /// Nothing tells where Keystone is.
    case keystoneAddressMissing = "keystone-address-missing"
    /// The admin port that today's Keystone does not have.
    case keystonePort = "keystone-port"
    /// Keystone's version 2.0 API.
    case keystoneVersion = "keystone-version"
    /// Keystone's shared admin token.
    case adminToken = "admin-token"
    /// The service user is the operator's to make, and the file does not have its password.
    case serviceUser = "service-user"
    /// Certificates are not verified.
    case insecureTLS = "insecure-tls"
    /// Keystone with TLS, the config API without.
    case protocolMismatch = "protocol-mismatch"
    /// Settings that would turn authentication off.
    case noAuthentication = "no-authentication"
}
