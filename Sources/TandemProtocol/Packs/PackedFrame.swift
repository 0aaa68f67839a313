/// A frame that a packer wrote, ready for the link once `LaptopEnd.admit` has let it pass.
package struct PackedFrame: Hashable, Sendable {
    package enum Content: Hashable, Sendable {
        /// Changes numbered from `firstID`; `fileBytes` is the size of the files among them.
        case changes(firstID: UInt32, count: UInt32, fileBytes: UInt64)
        /// Content up to change `highestID`, and what it costs of the credit.
        case data(highestID: UInt32, contentBytes: UInt64, cost: UInt64)
    }

    package let content: Content
    /// The frame, length field and all.
    package let bytes: [UInt8]
}
