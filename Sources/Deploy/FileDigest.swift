import Crypto
import Glibc

/// The SHA-256 of a file, in hexadecimal digits, read in pieces.
///
/// - Throws: ``DeployError`` `localState`
func fileDigest(_ path: String) throws(DeployError) -> String {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else {
        throw DeployError(.localState, "\(path) cannot be read: \(String(cString: strerror(errno)))")
    }
    defer { close(file) }
    var hash = SHA256()
    var buffer = [UInt8](repeating: 0, count: 1 << 18)
    while true {
        let count = buffer.withUnsafeMutableBytes { read(file, $0.baseAddress, $0.count) }
        if count == 0 { break }
        guard count > 0 else {
            if errno == EINTR { continue }
            throw DeployError(.localState, "\(path) cannot be read: \(String(cString: strerror(errno)))")
        }
        buffer.withUnsafeBytes { hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: $0[..<count])) }
    }
    return hash.finalize().map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}
