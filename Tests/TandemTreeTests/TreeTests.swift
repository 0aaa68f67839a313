import TandemTestSupport
import TandemTree
import Testing

struct TreeTests {
    @Test(.tags(.golden))
    func `the digest of a small tree is the one written down`() {
        let tree = Tree([
            "empty": [:],
            "file": "content",
            "run": .program("#!/bin/sh\n"),
            "link": .link("file"),
            "pipe": .other,
        ])
        #expect(
            tree.rootDigest.hex
                == "23f0835829180dc073f3cd69ed0534b301d18fd70b117813396d4d4c2e3f7259"
        )
        #expect(
            Tree().rootDigest.hex
                == "4bf5122f344554c53bde2ebb8cd2b7e3d1600ad631c385a5d7cce23c7785459a"
        )
    }
}
