"""./test.sh --tcl [unit ...]: Redis's own suite against redis-server and Basalt, compared.

The suite starts its servers itself, as src/redis-server in its working directory; there a link
leads to the server under test. What stock passes and Basalt does not has to be the list in
docs/compatibility.md, no more and no less.
"""

import os
import random
import re
import shutil
import socket
import subprocess

from source_package import PLACE, NoSource, redis_source
from support import ROOT
from support.server import BASALT, STOCK
from support.tally import Tally

UNITS = ["unit/protocol", "unit/auth", "unit/quit", "unit/type/string", "unit/type/incr",
         "unit/expire", "unit/limits", "unit/querybuf", "unit/networking", "unit/keyspace",
         "unit/scan", "unit/bitops", "unit/bitfield", "unit/hyperloglog", "unit/type/hash",
         "unit/type/set", "unit/type/zset", "unit/geo", "unit/multi", "unit/pubsub",
         "unit/pubsubshard"]
DOCUMENT = os.path.join(ROOT, "docs", "compatibility.md")
HEADING = "## Redis's own suite"
TOOLS = ("redis-cli", "redis-benchmark", "redis-check-rdb", "redis-check-aof")
UNIT_SECONDS = 1200
PORT_COUNT = 400
OWN_PORT_BEFORE = 32

_RESULT = re.compile(r"^\[(ok|err|exception|skip|ignore)\]: (.*?)"
                     r"(?: \(\d+ ms\)| in tests/\S+\.tcl)?$")


def working_directory(name, binary):
    """A copy of the suite whose src/redis-server is `binary`."""
    place = os.path.join(PLACE, name)
    shutil.rmtree(place, ignore_errors=True)
    os.makedirs(os.path.join(place, "src"))
    shutil.copytree(os.path.join(redis_source(), "tests"), os.path.join(place, "tests"))
    os.symlink(shutil.which(binary), os.path.join(place, "src", "redis-server"))
    for tool in TOOLS:
        found = shutil.which(tool)
        if found:
            os.symlink(found, os.path.join(place, "src", tool))
    return place


def outcomes(text):
    """name -> "ok", "err", ... of every test; a name that appears twice passes if both do."""
    found = {}
    for line in re.sub(r"\x1b\[[0-9;]*m", "", text).splitlines():
        match = _RESULT.match(line)
        if not match:
            continue
        outcome, name = match.groups()
        name = " ".join(name.split())
        if name not in found or found[name] == "ok":
            found[name] = outcome
    return found


def base_port():
    """Where PORT_COUNT ports begin below those the kernel gives out; the suite's own is before."""
    while True:
        port = random.randrange(12000, 32000 - PORT_COUNT)
        with socket.socket() as own:
            try:
                own.bind(("127.0.0.1", port - OWN_PORT_BEFORE))
                return port
            except OSError:
                continue


def run_unit(place, unit):
    command = ["tclsh", "tests/test_helper.tcl", "--single", unit, "--clients", "1", "--durable",
               "--baseport", str(base_port()), "--portcount", str(PORT_COUNT), "--timeout", "240",
               "--no-latency"]
    log = os.path.join(place, unit.replace("/", "-") + ".log")
    try:
        run = subprocess.run(command, cwd=place, text=True, errors="replace", check=False,
                             timeout=UNIT_SECONDS, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT)
        text = run.stdout
    except subprocess.TimeoutExpired as error:
        text = (error.stdout or b"").decode(errors="replace") + "\n[exception]: the unit timed out"
    with open(log, "w", encoding="utf-8") as file:
        file.write(text)
    return outcomes(text)


def listed_differences():
    """unit -> names of the tests that docs/compatibility.md says Basalt does not pass."""
    listed = {}
    if not os.path.exists(DOCUMENT):
        return listed
    with open(DOCUMENT, encoding="utf-8") as file:
        section = file.read().partition(HEADING)[2].partition("\n## ")[0]
    for line in section.splitlines():
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip().strip("|"))]
        if len(cells) == 3 and cells[0].startswith("unit/"):
            listed.setdefault(cells[0], set()).add(cells[1].strip("`").replace("\\|", "|"))
    return listed


def normal(unit):
    unit = unit.removesuffix(".tcl")
    return unit if unit.startswith(("unit/", "integration/")) else "unit/" + unit


def compare_unit(unit, stock, basalt, listed):
    """(tally, explanations) of one unit."""
    passes = {name for name, outcome in stock.items() if outcome == "ok"}
    differs = {name for name in passes if basalt.get(name) != "ok"}
    notes = [f"  not listed: {name} ({basalt.get(name, 'not reached')})"
             for name in sorted(differs - listed)]
    notes += [f"  listed, but passes now: {name}" for name in sorted(listed - differs)]
    tally = Tally(passed=len(passes) - len(differs - listed), failed=len(notes))
    if not passes:
        notes.append("  stock passes nothing: the suite did not run")
        tally.failed += 1
    row = f"{unit:24} {len(stock):6} {len(passes):6} {len(passes - differs):7} {len(differs):8}"
    return tally, row, notes


def compare(units):
    try:
        places = {"stock": working_directory("stock", STOCK)}
    except NoSource as error:
        print(f"error: no source of Redis's suite: {error}")
        return Tally(failed=1)
    places["basalt"] = working_directory("basalt", BASALT)
    listed, tally, rows, notes = listed_differences(), Tally(), [], []
    for unit in [normal(unit) for unit in units] or UNITS:
        print(f"== {unit}", flush=True)
        stock = run_unit(places["stock"], unit)
        basalt = run_unit(places["basalt"], unit)
        found, row, problems = compare_unit(unit, stock, basalt, listed.get(unit, set()))
        tally.add(found)
        rows.append(row)
        notes += [f"{unit}:"] + problems if problems else []
    print(f"\n{'unit':24} {'tests':>6} {'stock':>6} {'basalt':>7} {'differs':>8}")
    print("\n".join(rows))
    print("\n".join(notes))
    return tally
