import TandemTree

// MARK: - A batch that both sides ended and the laptop did not record

extension LiveSession {
    /// Takes over what the vm applied before a crash or a cut kept the laptop from recording it.
    mutating func rolledForward(
        _ records: [Difference],
        isLast: Bool,
        _ laptop: Laptop
    ) -> [Action] {
        recovered += records.filter { isAgreed($0, laptop) }
        guard isLast else { return [] }
        let received = received(laptop)
        recovered = ArchiveUpdate.apply(recovered, to: &memory.archive)
        memory.generation += 1
        memory.token = nextToken
        defer { recovered = [] }
        rolledForward = CycleReport(
            generation: memory.generation,
            tree: memory.archive.rootDigest,
            toVM: recovered.map { Change(path: $0.path, expected: $0.old, new: $0.new) },
            toLaptop: received,
            resolved: [],
            refused: [],
            sentContentBytes: 0
        )
        return [
            .appendArchive(
                generation: memory.generation,
                token: memory.token,
                tree: memory.archive,
                recovered
            )
        ]
    }

    /// Whether what the vm applied is what both sides held.
    ///
    /// The laptop has it still, or held it before an edit that came later. That something else there
    /// is later is sure only where its power was not cut: else it may be an older value that was on
    /// the disk already, and would be put over the newer one. Where the vm displaced something that
    /// was not agreed, the half of a merge may never have been applied here.
    private func isAgreed(_ record: Difference, _ laptop: Laptop) -> Bool {
        let standing = laptop.tree.state(at: record.path)?.withoutDirectoryDigest
        if standing == record.new?.withoutDirectoryDigest { return true }
        let old = record.old?.withoutDirectoryDigest
        let agreed = memory.archive.state(at: record.path)?.withoutDirectoryDigest
        return begun.isKept && old == agreed
    }

    /// What the laptop's half did, to be told; it is agreed when both sides are compared.
    private func received(_ laptop: Laptop) -> [Change] {
        begun.toLaptop.filter { item in
            laptop.tree.state(at: item.path)?.withoutDirectoryDigest
                == item.new?.withoutDirectoryDigest
        }
        .map { Change(path: $0.path, expected: $0.old, new: $0.new) }
    }
}
