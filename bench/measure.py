"""What all rows share: servers, the load generator, CPU per request, figures and goals."""

import dataclasses
import json
import os
import shutil
import statistics
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "tests"))

from support import procfs  # noqa: E402
from support.server import BASALT, STOCK, Server  # noqa: E402

LOAD = os.environ.get("BASALT_LOAD", os.path.join(ROOT, "build", "bench", "basalt-load"))
CONFIG = os.path.join(ROOT, "basalt.conf")
MIB = 1 << 20


class Invalid(Exception):
    """The measurement does not mean what it should: no figure comes of it."""


@dataclasses.dataclass
class Figure:
    """One measured number beside its goal."""
    name: str
    value: float
    relation: str  # "<=" or ">="
    goal: float
    aim: float = None
    low: float = None
    high: float = None
    unit: str = ""
    note: str = ""

    def met(self):
        return self.value <= self.goal if self.relation == "<=" else self.value >= self.goal


@dataclasses.dataclass
class Settings:
    """How long and how often; `directory` is on the file system under test."""
    pairs: int = 5
    seconds: float = 4.0
    directory: str = "/var/tmp"
    scale: float = 1.0

    def keys(self, count):
        return max(1000, int(count * self.scale))


def log(text):
    print(f"   {text}", file=sys.stderr, flush=True)


def options_of_pinned():
    """The server's loop has one core and the generator the others, so that neither disturbs the
    other: left alone, the kernel moves both to where each wakes the other."""
    if (os.cpu_count() or 1) < 2 or not shutil.which("taskset"):
        return []
    return ["--server_cpulist", "0"]


def prefix_for_load():
    if not options_of_pinned():
        return []
    return ["taskset", "-c", f"1-{os.cpu_count() - 1}"]


def basalt(*arguments, pinned=False, directory=None, start_seconds=600, prefix=()):
    """Basalt with the options of basalt.conf, but no save points."""
    config = [CONFIG] if os.path.exists(CONFIG) else ["--tier", "yes"]
    pin = options_of_pinned() if pinned else []
    return ConfiguredServer(BASALT, config, ["--save", "", *pin, *arguments], directory=directory,
                            prefix=prefix, start_seconds=start_seconds)


def stock(*arguments, pinned=False, binary=STOCK, directory=None):
    pin = options_of_pinned() if pinned else []
    return Server(binary, ["--save", "", *pin, *arguments], directory=directory,
                  start_seconds=600)


class ConfiguredServer(Server):
    """A server whose configuration file comes first on its command line."""

    def __init__(self, binary, config, arguments, **options):
        self._config = list(config)
        super().__init__(binary, arguments, **options)

    def command(self):
        return [*self.prefix, self.binary, *self._config, "--port", str(self.port),
                "--dir", self.directory, *self.arguments]


@dataclasses.dataclass
class Load:
    """One run of the generator, and what the server spent on it."""
    result: dict
    cpu_seconds: float

    @property
    def cpu_us_per_request(self):
        return self.cpu_seconds * 1e6 / max(1, self.result["requests"])

    @property
    def rate(self):
        return self.result["requests"] / self.result["seconds"]


def load_command(port, options):
    command = [*prefix_for_load(), LOAD, "--port", str(port)]
    for name, value in options.items():
        option = "--" + name.replace("_", "-")
        if value is True:
            command.append(option)
        else:
            command += [option, str(value)]
    return command


def run_load(server, verify=True, **options):
    """Runs basalt-load with `options` (names as on its command line, with underscores)."""
    before = procfs.cpu_seconds(server.pid)
    run = subprocess.run(load_command(server.port, options), capture_output=True, text=True,
                         check=False)
    after = procfs.cpu_seconds(server.pid)
    return Load(judged(run.stdout, run.stderr, run.returncode, verify, server), after - before)


def judged(stdout, stderr, code, verify, server):
    try:
        result = json.loads(stdout)
    except ValueError:
        raise Invalid(f"the load generator failed: {stderr.strip()}") from None
    if verify and code != 0:
        log(server.log_tail(15))
        raise Invalid(f"wrong replies: {result['wrong_values']} values, {result['errors']} errors "
                      f"({result['first_error']}) {stderr.strip()}")
    return result


def start_load(server, **options):
    """The same in the background; finish with finish_load()."""
    return subprocess.Popen(load_command(server.port, options), stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True)


def finish_load(process, server, verify=True):
    stdout, stderr = process.communicate()
    return judged(stdout, stderr, process.returncode, verify, server)


def median(values):
    return statistics.median(values)


def drop_caches():
    """Needs root; a measurement of cold reads without it is worth less and says so."""
    try:
        os.sync()
        with open("/proc/sys/vm/drop_caches", "w", encoding="ascii") as file:
            file.write("3")
    except OSError as error:
        log(f"caches not dropped: {error}")
