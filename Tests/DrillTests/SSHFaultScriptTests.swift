import Foundation
import Testing

@testable import Drill

@Suite struct SSHFaultScriptTests {
    private let controller = Installation.Controller(
        name: "one", controlAddress: "192.0.2.11", managementAddress: "198.51.100.11")

    /// Every fault that lasts has a timer on the host before it begins.
    @Test(arguments: Scenario.catalogue.flatMap { $0.faults.map(\.fault) }) func whatLastsUndoesItself(fault: Fault)
        throws
    {
        guard SSHFaultScript.obstacle(to: fault) == nil, fault != .reboot else { return }
        let script = try #require(SSHFaultScript(fault, controller, seconds: 17))
        guard !fault.endsItself else { return }
        let timer = try #require(script.begin.range(of: "--on-active=17"))
        let begin = try #require(
            script.begin.range(of: "-begin", options: .backwards)
                ?? script.begin.range(of: ".begin", options: .backwards))
        #expect(timer.lowerBound < begin.lowerBound)
        #expect(script.end.contains(".timer"))
    }

    @Test func aSilentNetworkIsTheOneOfTheAddress() throws {
        let control = try #require(SSHFaultScript(.silence(.control), controller, seconds: 5)).begin
        let management = try #require(SSHFaultScript(.silence(.management), controller, seconds: 5)).begin
        #expect(control.contains("192.0.2.11") && !control.contains("198.51.100.11"))
        #expect(management.contains("198.51.100.11") && !management.contains("192.0.2.11"))
    }

    @Test func oneDirectionIsOneHook() throws {
        let from = try #require(SSHFaultScript(.drop(.control, .from), controller, seconds: 5)).begin
        #expect(from.contains("hook egress") && !from.contains("hook ingress"))
    }

    @Test func whatNobodyCouldUndoIsRefused() {
        let keystone = [Fault.kill(unit: "keystone"), .hang(unit: "keystone"), .stop(unit: "keystone")]
        for fault in keystone + [.powerOff, .freeze, .cut(.control), .fillStoreDisk, .upgrade] {
            #expect(SSHFaultScript.obstacle(to: fault) != nil)
            #expect(SSHFaultScript(fault, controller, seconds: 5) == nil)
        }
    }
}
