import TandemTree

extension HookRun {
    /// The variables that every hook has, on either side.
    func variables(root: String) -> [WorkloadCommand.Variable] {
        [
            .init("TANDEM_BATCH", "\(generation)"),
            .init("TANDEM_TREE", tree.hex),
            .init("TANDEM_ROOT", root),
            .init("TANDEM_CHANGED_COUNT", "\(changedCount)"),
        ]
    }

    /// What `TANDEM_CHANGED_FILE` holds: paths from the root, a NUL after each.
    ///
    /// A name may hold a line feed, so lines would say something else than was meant:
    /// `xargs -0 <"$TANDEM_CHANGED_FILE"` reads it.
    var changedList: [UInt8] {
        changed.flatMap { $0.bytes + [0] }
    }

    /// The words for the workload container: the list comes on standard input, the hook reads none.
    func words(inContainer command: String) -> [String] {
        let script = #"""
            exec 2>&1
            TANDEM_CHANGED_FILE=$(mktemp) || exit 126
            trap 'rm -f "$TANDEM_CHANGED_FILE"' EXIT
            cat >"$TANDEM_CHANGED_FILE" || exit 126
            [ -n "$TANDEM_ROOT" ] || TANDEM_ROOT=$(pwd)
            export TANDEM_CHANGED_FILE TANDEM_ROOT
            sh -c "$1" </dev/null
            """#
        return ["sh", "-c", script, "tandem-hook", command]
    }

    /// The words for a shell on the laptop.
    func wordsOnLaptop() -> [String] {
        [
            "-c", "cd -- \"$TANDEM_ROOT\" || exit 126\nexec sh -c \"$1\"", "tandem-hook",
            hook.command,
        ]
    }
}
