"""A redis-server or basalt-server of one's own: a free port, a temporary directory, its log."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from support import ROOT
from support.resp import Client, Closed

# BASALT_SERVER names another build of it, as for a comparison of two.
BASALT = os.environ.get("BASALT_SERVER", os.path.join(ROOT, "build", "engine", "basalt-server"))
STOCK = shutil.which("redis-server") or "redis-server"


class StartFailed(Exception):
    pass


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """Runs `binary` with `arguments`; a context manager that stops it and removes its directory.

    `prefix` goes before the command (taskset, valgrind). With `directory` given, that one is used
    and kept.
    """

    def __init__(self, binary, arguments=(), directory=None, prefix=(), start_seconds=60,
                 environment=None):
        self.binary = binary
        self.arguments = list(arguments)
        self.prefix = list(prefix)
        self.start_seconds = start_seconds
        self.environment = dict(os.environ, **(environment or {}))
        self._owns_directory = directory is None
        self.directory = directory or tempfile.mkdtemp(prefix="basalt-test-")
        self.log_path = os.path.join(self.directory, "server.log")
        self.port = None
        self.process = None
        self.start()

    def start(self):
        for attempt in range(3):
            # A restart keeps its port while nobody else has taken it.
            if self.port is None or attempt > 0:
                self.port = free_port()
            if self._start_once():
                return
            if "Address already in use" not in self.log():
                break
        raise StartFailed(f"{self.binary} did not start:\n{self.log_tail()}")

    def command(self):
        return [*self.prefix, self.binary, "--port", str(self.port), "--dir", self.directory,
                *self.arguments]

    def preexec(self):
        """What the child does before it becomes the server; None is nothing."""
        return None

    def _start_once(self):
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(self.command(), stdout=log, stderr=subprocess.STDOUT,
                                            stdin=subprocess.DEVNULL, env=self.environment,
                                            preexec_fn=self.preexec())
        deadline = time.monotonic() + self.start_seconds
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                client = Client(self.port, timeout=5)
                reply = client.execute("PING")
                client.close()
                if not (reply.is_error() and reply.value.startswith(b"LOADING")):
                    return True
            except (OSError, Closed):
                pass
            time.sleep(0.01)
        self.kill()
        return False

    @property
    def pid(self):
        return self.process.pid

    def alive(self):
        return self.process.poll() is None

    def client(self, **options):
        return Client(self.port, **options)

    def log(self):
        try:
            with open(self.log_path, encoding="utf-8", errors="replace") as file:
                return file.read()
        except FileNotFoundError:
            return ""

    def log_tail(self, lines=30):
        return "\n".join(self.log().splitlines()[-lines:])

    def stop(self, seconds=30):
        """SIGTERM, then SIGKILL; returns the exit code."""
        if self.alive():
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                self.kill()
        return self.process.returncode

    def kill(self):
        if self.process is not None and self.alive():
            self.process.kill()
            self.process.wait()

    def restart(self):
        """Stops and starts it again in the same directory, on another port."""
        code = self.stop()
        self.start()
        return code

    def remove(self):
        self.kill()
        if self._owns_directory:
            shutil.rmtree(self.directory, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
        self.remove()
