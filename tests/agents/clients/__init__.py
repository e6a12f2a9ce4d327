"""The real agents: how each one is set up, run and read."""

import dataclasses
import json
import os
import pathlib
import signal
import subprocess

MODULES = pathlib.Path(__file__).resolve().parents[1] / "node_modules"


@dataclasses.dataclass
class Outcome:
    """What the user saw: the model's words, everything that was printed, and the exit code; `None` where it was ended."""

    said: list
    shown: str
    code: int | None


def run(command, work, environment, seconds):
    """What it prints on both ways, and its exit code. It and what it started end with it."""
    process = subprocess.Popen(
        command, cwd=work, env={"PATH": os.environ["PATH"], **environment}, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, start_new_session=True,
    )
    try:
        out, errors = process.communicate(timeout=seconds)
        return out, errors, process.returncode
    except subprocess.TimeoutExpired:
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
