import CTandem

/// Gives memory that was freed back to the machine.
///
/// Reading a large tree needs more for a moment than holding it does, and the C library keeps what was
/// freed for later. Costs milliseconds: for after such work, not for every change.
package func giveBackFreedMemory() { tandem_give_back_memory() }
