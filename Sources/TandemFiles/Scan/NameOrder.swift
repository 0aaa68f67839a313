import Glibc

/// Less than, equal to or greater than zero as two names stand in the order of their bytes.
func compareNames(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Int {
    guard let l = left.baseAddress, let r = right.baseAddress else {
        return left.count - right.count
    }
    let order = memcmp(l, r, min(left.count, right.count))
    return order == 0 ? left.count - right.count : Int(order)
}
