#!/usr/bin/env python3
"""The real server over minutes of its life: saves, kills, memory, clients of bad will. As TAP.

usage: process.py --server PATH [--load PATH] [--only TEXT] SUITE
"""

import argparse
import importlib
import os
import sys
import traceback

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from case import Failed, Skipped  # noqa: E402
from support.tally import TapWriter  # noqa: E402

SUITES = ("aof", "moment", "killed", "hostile", "memory")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--server", required=True, help="the basalt-server to test")
    parser.add_argument("--load", help="the load generator basalt-load")
    parser.add_argument("--only", default="", help="cases whose name contains this")
    parser.add_argument("suite", choices=SUITES)
    arguments = parser.parse_args()
    tap = TapWriter()
    for name, function in sorted(vars(importlib.import_module(arguments.suite)).items()):
        if not name.startswith("case_") or arguments.only not in name:
            continue
        title = function.__doc__.splitlines()[0]
        try:
            function(arguments)
            tap.ok(title)
        except Skipped as reason:
            tap.skip(title, str(reason))
        except Failed as failure:
            tap.not_ok(title, str(failure))
        except Exception:  # pylint: disable=broad-except
            tap.not_ok(title, traceback.format_exc())
    return tap.plan()


if __name__ == "__main__":
    sys.exit(main())
