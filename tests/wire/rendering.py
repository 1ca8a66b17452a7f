"""Replies as text that a person reads and a mask can match."""

import re
import zlib

BULK_SHOWN_MAX = 400


def quoted(data):
    """Bytes in Redis's own escapes: printable ASCII as it is, the rest as \\xHH."""
    named = {0x22: '\\"', 0x5C: "\\\\", 0x0A: "\\n", 0x0D: "\\r", 0x09: "\\t", 0x07: "\\a",
             0x08: "\\b"}
    return '"' + "".join(named.get(byte) or (chr(byte) if 32 <= byte < 127 else f"\\x{byte:02x}")
                         for byte in data) + '"'


def bulk(data):
    if len(data) > BULK_SHOWN_MAX:
        return f"{len(data)} bytes, crc32 {zlib.crc32(data):08x}, {quoted(data[:32])}..."
    return quoted(data)


def render(reply, indent=""):
    """The lines of one reply; elements of an array are indented below it."""
    kind, value = reply.kind, reply.value
    if value is None:
        return [indent + {"$": "nil", "*": "nil array", "_": "null"}[kind]]
    if kind in "+-":
        text = kind + value.decode("latin-1")
        shown = re.sub(r"[^ -~]| $", lambda m: f"\\x{ord(m.group(0)):02x}", text)
        return [indent + shown]
    if kind == ":":
        return [f"{indent}:{value}"]
    if kind in ",(":
        return [indent + kind + value.decode()]
    if kind == "#":
        return [indent + ("#t" if value else "#f")]
    if kind == "$":
        return [indent + bulk(value)]
    if kind in "=!":
        return [indent + kind + bulk(value)]
    if kind in "%|":
        lines = [f"{indent}{kind}{len(value) // 2}"]
        for key, held in zip(value[::2], value[1::2]):
            lines += render(key, indent + "  ")
            lines += render(held, indent + "    ")
        return lines
    lines = [f"{indent}{kind}{len(value)}"]
    for item in value:
        lines += render(item, indent + "  ")
    return lines


_MASK = re.compile(r"<(int|any|float|hex|(?:int )?-?\d+\.\.-?\d+)>")


def line_matches(expected, actual):
    """Whether `actual` is `expected`, where <int>, <float>, <hex>, <any> and <1..9> stand for some
    text of their sort."""
    pattern, bounds, at = "", [], 0
    for mask in _MASK.finditer(expected):
        pattern += re.escape(expected[at:mask.start()])
        at = mask.end()
        name = mask.group(1)
        if ".." in name:
            low, high = name.replace("int ", "").split("..")
            bounds.append((int(low), int(high)))
            pattern += r"(-?\d+)"
        else:
            pattern += {"int": r"-?\d+", "any": r".*", "float": r"-?\d+(?:\.\d+)?(?:e[+-]?\d+)?",
                        "hex": r"[0-9a-f]+"}[name]
    found = re.fullmatch(pattern + re.escape(expected[at:]), actual)
    if not found:
        return False
    return all(low <= int(text) <= high for (low, high), text in zip(bounds, found.groups()))


def lines_match(expected, actual):
    """The same for all lines; a line `...` stands for any number of lines."""
    if not expected:
        return not actual
    if expected[0].strip() == "...":
        return any(lines_match(expected[1:], actual[skip:]) for skip in range(len(actual) + 1))
    return bool(actual) and line_matches(expected[0], actual[0]) \
        and lines_match_rest(expected, actual)


def lines_match_rest(expected, actual):
    """Iterates while it can: long expectations would recurse too deeply."""
    at = 1
    while at < len(expected) and expected[at].strip() != "...":
        if at >= len(actual) or not line_matches(expected[at], actual[at]):
            return False
        at += 1
    return lines_match(expected[at:], actual[at:])
