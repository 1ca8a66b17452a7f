#!/usr/bin/env python3
"""Whether docs/compatibility.md lists the commands that the server has, as TAP.

usage: commands.py --server PATH [--write]

--write writes the list into the document instead.
"""

import argparse
import os
import shutil
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from support import ROOT  # noqa: E402
from support.server import STOCK, Server  # noqa: E402
from support.tally import TapWriter  # noqa: E402

DOCUMENT = os.path.join(ROOT, "docs", "compatibility.md")
BEGIN = "<!-- Commands: written by tests/start/commands.py --write; a test compares them. -->\n"
END = "<!-- End of the commands. -->\n"
COLUMNS = 100


def commands_of(binary):
    """{name: group} as the server itself says; subcommands are "container|name"."""
    with Server(binary, ["--save", ""]) as server:
        client = server.client()
        names = sorted(name.decode() for name in client.call("COMMAND", "LIST"))
        groups = {}
        for name in names:
            docs = client.call("COMMAND", "DOCS", name.partition("|")[0])
            fields = dict(zip(docs[1][0::2], docs[1][1::2]))
            groups[name] = fields[b"group"].decode()
    return groups


def listed(names):
    """GET, SET, CLIENT (ID, LIST): a container stands for its subcommands among `names`."""
    words = []
    for name in sorted(names):
        container, _, sub = name.partition("|")
        if sub:
            continue
        subs = [other.partition("|")[2].upper() for other in sorted(names)
                if other.startswith(name + "|") and not other.endswith("|help")]
        words.append(container.upper() + (f" ({', '.join(subs)})" if subs else ""))
    # Subcommands whose container is not in the list.
    orphans = {}
    for name in sorted(names):
        container, _, sub = name.partition("|")
        if sub and container not in names and sub != "help":
            orphans.setdefault(container, []).append(sub.upper())
    words += [f"{container.upper()} ({', '.join(subs)})" for container, subs in orphans.items()]
    return ", ".join(sorted(words))


def wrapped(text):
    lines, line = [], ""
    for word in text.split():
        if line and len(line) + 1 + len(word) > COLUMNS:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}" if line else word
    return "\n".join(lines + [line]) + "\n"


def section(ours, stock):
    groups = sorted(set(stock.values()) | set(ours.values()))
    text = f"{len([n for n in ours if '|' not in n])} commands, " \
           f"{len(set(ours) & set(stock))} of Redis's {len(stock)} counting subcommands. " \
           "HELP of containers is left out here.\n"
    text += "\n### Present\n"
    for group in groups:
        names = listed({name for name, its in ours.items() if its == group and name in stock})
        if names:
            text += "\n" + wrapped(f"**{group}**: {names}")
    text += "\n### Absent\n"
    for group in groups:
        names = listed({name for name, its in stock.items() if its == group and name not in ours})
        if names:
            text += "\n" + wrapped(f"**{group}**: {names}")
    only = listed({name for name in ours if name not in stock})
    if only:
        text += "\n### Basalt's own\n\n" + wrapped(only)
    return text


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--server", required=True)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    tap = TapWriter()
    name = "docs/compatibility.md lists the commands that the server has"
    if shutil.which(STOCK) is None:
        tap.skip(name, "there is no redis-server")
        return tap.plan()
    with open(DOCUMENT, encoding="utf-8") as file:
        before, _, rest = file.read().partition(BEGIN)
    standing, _, after = rest.partition(END)
    wanted = f"\n{section(commands_of(options.server), commands_of(STOCK))}\n"
    if options.write:
        with open(DOCUMENT, "w", encoding="utf-8") as file:
            file.write(before + BEGIN + wanted + END + after)
        return 0
    if standing == wanted:
        tap.ok(name)
    else:
        changed = set(standing.splitlines()) ^ set(wanted.splitlines())
        tap.not_ok(name, "\n".join(["run tests/start/commands.py --server PATH --write",
                                    *sorted(changed)]))
    return tap.plan()


if __name__ == "__main__":
    sys.exit(main())
