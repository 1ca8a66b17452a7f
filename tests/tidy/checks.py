"""The rules. Each takes a Tree and yields (path, line, message); a leading "warning: " only warns."""

import ast
import os
import re

from source import functions, includes, without_comments_and_strings

# A folder includes only what stands to its right; siblings do not include each other.
MAY_INCLUDE = {
    "base": {"base"},
    "iouring": {"iouring", "base"},
    "resp": {"resp", "base"},
    "logstore": {"logstore", "iouring", "resp", "base"},
    "persist": {"persist", "iouring", "resp", "base"},
    "engine": {"engine", "persist", "logstore", "iouring", "resp", "base"},
}
# The exceptions, each with the files it is limited to: persist uses logstore's reader.
ALSO_INCLUDES = {"persist": ("logstore/",)}
# An outside library belongs to one folder. Its tests may name it too.
OWNER_OF = {"liburing": "iouring", "linux/io_uring": "iouring", "rocksdb/": "logstore"}
# System calls go through iouring; base holds the log and the clock, a tool's main its arguments.
# engine/process.cc asks /proc about its own process; engine/config_environment.cc is the real one
# behind the interface through which CONFIG and the start see files and the machine.
MAY_CALL_SYSTEM = ("engine/process.cc", "engine/config_environment.cc",
                   "engine/machine.cc", "engine/service_manager.cc")
SYSTEM_HEADERS = ("fcntl.h", "sys/socket.h", "netinet/", "arpa/", "sys/epoll.h", "sys/eventfd.h")
CLOCKS_AND_CHANCE = re.compile(
    r"\bstd::random_device\b|\bstd::mt19937|\bstd::chrono::\w+_clock::now\b|(?<![\w.>:])s?rand\(\)"
    r"|\bclock_gettime\(|\bgettimeofday\(")

FUNCTION_LINES = (40, 70)
FILE_LINES = (600, 1000)
HEADER_LINES = (250, 400)
FOLDER_README_LINES = 60
ARCHITECTURE_LINES = 400


def folder_of(path):
    return path.split("/")[0]


def is_tool(path):
    return path.endswith(("_main.cc", "/main.cc"))


def layering(tree):
    for path in tree.sources():
        folder = folder_of(path)
        allowed = MAY_INCLUDE.get(folder)
        for line, name, quoted in includes(tree.text(path)):
            if allowed is None:
                continue
            if quoted and "/" not in name:
                yield path, line, f'include "{name}" from the root: "{folder}/{name}"'
            elif quoted and folder_of(name) not in allowed \
                    and not name.startswith(ALSO_INCLUDES.get(folder, ("\0",))):
                yield path, line, f'{folder} may not include "{name}"'


def library_owners(tree):
    for path in tree.sources():
        for line, name, _ in includes(tree.text(path)):
            for library, owner in OWNER_OF.items():
                if name.startswith(library) and folder_of(path) != owner \
                        and not path.startswith(f"tests/unit/{owner}/"):
                    yield path, line, f"only {owner}/ includes <{name}>"


def system_calls(tree):
    for path in tree.sources():
        if folder_of(path) in ("base", "iouring", "bench", "tests") or is_tool(path) \
                or path in MAY_CALL_SYSTEM:
            continue
        text = tree.text(path)
        for line, name, quoted in includes(text):
            if not quoted and name.startswith(SYSTEM_HEADERS):
                yield path, line, f"<{name}>: system calls belong to iouring/"
        code = without_comments_and_strings(text)
        for match in CLOCKS_AND_CHANCE.finditer(code):
            yield (path, code.count("\n", 0, match.start()) + 1,
                   f"{match.group(0)}: time and chance come from base/clock.h and base/random.h")


def _size(path, line, what, lines, bounds):
    warn, limit = bounds
    if lines > limit:
        yield path, line, f"{what} has {lines} lines; the limit is {limit}"
    elif lines > warn:
        yield path, line, f"warning: {what} has {lines} lines; aim for {warn}"


def file_sizes(tree):
    for path in tree.sources() + tree.ending(".py", ".sh"):
        bounds = HEADER_LINES if path.endswith(".h") else FILE_LINES
        yield from _size(path, 1, "the file", tree.text(path).count("\n"), bounds)


def function_sizes(tree):
    for path in tree.sources():
        for line, lines, name in functions(tree.text(path)):
            yield from _size(path, line, name, lines, FUNCTION_LINES)
    for path in tree.ending(".py"):
        for node in ast.walk(ast.parse(tree.text(path))):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                lines = node.end_lineno - node.lineno + 1
                yield from _size(path, node.lineno, node.name, lines, FUNCTION_LINES)


def header_guards(tree):
    for path in tree.sources():
        if not path.endswith(".h"):
            continue
        guard = "BASALT_" + re.sub(r"\W", "_", path).upper() + "_"
        text = tree.text(path)
        directives = re.findall(r"^#.*$", text, re.MULTILINE)
        if directives[:2] != [f"#ifndef {guard}", f"#define {guard}"] \
                or not text.rstrip().endswith(f"#endif  // {guard}"):
            yield path, 1, f"the include guard is not {guard}"


def namespaces(tree):
    for path in tree.sources():
        folder = folder_of(path)
        if path.endswith(".h") and folder in MAY_INCLUDE \
                and not re.search(rf"^namespace {folder}\b", tree.text(path), re.MULTILINE):
            yield path, 1, f"the header declares nothing in namespace {folder}"


def dead_files(tree):
    builds = {os.path.dirname(path): tree.text(path) for path in tree.ending("meson.build")}
    named = {name for path in tree.sources() for _, name, quoted in includes(tree.text(path))
             if quoted}
    for path in tree.sources():
        if path.endswith(".h"):
            if path not in named:
                yield path, 1, "no file includes this header"
        elif not any(_builds(where, text, path) for where, text in builds.items()):
            yield path, 1, "no meson.build names this file"
    texts = {path: tree.text(path) for path in tree.paths
             if path.endswith((".py", ".sh", ".build", ".md")) or path in ("run.sh", "test.sh")}
    for path in tree.ending(".py"):
        stem = os.path.splitext(os.path.basename(path))[0]
        if stem == "__init__":
            continue
        if not any(other != path and re.search(rf"\b{re.escape(stem)}\b", text)
                   for other, text in texts.items()):
            yield path, 1, "nothing names this script"


def _builds(where, text, path):
    """Whether the meson.build in folder `where` names `path`, by file or by a loop over its stem."""
    if where and not path.startswith(where + "/"):
        return False
    relative = path[len(where) + 1:] if where else path
    if f"'{relative}'" in text:
        return True
    # foreach unit : ['check', ...] with a source unit + '_test.cc'
    stem, ending = os.path.basename(relative), None
    for ending in re.findall(r"\+\s*'([\w.]+\.cc)'", text):
        if stem.endswith(ending) and f"'{stem[:-len(ending)]}'" in text:
            return True
    return False


_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)|!\[[^\]]*\]\(([^)\s]+)\)")


def heading_anchors(text):
    anchors = set()
    for heading in re.findall(r"^#{1,6}\s+(.*?)\s*#*$", text, re.MULTILINE):
        plain = re.sub(r"[`*]|\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
        anchors.add(re.sub(r"[^\w\- ]", "", plain).replace(" ", "-"))
    return anchors


def markdown_links(tree):
    for path in tree.ending(".md"):
        text = tree.text(path)
        prose = re.sub(r"^```.*?^```|`[^`\n]*`", lambda m: "\n" * m.group(0).count("\n"), text,
                       flags=re.MULTILINE | re.DOTALL)
        for match in _LINK.finditer(prose):
            target = match.group(1) or match.group(2)
            if re.match(r"[a-z]+:", target):
                continue
            line = prose.count("\n", 0, match.start()) + 1
            file, _, anchor = target.partition("#")
            there = os.path.normpath(os.path.join(os.path.dirname(path), file)) if file else path
            if not tree.exists(there):
                yield path, line, f"broken link: {target}"
            elif anchor and there.endswith(".md") \
                    and anchor not in heading_anchors(tree.text(there)):
                yield path, line, f"no heading for the link: {target}"


_LEFT_OVER = re.compile(r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"))
                        + r")\b")


def left_overs(tree):
    for path in tree.paths:
        if not path.endswith((".h", ".cc", ".py", ".sh", ".md", ".build", ".wire")) \
                and os.path.basename(path) not in ("run.sh", "test.sh"):
            continue
        for number, text in enumerate(tree.text(path).splitlines(), 1):
            if _LEFT_OVER.search(text):
                yield path, number, "unfinished work is finished or filed, not marked: " + \
                    _LEFT_OVER.search(text).group(1)


_TABLE_ROW = re.compile(r'^\s*\{\s*(?:\.name\s*=\s*)?"([a-zA-Z|\-]+)"\s*,', re.MULTILINE)
COMMON_COMMANDS = {"get", "set", "del", "expire", "mget", "mset", "append", "scan", "incr", "dump"}


def one_command_table(tree):
    tables = []
    for path in tree.sources():
        if folder_of(path) == "tests":
            continue
        rows = {name.lower() for name in _TABLE_ROW.findall(tree.text(path))}
        if len(rows & COMMON_COMMANDS) >= 6:
            tables.append(path)
    owners = [path for path in tables if os.path.basename(path).startswith("command_table")]
    for path in tables:
        if path not in owners:
            yield path, 1, "a second table of commands; the one is engine/command_table"


_OPTION_ROW = re.compile(r'"([a-z_-]+)",\s*([\w\s|]+),\s*(?:num|txt)<&O::(\w+)>')


def options_have_effects(tree):
    table = "engine/option_table.cc"
    if table not in tree.paths:
        return
    readers = "\n".join(tree.text(path) for path in tree.sources()
                        if folder_of(path) == "engine"
                        and path not in (table, "engine/options.h"))
    used = set(re.findall(r"\w+", readers))
    for name, flags, field in _OPTION_ROW.findall(tree.text(table)):
        if "kNoEffect" not in flags and field not in used:
            yield table, 1, f"nothing reads {name}: give it an effect, or mark it kNoEffect"


def documents(tree):
    folders = {folder_of(path) for path in tree.sources()} & set(CODE_FOLDERS_WITH_README)
    for folder in sorted(folders):
        readme = f"{folder}/README.md"
        if readme not in tree.paths:
            yield readme, 1, "the folder has no README.md"
        elif tree.text(readme).count("\n") > FOLDER_README_LINES:
            yield readme, 1, f"a folder's README is at most {FOLDER_README_LINES} lines"
    if "ARCHITECTURE.md" in tree.paths \
            and tree.text("ARCHITECTURE.md").count("\n") > ARCHITECTURE_LINES:
        yield "ARCHITECTURE.md", 1, f"at most {ARCHITECTURE_LINES} lines"


CODE_FOLDERS_WITH_README = ("base", "iouring", "resp", "logstore", "persist", "engine", "bench",
                            "tests")

ALL = {
    "a folder includes only from its right": layering,
    "each outside library has one folder": library_owners,
    "system calls, time and chance have their places": system_calls,
    "files are of readable size": file_sizes,
    "functions are of readable size": function_sizes,
    "headers are guarded by their path": header_guards,
    "a header's namespace is its folder": namespaces,
    "no file is dead": dead_files,
    "links in Markdown lead somewhere": markdown_links,
    "nothing is marked as unfinished": left_overs,
    "there is one table of commands": one_command_table,
    "an option has an effect or says that it has none": options_have_effects,
    "every folder explains itself in one screen": documents,
}
