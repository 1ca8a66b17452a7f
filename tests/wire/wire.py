#!/usr/bin/env python3
"""Runs the .wire files against stock redis-server and against basalt-server, as TAP.

usage: wire.py [--server PATH] [--only stock|plain|tier] [--rewrite] [file or part of a name ...]

Every file runs on a server of its own: stock, Basalt with the tier off, and Basalt with the tier
on and little memory. --rewrite replaces the expectations by what stock answers, except where the
text there already matches (masks stay).
"""

import argparse
import concurrent.futures
import difflib
import os
import shutil
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))

import proofs  # noqa: E402
from rendering import lines_match  # noqa: E402
from script import ScriptError, parse, rewrite  # noqa: E402
from session import Session  # noqa: E402
from support.resp import Closed  # noqa: E402
from support.server import BASALT, STOCK, Server, StartFailed  # noqa: E402
from support.tally import TapWriter  # noqa: E402

COMMON = ["--save", "", "--enable-debug-command", "yes", "--enable-protected-configs", "yes"]
TARGETS = {
    "stock": [],
    "plain": ["--tier", "no"],
    "tier": ["--tier", "yes", "--maxmemory", "64mb"],
}


def authentication_of(script):
    words = script.arguments
    return [words[at + 1] for at, word in enumerate(words[:-1]) if word == "--requirepass"]


def run_block(session, block):
    try:
        return session.run(block.commands)
    except (Closed, ConnectionError):
        return ["closed"]
    except TimeoutError:
        return ["no reply in time"]


def explain(script, case, block, actual):
    difference = "\n".join(difflib.unified_diff(
        block.expected, actual, "expected", "received", lineterm="", n=2))
    commands = "\n".join("  " + text for _, text in block.commands)
    return f"{script.path}:{block.line}: {case.title}\n{commands}\n{difference}"


def merged(expected, actual):
    """What --rewrite puts: the received lines, but those with a mask that fits stay."""
    if len(expected) != len(actual):
        return actual
    return [old if lines_match([old], [new]) else new for old, new in zip(expected, actual)]


def run_case(server, script, case, results):
    """The explanations of what differed in one case; fills `results` for --rewrite."""
    session = Session(server, authentication_of(script))
    problems = []
    try:
        session.reset()
        for block in case.blocks:
            actual = run_block(session, block)
            if not lines_match(block.expected, actual):
                problems.append(explain(script, case, block, actual))
                results[id(block)] = merged(block.expected, actual)
    except (OSError, Closed, ScriptError, KeyError, StartFailed) as error:
        problems.append(f"{script.path}:{case.line}: {case.title}: {error!r}")
    finally:
        session.close()
    return problems


def run_file(script, target, binary):
    """(explanations, cases run, results) of one file against one target."""
    arguments = COMMON + TARGETS[target] + script.arguments
    if target != "stock":
        arguments += script.basalt_arguments
    results, problems, ran = {}, [], 0
    skipped = "basalt" if target == "stock" else "stock"
    try:
        server = Server(binary, arguments)
    except (StartFailed, OSError) as error:
        return [f"{script.path}: {error}"], 0, {}
    try:
        for case in script.cases:
            if case.only == skipped:
                continue
            ran += 1
            problems += run_case(server, script, case, results)
            if not server.alive():
                problems.append(f"the server ended in: {case.title}\n{server.log_tail()}")
                break
        code = server.stop()
        if code != 0:
            problems.append(f"the server left with code {code}\n{server.log_tail()}")
    finally:
        server.remove()
    return problems, ran, results


def jobs_of(options, scripts):
    targets = [options.only] if options.only else list(TARGETS)
    if options.rewrite:
        targets = ["stock"]
    for script in scripts:
        for target in targets:
            if target == "tier" and script.targets == "no-tier":
                continue
            yield script, target


def report(tap, script, target, outcome):
    name = f"{os.path.splitext(os.path.basename(script.path))[0]}: {script.title} ({target})"
    problems, ran, _ = outcome
    if problems:
        tap.not_ok(name, "\n".join(problems))
    else:
        tap.ok(f"{name}, {ran} cases")


def selected_files(patterns):
    files = sorted(name for name in os.listdir(HERE) if name.endswith(".wire"))
    chosen = [name for name in files
              if not patterns or any(os.path.basename(p) in name for p in patterns)]
    return [os.path.join(HERE, name) for name in chosen]


def missing(binary):
    return shutil.which(binary) is None


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", default=BASALT)
    parser.add_argument("--only", choices=list(TARGETS))
    parser.add_argument("--rewrite", action="store_true")
    parser.add_argument("files", nargs="*")
    options = parser.parse_args(arguments)
    tap = TapWriter()
    if not options.rewrite and not missing(STOCK):
        proofs.run(tap, run_file, STOCK)
    scripts = []
    for path in selected_files(options.files):
        try:
            scripts.append(parse(path))
        except ScriptError as error:
            tap.not_ok(os.path.basename(path), str(error))
    with concurrent.futures.ThreadPoolExecutor(max_workers=4) as pool:
        running = []
        for script, target in jobs_of(options, scripts):
            binary = STOCK if target == "stock" else options.server
            if missing(binary):
                tap.skip(f"{os.path.basename(script.path)} ({target})", f"there is no {binary}")
                continue
            running.append((script, target, pool.submit(run_file, script, target, binary)))
        for script, target, future in running:
            outcome = future.result()
            if options.rewrite and outcome[2]:
                rewrite(script, outcome[2])
                tap.ok(f"rewrote {script.path}")
            else:
                report(tap, script, target, outcome)
    return tap.plan()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
