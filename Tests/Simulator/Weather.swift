import SeededChance

/// How bad the surroundings of one schedule are. Each schedule has other weather, so that rare things happen often
/// somewhere and quiet ones happen, too.
package struct Weather: Sendable {
    /// Probability that a request to the store is lost on its way.
    var lostRequests = 0.0
    /// Probability that an answer of the store is lost.
    var lostAnswers = 0.0
    /// Probability that a request to the store arrives long after its sender has given up.
    var lateRequests = 0.0
    /// Probability that a message between two parties takes a hundred times as long.
    var slowMessages = 0.0
    /// Probability that a delivery of a watch ends it.
    var brokenWatches = 0.0
    /// Probability that a publish goes wrong in one of the ways it can.
    var brokenPublishes = 0.0
    /// Probability that the proxy loses an answer on its way to the client.
    package private(set) var lostReplies = 0.0
    /// Probability that a job has to wait although nothing stops it.
    package private(set) var slowJobs = 0.0
    /// Faults of processes and links, in the order they come.
    package private(set) var faults = 3

    /// Weather by chance.
    package init(_ chance: inout Chance) {
        func maybe(_ probability: Double, _ most: Double) -> Double {
            chance.happens(probability) ? most * Double(1 + chance.number(below: 100)) / 100 : 0
        }
        lostRequests = maybe(0.4, 0.1)
        lostAnswers = maybe(0.4, 0.1)
        lateRequests = maybe(0.4, 0.15)
        slowMessages = maybe(0.6, 0.1)
        brokenWatches = maybe(0.4, 0.05)
        brokenPublishes = maybe(0.5, 0.3)
        lostReplies = maybe(0.2, 0.05)
        slowJobs = maybe(0.4, 0.05)
        faults = chance.number(below: 6)
    }

    /// No fault at all.
    package init() {
        faults = 0
    }
}
