"""Redis's source package, from the archive that the machine's own apt sources name."""

import glob
import os
import re
import subprocess

from support import ROOT

VERSION = "7.0.15"
PLACE = os.path.join(ROOT, "build", "redis-source")


class NoSource(Exception):
    pass


def release_codename():
    with open("/etc/os-release", encoding="utf-8") as file:
        found = re.search(r"^VERSION_CODENAME=\"?(\w+)", file.read(), re.MULTILINE)
    return found.group(1) if found else ""


def source_lines(codename):
    """The machine's own binary sources of the distribution, as source entries: (lines, stanzas)."""
    lines, stanzas = [], []
    for path in ["/etc/apt/sources.list", *glob.glob("/etc/apt/sources.list.d/*.list")]:
        if os.path.exists(path):
            with open(path, encoding="utf-8") as file:
                lines += [re.sub(r"^deb(-src)?\s", "deb-src ", line.strip()) for line in file
                          if re.match(rf"deb(-src)?\s.*\s{codename}\S*\s.*\bmain\b", line)]
    for path in glob.glob("/etc/apt/sources.list.d/*.sources"):
        with open(path, encoding="utf-8") as file:
            for stanza in re.split(r"\n\s*\n", file.read()):
                suites = re.search(r"^Suites:\s*(.*)$", stanza, re.MULTILINE)
                if suites and all(s.startswith(codename) for s in suites.group(1).split()):
                    stanzas.append(re.sub(r"(?m)^Types:.*$", "Types: deb-src", stanza.strip()))
    return sorted(set(lines)), stanzas


def apt(place, *arguments):
    """apt with sources and lists of its own, so that the machine's are left alone."""
    state = os.path.join(place, "apt")
    options = {
        "Dir::Etc::SourceList": f"{state}/sources.list",
        "Dir::Etc::SourceParts": f"{state}/parts",
        "Dir::State::Lists": f"{state}/lists",
        "Dir::Cache": f"{state}/cache",
        "APT::Sandbox::User": "",
    }
    command = [arguments[0]]
    for name, value in options.items():
        command += ["-o", f"{name}={value}"]
    return subprocess.run([*command, *arguments[1:]], cwd=place, text=True, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def prepare(place):
    lines, stanzas = source_lines(release_codename())
    if not lines and not stanzas:
        raise NoSource("apt names no archive of this distribution")
    for folder in ("parts", "lists/partial", "cache/archives/partial"):
        os.makedirs(f"{place}/apt/{folder}", exist_ok=True)
    with open(f"{place}/apt/sources.list", "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    with open(f"{place}/apt/parts/source.sources", "w", encoding="utf-8") as file:
        file.write("\n\n".join(stanzas) + "\n")


def available_version(place):
    listing = apt(place, "apt-cache", "showsrc", "redis").stdout
    versions = re.findall(r"^Version: (\S+)", listing, re.MULTILINE)
    fitting = [v for v in versions if re.match(rf"(\d+:)?{re.escape(VERSION)}-", v)]
    if not fitting:
        raise NoSource(f"the archive has no source of redis {VERSION}, but {versions}")
    return max(fitting, key=lambda v: [int(n) for n in re.findall(r"\d+", v)])


def redis_source():
    """The unpacked source tree; fetched once and kept in the build directory."""
    tree = os.path.join(PLACE, f"redis-{VERSION}")
    if os.path.exists(os.path.join(tree, "tests", "test_helper.tcl")):
        return tree
    prepare(PLACE)
    updated = apt(PLACE, "apt-get", "update")
    version = available_version(PLACE)
    fetched = apt(PLACE, "apt-get", "source", f"redis={version}")
    if not os.path.isdir(tree):
        raise NoSource(f"{updated.stdout}\n{fetched.stdout}")
    return tree
