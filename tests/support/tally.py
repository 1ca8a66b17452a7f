"""Counting test results: TAP lines, Boost.Test reports, and the closing line of ./test.sh."""

import dataclasses
import re


# What every machine that runs the tests has to have: a skip for want of it says that nothing was
# tested. Root, a cgroup or a loop device may be missing.
_REQUIRED = re.compile(r"io_uring|O_DIRECT|redis-server", re.IGNORECASE)


@dataclasses.dataclass
class Tally:
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    # Those of `skipped` that lacked something every machine has to have.
    skipped_required: int = 0

    def add(self, other):
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped
        self.skipped_required += other.skipped_required

    def total(self):
        return self.passed + self.failed + self.skipped

    def line(self):
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"

    def with_required_skips_failed(self):
        return Tally(self.passed, self.failed + self.skipped_required,
                     self.skipped - self.skipped_required)


_TAP_LINE = re.compile(r"^(ok|not ok)\b(.*)$", re.MULTILINE)
_TAP_SKIP = re.compile(r"#\s*skip\b(.*)", re.IGNORECASE)
_BOOST_COUNT = re.compile(r"(\d+) test cases? out of (\d+) (passed|failed|skipped|aborted)")


def from_tap(text):
    tally = Tally()
    for match in _TAP_LINE.finditer(text):
        skip = _TAP_SKIP.search(match.group(2))
        if skip:
            tally.skipped += 1
            tally.skipped_required += 1 if _REQUIRED.search(skip.group(1)) else 0
        elif match.group(1) == "ok":
            tally.passed += 1
        else:
            tally.failed += 1
    return tally


def from_boost(text):
    """Counts the cases of a Boost.Test binary that ran with BOOST_TEST_REPORT_LEVEL=short."""
    tally = Tally()
    for count, _, outcome in _BOOST_COUNT.findall(text):
        if outcome == "passed":
            tally.passed += int(count)
        elif outcome == "skipped":
            tally.skipped += int(count)
        else:
            tally.failed += int(count)
    return tally


def from_meson_record(record):
    """One line of Meson's testlog.json: its cases if it lists them, else one for the test itself."""
    output = (record.get("stdout") or "") + "\n" + (record.get("stderr") or "")
    tally = from_tap(output)
    if tally.total() == 0:
        tally = from_boost(output)
    result = record["result"]
    if result in ("OK", "EXPECTEDFAIL"):
        return tally if tally.total() else Tally(passed=1)
    if result == "SKIP":
        return tally if tally.skipped else Tally(skipped=1)
    if tally.failed == 0:
        tally.failed = 1
    return tally


def tap_failures(text):
    """The test points that failed, each with the comments under it."""
    kept, inside = [], False
    for line in text.splitlines():
        if line.startswith(("ok", "not ok", "1..")):
            inside = line.startswith("not ok") and not _TAP_SKIP.search(line)
        if inside and line.startswith(("not ok", "#")):
            kept.append(line)
    return kept


class TapWriter:
    """Prints test points as they happen; `plan()` goes last."""

    def __init__(self):
        self.tally = Tally()

    def _point(self, status, name, comment=""):
        number = self.tally.total()
        print(f"{status} {number} - {name}{comment}", flush=True)

    def ok(self, name):
        self.tally.passed += 1
        self._point("ok", name)

    def not_ok(self, name, detail):
        self.tally.failed += 1
        self._point("not ok", name)
        for line in detail.splitlines():
            print(f"# {line}", flush=True)

    def skip(self, name, reason):
        self.tally.skipped += 1
        self._point("ok", name, f" # SKIP {reason}")

    def plan(self):
        print(f"1..{self.tally.total()}", flush=True)
        return 1 if self.tally.failed or self.tally.total() == 0 else 0
