"""Holds a report of `tandem verify --json` to what should be wrong in it.

    report.py REPORT [SUBJECT=EVIDENCE…]

Each row named has to be a violation with that evidence (* is any text), and no other row may be a violation
or unknown. Prints the rows as notes; ends with 1 and says what is different otherwise.
"""

import json
import re
import sys


def matches(pattern, text):
    return re.fullmatch(".*".join(map(re.escape, pattern.split("*"))), text, re.DOTALL) is not None


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        rows = json.load(file)["rows"]
    left = [row for row in rows if row["verdict"] in ("violation", "unknown")]
    missing = []
    for wanted in sys.argv[2:]:
        subject, evidence = wanted.split("=", 1)
        # A subject may have a star of its own, as a pattern of git does.
        found = [row for row in left if row["subject"] == subject and row["verdict"] == "violation"
                 and matches(evidence, row["evidence"])]
        missing += [] if found else [wanted]
        for row in found:
            left.remove(row)
            print(f"note: {row['where']} {row['subject']}: {row['evidence']}")
    for wanted in missing:
        print(f"not found: {wanted}")
    for row in left:
        print(f"not expected: {row['verdict']} {row['where']} {row['subject']}: {row['evidence']}")
    return 1 if missing or left or not rows else 0


sys.exit(main())
