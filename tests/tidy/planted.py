"""Planted violations: every rule must find the one it is shown, and pass a clean tree."""

import os
import tempfile

import checks
from source import functions, walked

CLEAN = {
    "base/README.md": "# base\n\nSee [the check](check.h) and [below](#below).\n\n## Below\n",
    "base/meson.build": "lib = static_library('base', 'check.cc')\n",
    "base/check.h": "#ifndef BASALT_BASE_CHECK_H_\n#define BASALT_BASE_CHECK_H_\n\n"
                    "namespace base {\nvoid check();\n}  // namespace base\n\n"
                    "#endif  // BASALT_BASE_CHECK_H_\n",
    "base/check.cc": '#include "base/check.h"\n\nnamespace base {\nvoid check() {}\n}\n',
    "engine/README.md": "# engine\n",
    "engine/meson.build": "lib = static_library('engine', 'command_table.cc')\n",
    "engine/command_table.cc": '#include "base/check.h"\nconstexpr Row kRows[] = {\n'
                               '    {"get", 2},\n    {"set", -3},\n    {"del", -2},\n};\n',
}


def long_function(lines, opening="void f() {"):
    return opening + "\n" + "  step();\n" * (lines - 2) + "}\n"


def header(path, inside=""):
    guard = "BASALT_" + path.replace("/", "_").replace(".", "_").upper() + "_"
    folder = path.split("/")[0]
    return f"#ifndef {guard}\n#define {guard}\nnamespace {folder} {{\n{inside}}}\n" \
           f"#endif  // {guard}\n"


# title of the rule -> (changed files, what its message says)
VIOLATIONS = {
    "a folder includes only from its right":
        [({"base/check.cc": '#include "engine/server.h"\n'}, "base may not include"),
         ({"persist/reader.h": header("persist/reader.h"),
           "resp/parser.cc": '#include "iouring/ring.h"\n'}, "resp may not include"),
         ({"engine/command_table.cc": '#include "server.h"\n'}, "from the root")],
    "each outside library has one folder":
        [({"base/check.cc": "#include <liburing.h>\n"}, "only iouring/"),
         ({"engine/command_table.cc": "#include <rocksdb/db.h>\n"}, "only logstore/")],
    "system calls, time and chance have their places":
        [({"engine/command_table.cc": "#include <sys/socket.h>\n"}, "system calls"),
         ({"engine/command_table.cc": "auto t = std::chrono::steady_clock::now();\n"},
          "time and chance")],
    "files are of readable size":
        [({"base/check.cc": "\n" * 1001}, "1001 lines"),
         ({"base/check.h": "\n" * 401}, "401 lines"),
         ({"base/check.cc": "\n" * 601}, "warning: ")],
    "functions are of readable size":
        [({"base/check.cc": long_function(71)}, "71 lines"),
         ({"base/check.cc": "namespace base {\n" + long_function(72, "Foo::Foo(int a) : a_{a} {")
           + "}\n"}, "72 lines"),
         ({"base/check.cc": "class A {\n public:\n" + long_function(73, "  int f() const {")
           + "};\n"}, "73 lines"),
         ({"tests/check.py": "def f():\n" + "    pass\n" * 75}, "76 lines"),
         ({"base/check.cc": long_function(41)}, "warning: ")],
    "headers are guarded by their path":
        [({"base/check.h": "#pragma once\n"}, "BASALT_BASE_CHECK_H_")],
    "a header's namespace is its folder":
        [({"base/check.h": "namespace other {\n}\n"}, "namespace base")],
    "no file is dead":
        [({"base/orphan.cc": "\n"}, "no meson.build"),
         ({"base/orphan.h": header("base/orphan.h")}, "no file includes"),
         ({"tests/orphan.py": "\n"}, "nothing names")],
    "links in Markdown lead somewhere":
        [({"base/README.md": "[gone](gone.md)\n"}, "broken link"),
         ({"base/README.md": "# A\n[gone](#b)\n"}, "no heading")],
    "nothing is marked as unfinished":
        [({"base/check.cc": "// TO" + "DO: later\n"}, "finished or filed")],
    "there is one table of commands":
        [({"engine/more.cc": "".join(f'    {{"{name}", 2}},\n' for name in checks.COMMON_COMMANDS)},
          "second table")],
    "an option has an effect or says that it has none":
        [({"engine/option_table.cc": 'text("idle", kOnline, txt<&O::idle>, "", "");\n'},
          "nothing reads idle")],
    "every folder explains itself in one screen":
        [({"engine/README.md": None}, "no README"),
         ({"engine/README.md": "\n" * 61}, "at most 60")],
}


def tree_with(changes, folder):
    files = dict(CLEAN)
    files.update(changes)
    for path, text in files.items():
        if text is None:
            continue
        full = os.path.join(folder, path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, "w", encoding="utf-8") as file:
            file.write(text)
    return walked(folder)


def messages(check, changes):
    with tempfile.TemporaryDirectory() as folder:
        return [message for _, _, message in check(tree_with(changes, folder))]


def reader_finds_functions():
    text = long_function(5) + "struct S {\n" + long_function(4, "  bool operator==(const S& o) {") \
        + "};\nconstexpr int kTable[] = {f(1), f(2)};\n" \
        + "namespace {\nauto g(int a) -> int {\n  return [&] {\n    return a;\n  }();\n}\n}\n" \
        + "int d(A a = {}, B b = {}) {\n  return 1;\n}\n" \
        + "template <class T>\n  requires(sizeof(T) == 8)\nvoid h(T t) {\n  if (t) {\n  }\n}\n"
    return [lines for _, lines, _ in functions(text)]


def run(tap):
    for title, check in checks.ALL.items():
        problems = messages(check, {})
        problems = [f"a clean tree: {problem}" for problem in problems]
        for changes, expected in VIOLATIONS[title]:
            found = messages(check, changes)
            if not any(expected in message for message in found):
                problems.append(f"{sorted(changes)}: expected '{expected}', found {found}")
        if problems:
            tap.not_ok(f"finds what is planted: {title}", "\n".join(problems))
        else:
            tap.ok(f"finds what is planted: {title}")
    found = reader_finds_functions()
    if found == [5, 4, 5, 3, 6]:
        tap.ok("the reader of C++ finds functions and their lengths")
    else:
        tap.not_ok("the reader of C++ finds functions and their lengths", str(found))
