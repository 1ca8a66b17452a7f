"""A small RESP2/RESP3 client that keeps the type of every reply."""

import socket


class Reply:
    """One reply: `kind` is its type byte, `value` bytes, int, None or a list of Replies.

    A map's value is the flat list of its keys and values, in order.
    """

    __slots__ = ("kind", "value")

    def __init__(self, kind, value):
        self.kind = kind
        self.value = value

    def is_error(self):
        return self.kind in "-!"

    def plain(self):
        """The value as Python's own types; errors stay Replies."""
        if self.is_error():
            return self
        if isinstance(self.value, list):
            values = [item.plain() for item in self.value]
            if self.kind == "%":
                return dict(zip(values[::2], values[1::2]))
            return values
        return self.value


class ReplyError(Exception):
    """An error reply, raised by Client.call()."""


class Closed(Exception):
    """The server closed the connection."""


def encode(arguments):
    parts = [b"*%d\r\n" % len(arguments)]
    for argument in arguments:
        data = as_bytes(argument)
        parts.append(b"$%d\r\n%s\r\n" % (len(data), data))
    return b"".join(parts)


def as_bytes(argument):
    if isinstance(argument, bytes):
        return argument
    return str(argument).encode()


class Client:
    def __init__(self, port, host="127.0.0.1", timeout=30.0, path=None):
        if path is not None:
            self._socket = socket.socket(socket.AF_UNIX)
            self._socket.settimeout(timeout)
            self._socket.connect(path)
        else:
            self._socket = socket.create_connection((host, port), timeout=timeout)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._buffer = bytearray()
        self._at = 0

    def close(self):
        self._socket.close()

    def set_timeout(self, seconds):
        self._socket.settimeout(seconds)

    def local_address(self):
        return "%s:%d" % self._socket.getsockname()[:2]

    def send_raw(self, data):
        self._socket.sendall(data)

    def send(self, *arguments):
        self.send_raw(encode(arguments))

    def execute(self, *arguments):
        """Sends a command and returns its Reply."""
        self.send(*arguments)
        return self.read()

    def call(self, *arguments):
        """Sends a command and returns plain values; an error reply is raised."""
        reply = self.execute(*arguments)
        if reply.is_error():
            raise ReplyError(reply.value.decode(errors="replace"))
        return reply.plain()

    def pipeline(self, commands):
        """Sends all commands in one write and returns their Replies."""
        self.send_raw(b"".join(encode(command) for command in commands))
        return [self.read() for _ in commands]

    def info(self, section="everything"):
        """INFO as a dictionary of texts."""
        text = self.call("INFO", section).decode(errors="replace")
        return dict(line.split(":", 1) for line in text.split("\r\n")
                    if ":" in line and not line.startswith("#"))

    def read(self):
        line = self._line()
        kind, rest = chr(line[0]), line[1:]
        if kind in "+-,(":
            return Reply(kind, bytes(rest))
        if kind == ":":
            return Reply(kind, int(rest))
        if kind == "#":
            return Reply(kind, rest == b"t")
        if kind == "_":
            return Reply(kind, None)
        if kind in "$=!":
            length = int(rest)
            return Reply(kind, None if length < 0 else self._bulk(length))
        if kind in "*~>%|":
            count = int(rest)
            if count < 0:
                return Reply(kind, None)
            return Reply(kind, [self.read() for _ in range(count * 2 if kind in "%|" else count)])
        raise ValueError(f"not a reply: {bytes(line)!r}")

    def at_end(self, seconds):
        """Whether the server closes the connection within `seconds`; replies until then are lost."""
        self._socket.settimeout(seconds)
        try:
            while True:
                if not self._socket.recv(65536):
                    return True
        except ConnectionError:
            return True
        except TimeoutError:
            return False

    def _fill(self):
        data = self._socket.recv(1 << 16)
        if not data:
            raise Closed()
        if self._at > 1 << 16:
            del self._buffer[:self._at]
            self._at = 0
        self._buffer += data

    def _line(self):
        searched = self._at
        while True:
            end = self._buffer.find(b"\r\n", searched)
            if end >= 0:
                line = self._buffer[self._at:end]
                self._at = end + 2
                return line
            searched = max(self._at, len(self._buffer) - 1)
            before = self._at
            self._fill()
            searched -= before - self._at

    def _bulk(self, length):
        while len(self._buffer) - self._at < length + 2:
            self._fill()
        data = bytes(self._buffer[self._at:self._at + length])
        self._at += length + 2
        return data
