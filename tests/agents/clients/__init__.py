"""The real agents: how each one is set up, run and read."""

import dataclasses
import json
import os
import pathlib
import signal
import subprocess
import time

MODULES = pathlib.Path(__file__).resolve().parents[1] / "node_modules"


@dataclasses.dataclass
class Outcome:
    """What the user saw: the model's words, everything that was printed, and the exit code; `None` where it was ended."""

    said: list
    shown: str
    code: int | None


SECONDS = 240


def run(command, work, environment, until=None):
    """What it prints on both ways, and its exit code. It and what it started are ended once `until` says so."""
    process = subprocess.Popen(
        command, cwd=work, env={"PATH": os.environ["PATH"], **environment}, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, start_new_session=True,
    )
    last = time.monotonic() + SECONDS
    while True:
        try:
            out, errors = process.communicate(timeout=0.3)
            return out, errors, process.returncode
        except subprocess.TimeoutExpired:
            if time.monotonic() > last or until and until():
                os.killpg(process.pid, signal.SIGKILL)
                out, errors = process.communicate()
                return out, errors, None


def json_lines(text):
    found = []
    for line in text.splitlines():
        if line.startswith("{"):
            try:
                found.append(json.loads(line))
            except ValueError:
                pass
    return found
