"""Reading and writing .wire files; README.md beside this file describes the format."""

import dataclasses
import re


@dataclasses.dataclass
class Block:
    """Commands and the lines expected of them."""
    line: int
    commands: list  # (line number, text)
    expected: list
    expected_line: int  # index of the first expected line in the file
    expected_count: int


@dataclasses.dataclass
class Case:
    title: str
    line: int
    only: str = ""  # "basalt" or "stock"
    blocks: list = dataclasses.field(default_factory=list)


@dataclasses.dataclass
class Script:
    path: str
    title: str
    lines: list
    arguments: list = dataclasses.field(default_factory=list)
    basalt_arguments: list = dataclasses.field(default_factory=list)
    targets: str = ""  # "no-tier" keeps the file from the run with the tier
    cases: list = dataclasses.field(default_factory=list)


class ScriptError(Exception):
    pass


class _Reader:
    def __init__(self, path, text):
        self.lines = text.split("\n")
        title = self.lines[0].lstrip("# ") if self.lines[0].startswith("#") else ""
        if not title:
            raise ScriptError(f"{path}:1: the first line is a comment: the file's title")
        self.script = Script(path, title, self.lines)
        self.at = 0

    def error(self, text):
        return ScriptError(f"{self.script.path}:{self.at + 1}: {text}")

    def read(self):
        commands = []
        while self.at < len(self.lines):
            line = self.lines[self.at].strip()
            if line == "----":
                self._block(commands)
                commands = []
                continue
            if line.startswith("== "):
                if commands:
                    raise self.error("commands without an expectation before this case")
                self.script.cases.append(Case(line[3:].strip(), self.at + 1))
            elif re.match(r"@(start|basalt-start|basalt|stock|no-tier)\b", line):
                self._setting(line)
            elif line and not line.startswith("#"):
                commands.append((self.at + 1, line))
            self.at += 1
        if commands:
            raise self.error("commands without an expectation at the end")
        return self.script

    def _setting(self, line):
        name, _, rest = line.partition(" ")
        if name in ("@start", "@basalt-start"):
            words = [word.decode() for word in split_words(rest)]
            held = self.script.arguments if name == "@start" else self.script.basalt_arguments
            held.extend(words)
        elif not rest.strip():
            raise self.error(f"{name} needs a reason")
        elif name == "@no-tier":
            self.script.targets = "no-tier"
        elif not self.script.cases:
            raise self.error(f"{name} belongs to a case")
        else:
            self.script.cases[-1].only = name[1:]

    def _block(self, commands):
        if not commands or not self.script.cases:
            raise self.error("an expectation without commands or outside a case")
        first = self.at + 1
        end = first
        while end < len(self.lines) and self.lines[end].strip():
            end += 1
        expected = [line.rstrip() for line in self.lines[first:end]]
        self.script.cases[-1].blocks.append(
            Block(commands[0][0], commands, expected, first, end - first))
        self.at = end


def parse(path):
    with open(path, encoding="utf-8") as file:
        return _Reader(path, file.read()).read()


def rewrite(script, results):
    """Writes the file anew with `results`: block -> lines, for the blocks in it."""
    lines = list(script.lines)
    blocks = [block for case in script.cases for block in case.blocks if id(block) in results]
    for block in sorted(blocks, key=lambda block: -block.expected_line):
        end = block.expected_line + block.expected_count
        lines[block.expected_line:end] = results[id(block)]
    with open(script.path, "w", encoding="utf-8") as file:
        file.write("\n".join(lines))


_ESCAPES = {"n": b"\n", "r": b"\r", "t": b"\t", "b": b"\b", "a": b"\a"}


def _double_quoted(text, at):
    word = b""
    while at < len(text) and text[at] != '"':
        if text[at] == "\\" and re.match(r"x[0-9a-fA-F]{2}", text[at + 1:]):
            word += bytes([int(text[at + 2:at + 4], 16)])
            at += 4
        elif text[at] == "\\" and at + 1 < len(text):
            word += _ESCAPES.get(text[at + 1], text[at + 1].encode())
            at += 2
        else:
            word += text[at].encode()
            at += 1
    if at >= len(text):
        raise ScriptError(f"unbalanced quotes: {text}")
    return word, at + 1


def split_words(text):
    """Words as redis-cli splits them: "double" with escapes, 'single', or bare."""
    words, at = [], 0
    while True:
        while at < len(text) and text[at].isspace():
            at += 1
        if at >= len(text):
            return words
        if text[at] == '"':
            word, at = _double_quoted(text, at + 1)
        elif text[at] == "'":
            end = text.index("'", at + 1)
            word, at = text[at + 1:end].encode(), end + 1
        else:
            end = at
            while end < len(text) and not text[end].isspace():
                end += 1
            word, at = text[at:end].encode(), end
        words.append(word)


_VARIABLE = re.compile(rb"\$\{(\w+)\}")
_REPEATED = re.compile(rb"%\{(.+?)\*(\d+)\}")


def expand(word, variables):
    """${name} is a variable, %{abc*100} is abc a hundred times."""
    word = _VARIABLE.sub(lambda m: variables[m.group(1).decode()], word)
    return _REPEATED.sub(lambda m: m.group(1) * int(m.group(2)), word)
