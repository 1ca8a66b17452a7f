"""The tree under test and a light reading of C++: enough for sizes and includes, no more."""

import os
import re
import shutil
import subprocess

CODE_FOLDERS = ("base", "iouring", "resp", "logstore", "persist", "engine", "bench", "tests")
SOURCE_ENDINGS = (".h", ".cc")
TEXT_ENDINGS = (".h", ".cc", ".py", ".sh", ".md", ".build", ".txt", ".wire", ".conf", ".service",
                ".yml", ".json", ".tcl")


class Tree:
    """Every file that belongs to the repository: paths are relative to `root`, '/' between."""

    def __init__(self, root, paths):
        self.root = root
        self.paths = sorted(paths)
        self._texts = {}

    def text(self, path):
        if path not in self._texts:
            with open(os.path.join(self.root, path), encoding="utf-8", errors="replace") as file:
                self._texts[path] = file.read()
        return self._texts[path]

    def ending(self, *endings):
        return [path for path in self.paths if path.endswith(endings)]

    def sources(self):
        return [path for path in self.ending(*SOURCE_ENDINGS)
                if path.split("/")[0] in CODE_FOLDERS]

    def exists(self, path):
        return os.path.exists(os.path.join(self.root, path))


def repository(root):
    """What git tracks or would track; without git, or in a source archive, all there is."""
    if shutil.which("git") is None:
        return walked(root)
    listing = subprocess.run(
        ["git", "-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        capture_output=True, check=False)
    if listing.returncode == 0:
        names = [name.decode() for name in listing.stdout.split(b"\0") if name]
        return Tree(root, [name for name in names if os.path.isfile(os.path.join(root, name))])
    return walked(root)


def walked(root):
    found = []
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders
                      if not name.startswith(".git") and not name.startswith("build")
                      and name not in ("data", "__pycache__")]
        found += [os.path.relpath(os.path.join(folder, name), root) for name in names]
    return Tree(root, found)


_RAW_STRING = re.compile(r'R"([^(\s]*)\((?:.|\n)*?\)\1"')
_TOKENS = re.compile(
    r'//[^\n]*|/\*(?:.|\n)*?\*/|"(?:\\.|[^"\\\n])*"|(?<![0-9A-Fa-f])\'(?:\\.|[^\'\\\n])+\'')


def without_comments_and_strings(text):
    """The same lines, with comments and the insides of literals blanked."""
    def blank(match):
        kept = "\n" * match.group(0).count("\n")
        return '""' + kept if match.group(0)[0] in "\"'R" else kept
    return _TOKENS.sub(blank, _RAW_STRING.sub(blank, text))


def without_preprocessor(text):
    """Blanks directives with their continuation lines: a macro's braces need not balance."""
    return re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", lambda m: "\n" * m.group(0).count("\n"), text,
                  flags=re.MULTILINE)


def includes(text):
    """(line number, name, quoted?) of every #include."""
    pattern = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(["<])([^">]+)[">]', re.MULTILINE)
    return [(text.count("\n", 0, m.start()) + 1, m.group(2), m.group(1) == '"')
            for m in pattern.finditer(text)]


_SCOPE = re.compile(r"\b(namespace|class|struct|union|enum|extern)\b")
_TEMPLATE = re.compile(r"\btemplate\s*<(?:[^<>]|<(?:[^<>]|<[^<>]*>)*>)*>")
_ASSIGNMENT = re.compile(r"(?<![=!<>+\-*/|&^%])=(?!=)")


def _opens_function(head):
    """Whether `head`, the text before an opening brace at namespace or class level, is a function's.

    Namespaces, types and initialisers open scopes or values instead.
    """
    while "(" in head and re.search(r"\([^()]+\)", head):
        head = re.sub(r"\([^()]+\)", "()", head).replace("(())", "()")
    head = _TEMPLATE.sub("", head)
    if "()" not in head or _SCOPE.search(head):
        return False
    return "operator" in head or not _ASSIGNMENT.search(head)


def functions(text):
    """(first line, line count, name) of every function defined in `text`.

    Lambdas and local types count to the function that holds them. Relies on the format: a body's
    brace follows a space, a braced initialiser follows its name directly.
    """
    text = without_preprocessor(without_comments_and_strings(text))
    found = []
    initialisers = []  # whether each open brace is a braced initialiser's
    inside = None  # (depth at which the function's body opened, start offset, head)
    head_start = 0
    for match in re.finditer(r"[{};]|\b(?:public|private|protected):", text):
        at = match.end() - 1
        ends_head = True
        if match.group(0) == "{":
            head = text[head_start:at]
            # `= {}` of a default argument stands inside parentheses.
            initialiser = (at > 0 and not text[at - 1].isspace()) \
                or (inside is None and head.count("(") > head.count(")"))
            if inside is None and not initialiser and _opens_function(head):
                inside = (len(initialisers), head_start + len(head) - len(head.lstrip()), head)
            initialisers.append(initialiser)
            ends_head = not initialiser
        elif match.group(0) == "}" and initialisers:
            ends_head = not initialisers.pop()
            if inside is not None and len(initialisers) == inside[0]:
                found.append(_described(text, inside, at))
                inside = None
        if inside is None and ends_head:
            head_start = at + 1
    return found


def _described(text, inside, end):
    first = text.count("\n", 0, inside[1]) + 1
    last = text.count("\n", 0, end) + 1
    name = re.findall(r"([~\w:]+)\s*\(", inside[2])
    return first, last - first + 1, name[0] if name else "?"
