/// A loopback port of the machine whose connections end in the lab.
package struct Forward: Hashable, Sendable, Codable {
    /// What is reached through a forward.
    package enum Service: String, Hashable, Sendable, Codable, CaseIterable {
        case console
        case neutron
        case config
        case status
        case keystone

        /// The port of the service inside the lab.
        package var port: Int {
            switch self {
            case .console: 8143
            case .neutron: 9696
            case .config: 8082
            case .status: 8081
            case .keystone: 5000
            }
        }

        /// The loopback port to use unless something else has it.
        package var preferredLoopbackPort: Int { 10_000 + port }

        /// How a user writes the address of a loopback port of this service.
        package func url(loopbackPort: Int) -> String {
            "\(self == .console ? "https" : "http")://127.0.0.1:\(loopbackPort)"
        }
    }

    /// What is reached through it.
    package let service: Service
    /// The port on 127.0.0.1 of the machine.
    package var loopbackPort: Int
    /// The address inside the lab.
    package let address: String
    /// The port inside the lab.
    package let port: Int

    package init(service: Service, loopbackPort: Int, address: String, port: Int) {
        self.service = service
        self.loopbackPort = loopbackPort
        self.address = address
        self.port = port
    }

    /// The forwards that a lab wants: the APIs and the console through the external virtual IP, Keystone at its host.
    package static func wanted(by plan: LabPlan) -> [Forward] {
        Service.allCases.compactMap { service in
            let address = service == .keystone ? plan.keystoneAddress : plan.serviceAddress(on: .management)
            return address.map {
                Forward(service: service, loopbackPort: service.preferredLoopbackPort, address: $0, port: service.port)
            }
        }
    }
}
