import Foundation

/// Which thread this is.
struct ThreadIdentity: Equatable {
    private let handle: pthread_t

    static var current: ThreadIdentity { ThreadIdentity(handle: pthread_self()) }

    static func == (left: ThreadIdentity, right: ThreadIdentity) -> Bool {
        pthread_equal(left.handle, right.handle) != 0
    }
}
