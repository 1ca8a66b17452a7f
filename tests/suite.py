#!/usr/bin/env python3
"""What ./test.sh runs once the packages are there: builds, every Meson test, one closing line."""

import json
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "tcl")]

from redis_suite import compare  # noqa: E402
from support import ROOT  # noqa: E402
from support.tally import Tally, from_meson_record, tap_failures  # noqa: E402

RELEASE = ["-Dbuildtype=release", "-Db_lto=true"]
# Little optimisation and only line numbers: half the time to compile, and reports still name lines.
SANITIZED = ["-Doptimization=1", "-Ddebug=true", "-Dcpp_args=-g1", "-Db_lto=false",
             "-Db_lundef=false"]
SANITIZER_SETTINGS = {
    "ASAN_OPTIONS": "abort_on_error=1:detect_stack_use_after_return=1",
    "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1",
    "TSAN_OPTIONS": "halt_on_error=1:second_deadlock_stack=1",
}

FAILURE_LINES = 200


class BuildFailed(Exception):
    pass


def step(text):
    print(f"\n== {text}", flush=True)


def run(command, **settings):
    return subprocess.run(command, cwd=ROOT, check=False, **settings).returncode


def configure(directory, options):
    # A directory that run.sh made may be without tests.
    made = os.path.exists(os.path.join(ROOT, directory, "build.ninja"))
    step(f"configuring {directory}")
    if run(["meson", "configure" if made else "setup", directory, "-Dtests=enabled",
            *([] if made else options)]) != 0:
        raise BuildFailed(f"meson setup {directory}")


def build(directory, target):
    step(f"building {directory}")
    if run(["ninja", "-C", directory, target]) != 0:
        raise BuildFailed(f"ninja -C {directory} {target}")


def meson_tests(directory, selection, slowdown=1):
    """Builds what the selected tests need, runs them and counts their cases."""
    step(f"tests of {directory}: {' '.join(selection)}")
    environment = dict(os.environ, BOOST_TEST_REPORT_LEVEL="short", **SANITIZER_SETTINGS)
    log = os.path.join(ROOT, directory, "meson-logs", "testlog.json")
    if os.path.exists(log):
        os.remove(log)
    status = run(["meson", "test", "-C", directory, "--print-errorlogs",
                  "--timeout-multiplier", str(slowdown), *selection], env=environment)
    tally = Tally()
    if os.path.exists(log):
        with open(log, encoding="utf-8", errors="replace") as lines:
            for line in lines:
                record = json.loads(line)
                tally.add(from_meson_record(record))
                # Meson prints the points that failed without their comments.
                failures = tap_failures(record.get("stdout") or "")
                print("\n".join(failures[:FAILURE_LINES]), end="\n" if failures else "", flush=True)
    if status != 0 and tally.failed == 0:
        tally.failed = 1
    return tally


def everything():
    # The server that is shipped, and all that runs it.
    configure("build", RELEASE)
    build("build", "engine/basalt-server")
    tally = meson_tests("build", ["--no-suite", "unit", "--no-suite", "proof"], slowdown=3)
    # Unit tests are built once, with sanitizers: with link-time optimisation each would link the
    # whole program anew.
    tally.add(address_sanitizer())
    return tally


def address_sanitizer():
    configure("build-asan", SANITIZED + ["-Db_sanitize=address,undefined"])
    build("build-asan", "engine/basalt-server")
    return meson_tests("build-asan", suites("unit", "wire"), slowdown=6)


def thread_sanitizer():
    configure("build-tsan", SANITIZED + ["-Db_sanitize=thread"])
    build("build-tsan", "engine/basalt-server")
    return meson_tests("build-tsan", suites("unit", "wire"), slowdown=6)


def proof():
    configure("build", RELEASE)
    build("build", "engine/basalt-server")
    build("build", "bench/basalt-load")
    return meson_tests("build", suites("proof"), slowdown=2)


def suites(*names):
    return [word for name in names for word in ("--suite", name)]


def redis_suite(units):
    configure("build", RELEASE)
    build("build", "engine/basalt-server")
    return compare(units)


def main(arguments):
    try:
        if not arguments:
            tally = everything()
        elif arguments[0] == "--asan":
            tally = address_sanitizer()
        elif arguments[0] == "--tsan":
            tally = thread_sanitizer()
        elif arguments[0] == "--proof":
            tally = proof()
        else:
            tally = redis_suite(arguments[1:])
    except BuildFailed as error:
        print(f"error: {error} failed", flush=True)
        tally = Tally(failed=1)
    if os.environ.get("CI") == "true":
        tally = tally.with_required_skips_failed()
    if tally.total() == 0:
        tally.failed = 1
    print(tally.line(), flush=True)
    return 1 if tally.failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
