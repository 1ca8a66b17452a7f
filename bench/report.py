"""The table of a run, and docs/measurements.md."""

import os
import re
import subprocess
import time

from measure import ROOT

PATH = os.path.join(ROOT, "docs", "measurements.md")
HEAD = "| Figure | Measured | Goal | Aim | Met | Spread | Notes | Date | Commit |"
RULE = "|---|---|---|---|---|---|---|---|---|"


def number(value):
    if value is None:
        return ""
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) < 10 else f"{value:.1f}"


def cells(figure):
    sign = {"<=": "at most", ">=": "at least"}[figure.relation]
    spread = "" if figure.low is None else f"{number(figure.low)} to {number(figure.high)}"
    unit = f" {figure.unit}" if figure.unit else ""
    return [figure.name, number(figure.value) + unit, f"{sign} {number(figure.goal)}",
            number(figure.aim), "yes" if figure.met() else "no", spread, figure.note]


def print_table(figures):
    print(f"\n{'figure':28} {'measured':>18} {'goal':>16} {'aim':>6}  {'':6} spread")
    for figure in figures:
        name, measured, goal, aim, met, spread, note = cells(figure)
        verdict = "met" if met == "yes" else "MISSED"
        print(f"{name:28} {measured:>18} {goal:>16} {aim:>6}  {verdict:6} {spread}")
        if note:
            print(f"{'':28} {note}")


def output_of(*command):
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    return run.stdout.strip()


def machine():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        model = re.search(r"model name\s*:\s*(.*)", file.read())
    with open("/proc/meminfo", encoding="ascii") as file:
        memory = int(re.search(r"MemTotal:\s*(\d+)", file.read()).group(1)) >> 20
    return (f"{os.cpu_count()} cores of {model.group(1) if model else 'unknown'}, {memory} GiB, "
            f"Linux {os.uname().release}, {output_of('redis-server', '--version').split(' sha')[0]}")


def rows_of_file():
    """name -> line of the table that is there."""
    if not os.path.exists(PATH):
        return {}
    with open(PATH, encoding="utf-8") as file:
        lines = file.read().splitlines()
    return {line.split("|")[1].strip(): line for line in lines
            if line.startswith("| ") and line != HEAD}


def write(figures):
    """Replaces the rows of `figures`, keeps the others."""
    commit = output_of("git", "rev-parse", "--short", "HEAD") or "unknown"
    if output_of("git", "status", "--porcelain", "--untracked-files=no"):
        commit += " and changes"
    date = time.strftime("%Y-%m-%d", time.gmtime())
    rows = rows_of_file()
    for figure in figures:
        row = [text.replace("|", "/") for text in cells(figure)]
        rows[figure.name] = "| " + " | ".join(row + [date, commit]) + " |"
    text = f"""# Measurements

Written by `./run.sh bench`, which compares with `redis-server` on the same machine, interleaved,
and verifies every reply. CPU is that of all threads of the server over the requests completed.

Last run on {machine()}.

{HEAD}
{RULE}
""" + "\n".join(rows[name] for name in sorted(rows)) + "\n"
    with open(PATH, "w", encoding="utf-8") as file:
        file.write(text)
