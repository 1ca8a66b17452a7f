#!/usr/bin/env python3
"""The tidy test: the rules of the code base that a compiler does not check, as TAP.

Each rule is first shown a tree in which it is broken and must find it; then it judges the
repository. `-w` prints the warnings too.
"""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

import checks  # noqa: E402
import planted  # noqa: E402
from source import repository  # noqa: E402
from support import ROOT  # noqa: E402
from support.tally import TapWriter  # noqa: E402


def main(arguments):
    tap = TapWriter()
    planted.run(tap)
    tree = repository(ROOT)
    warnings = 0
    for title, check in checks.ALL.items():
        failures = []
        for path, line, message in check(tree):
            if not message.startswith("warning: "):
                failures.append(f"{path}:{line}: {message}")
                continue
            warnings += 1
            if "-w" in arguments:
                print(f"# {path}:{line}: {message}")
        if failures:
            tap.not_ok(title, "\n".join(failures))
        else:
            tap.ok(title)
    print(f"# {warnings} warnings (tests/tidy/tidy.py -w shows them)")
    return tap.plan()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
