#!/usr/bin/env python3
"""What `meson install` puts where, and whether a program can use the libraries, as TAP.

usage: install.py --build DIRECTORY --prefix DIRECTORY COMPILER...
"""

import argparse
import glob
import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))

from support import ROOT  # noqa: E402
from support.tally import TapWriter  # noqa: E402

# Patterns below the prefix.
INSTALLED = ("bin/basalt-server", "bin/basalt-check-aof",
             "bin/basalt-check-rdb", "etc/basalt/basalt.conf",
             "share/basalt/seccomp-io-uring.json", "include/basalt/logstore/log_store.h",
             "include/basalt/engine/value/codec.h", "lib*/**/libbasalt_logstore.a",
             "lib*/**/libbasalt_engine.a", "lib*/**/pkgconfig/basalt-logstore.pc",
             "lib*/**/pkgconfig/basalt-engine.pc")
UNITS = ("basalt.service", "basalt@.service")


class Failed(Exception):
    pass


def run(*command, **settings):
    done = subprocess.run(command, capture_output=True, text=True, check=False, **settings)
    if done.returncode != 0:
        raise Failed(f"{' '.join(command)}\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
    return done.stdout


def iterates(program, place):
    data = tempfile.mkdtemp(dir=place)
    output = run(program, data)
    if "iterated" not in output:
        raise Failed(output)


class Installation:
    """Every method named case_* is a test; its first line of documentation is its name."""

    def __init__(self, options, place):
        self.options = options
        self.place = place
        self.root = os.path.join(place, "root")
        self.prefix = self.root + options.prefix

    def _one(self, pattern, below):
        found = glob.glob(os.path.join(below, pattern), recursive=True)
        if len(found) != 1:
            raise Failed(f"{pattern}: {found or 'not installed'}")
        return found[0]

    def _flags(self, module):
        pc = self._one(f"lib*/**/pkgconfig/{module}.pc", self.prefix)
        path = dict(os.environ, PKG_CONFIG_PATH=os.path.dirname(pc))
        # The files name the prefix without the directory this test puts before it.
        return run("pkg-config", f"--define-variable=prefix={self.prefix}", "--cflags", "--libs",
                   module, env=path).split()

    def case_files(self):
        """meson install puts programs, settings, units, libraries and headers in their places"""
        run("meson", "install", "-C", self.options.build, "--no-rebuild", "--destdir", self.root)
        for pattern in INSTALLED:
            self._one(pattern, self.prefix)
        if glob.glob(os.path.join(self.prefix, "include/**/sim_*"), recursive=True):
            raise Failed("headers of the simulated twins are installed")

    def case_units(self):
        """the units name the installed server and keep no placeholder"""
        server = self.options.prefix + "/bin/basalt-server"
        for name in UNITS:
            path = self._one(f"**/systemd/system/{name}", self.root)
            with open(path, encoding="utf-8") as file:
                text = file.read()
            start = [line for line in text.splitlines() if line.startswith("ExecStart=")]
            if len(start) != 1 or not start[0].startswith(f"ExecStart={server} "):
                raise Failed(f"{name}: {start}")
            for setting in ("Type=notify", "LimitMEMLOCK=infinity", "LimitNOFILE="):
                if f"\n{setting}" not in text:
                    raise Failed(f"{name} lacks {setting}")
        with open(path, encoding="utf-8") as file:
            if "--port %i" not in file.read():
                raise Failed("basalt@.service has no port")

    def case_server(self):
        """the installed server and checker start"""
        for program in ("basalt-server", "basalt-check-aof", "basalt-check-rdb"):
            subprocess.run([os.path.join(self.prefix, "bin", program), "--version"], check=False,
                           capture_output=True)
        if "basalt=" not in run(os.path.join(self.prefix, "bin", "basalt-server"), "--version"):
            raise Failed("no version")

    def case_headers(self):
        """the installed headers are complete"""
        include = os.path.join(self.prefix, "include", "basalt")
        headers = sorted(glob.glob(os.path.join(include, "**", "*.h"), recursive=True))
        unit = os.path.join(self.place, "headers.cc")
        with open(unit, "w", encoding="utf-8") as file:
            file.writelines(f"#include <{os.path.relpath(path, include)}>\n" for path in headers)
        flags = [flag for flag in self._flags("basalt-engine") if flag[:2] not in ("-l", "-L")]
        run(*self.options.compiler, "-std=c++20", "-fsyntax-only", unit, *flags)

    def case_pkg_config(self):
        """a program builds with pkg-config and puts, gets and iterates records"""
        program = os.path.join(self.place, "with-pkg-config")
        run(*self.options.compiler, "-std=c++20", "-Wall", "-Wextra", "-Werror", "-o", program,
            os.path.join(HERE, "consumer.cc"), *self._flags("basalt-logstore"))
        iterates(program, self.place)

    def case_subproject(self):
        """a program builds with Basalt as a Meson subproject"""
        source = os.path.join(self.place, "consumer")
        shutil.copytree(HERE, source)
        os.mkdir(os.path.join(source, "subprojects"))
        os.symlink(ROOT, os.path.join(source, "subprojects", "basalt"))
        build = os.path.join(self.place, "subproject")
        environment = dict(os.environ, CXX=" ".join(self.options.compiler))
        run("meson", "setup", build, source, "-Dbuildtype=plain", env=environment)
        run("ninja", "-C", build, "consumer")
        iterates(os.path.join(build, "consumer"), self.place)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", required=True)
    parser.add_argument("--prefix", required=True)
    parser.add_argument("compiler", nargs="+")
    options = parser.parse_args()
    tap = TapWriter()
    # /var/tmp: a real file system, for O_DIRECT, where /tmp may be a tmpfs.
    with tempfile.TemporaryDirectory(prefix="basalt-install-", dir="/var/tmp") as place:
        installation = Installation(options, place)
        for name in [name for name in vars(Installation) if name.startswith("case_")]:
            method = getattr(installation, name)
            try:
                method()
            except Failed as error:
                tap.not_ok(method.__doc__, str(error))
            else:
                tap.ok(method.__doc__)
    return tap.plan()


if __name__ == "__main__":
    sys.exit(main())
