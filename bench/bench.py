#!/usr/bin/env python3
"""./run.sh bench [row ...]: measures each figure beside its goal; exits with 1 when one is missed.

Without rows it runs all of them. `--list` names them; `--quick` shortens everything to a trial
whose figures are not written down.
"""

import argparse
import os
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import report  # noqa: E402
import rows_cold  # noqa: E402
import rows_hot  # noqa: E402
import rows_memory  # noqa: E402
import rows_types  # noqa: E402
from measure import BASALT, LOAD, Invalid, Settings, log  # noqa: E402
from support.resp import Closed, ReplyError  # noqa: E402
from support.server import StartFailed  # noqa: E402

ROWS = {**rows_hot.ROWS, **rows_types.ROWS, **rows_memory.ROWS, **rows_cold.ROWS}


def chosen(names):
    if not names:
        return list(ROWS)
    unknown = [name for name in names if name not in ROWS]
    if unknown:
        sys.exit(f"no such row: {', '.join(unknown)}; there are {', '.join(ROWS)}")
    return names


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rows", nargs="*")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--directory", default="/var/tmp", help="on the file system to measure")
    options = parser.parse_args()
    if options.list:
        print("\n".join(ROWS))
        return 0
    for binary in (BASALT, LOAD):
        if not os.path.exists(binary):
            sys.exit(f"{binary} is missing: run ./run.sh bench, which builds it")
    tempfile.tempdir = options.directory
    settings = Settings(pairs=options.pairs, directory=options.directory)
    if options.quick:
        settings = Settings(pairs=2, seconds=1, directory=options.directory, scale=0.05)
    figures, failures = [], []
    for name in chosen(options.rows):
        print(f"== {name}", file=sys.stderr, flush=True)
        try:
            figures += ROWS[name](settings)
        except (Invalid, StartFailed, ReplyError, Closed, OSError) as error:
            failures.append(name)
            log(f"{name} gave no figure: {error}")
    report.print_table(figures)
    for name in failures:
        print(f"{name:28} gave no figure")
    if not options.quick:
        report.write(figures)
    return 1 if failures or not all(figure.met() for figure in figures) else 0


if __name__ == "__main__":
    sys.exit(main())
