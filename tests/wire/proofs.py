"""Proof that the runner would notice: masks, words and files that must not pass."""

import os
import tempfile

from rendering import line_matches, lines_match, render
from script import ScriptError, expand, parse, split_words
from support.resp import Reply

MATCHES = [(":<int>", ":-5"), ('"a<any>z"', '"a..z"'), (":<90..100>", ":95"), (",<float>", ",1.5"),
           ("id=<int> fd=<int>", "id=1 fd=2"), ('"(.*)"', '"(.*)"')]
DIFFERS = [(":<int>", ':"5"'), (":<90..100>", ":101"), (":1", ":10"), ('"(.*)"', '"x"'),
           ("+OK", "-OK"), (":<int>", ":1.5")]
TEXTS_REFUSED = ["no title\n", "# t\n== case\nGET a\n", "# t\nGET a\n----\nnil\n",
                 "# t\n== case\n@basalt\nGET a\n----\nnil\n", "# t\n== case\n----\nnil\n"]


def problems():
    for expected, actual in MATCHES:
        if not line_matches(expected, actual):
            yield f"{expected} does not match {actual}"
    for expected, actual in DIFFERS:
        if line_matches(expected, actual):
            yield f"{expected} matches {actual}"
    for expected, actual in [([], ["x"]), (["x"], []), (["x"], ["x", "x"]), (["...", "b"], ["a"])]:
        if lines_match(expected, actual):
            yield f"{expected} match {actual}"
    if not lines_match(["a", "...", "d"], ["a", "b", "c", "d"]):
        yield "an ellipsis does not stand for lines"
    if split_words(r'''SET "a\x00\"b" 'c d' e''') != [b"SET", b'a\x00"b', b"c d", b"e"]:
        yield "words are split wrongly"
    if expand(b"x%{ab*3}${v}", {"v": b"!"}) != b"xababab!":
        yield "words are expanded wrongly"
    if render(Reply("*", [Reply("$", b"a\n"), Reply("*", [Reply(":", 1)]), Reply("$", None)])) \
            != ["*3", '  "a\\n"', "  *1", "    :1", "  nil"]:
        yield "an array is rendered wrongly"
    for text in TEXTS_REFUSED:
        if not refused(text):
            yield f"a file is accepted: {text!r}"


def refused(text):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "proof.wire")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        try:
            parse(path)
        except ScriptError:
            return True
    return False


def parsed_with_wrong_expectation(folder):
    path = os.path.join(folder, "proof.wire")
    with open(path, "w", encoding="utf-8") as file:
        file.write("# Proof.\n\n== wrong\nPING\n----\n+PANG\n\n== right\nPING\n----\n+PONG\n")
    return parse(path)


def run(tap, run_file, binary):
    found = list(problems())
    with tempfile.TemporaryDirectory() as folder:
        script = parsed_with_wrong_expectation(folder)
        explained, ran, _ = run_file(script, "stock", binary)
        if ran != 2 or len(explained) != 1 or "+PANG" not in explained[0]:
            found.append(f"a wrong expectation was not noticed: {explained}")
    if found:
        tap.not_ok("the runner notices what differs", "\n".join(found))
    else:
        tap.ok("the runner notices what differs")
