"""Gemini CLI against a scripted chat model, through a built router: `python3 -B tests/agents/gemini.py`.

By the name of a model of the router, and by none: then it asks a small model of Google's which of them to use, and the
aliases of the router lead both to one model.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from router import REASONING, THINKS, Router, Upstream, call, names, roles, text

HERE = pathlib.Path(__file__).resolve().parent
GEMINI = os.environ.get("GEMINI_BIN") or str(HERE / "node_modules/.bin/gemini")
MODEL = THINKS
SECONDS = 180


def gemini(home, work, url, prompt, *more):
    """What it prints as JSON, and its exit code."""
    settings = home / ".gemini"
    settings.mkdir(parents=True)
    (settings / "settings.json").write_text(json.dumps({
        "security": {"auth": {"selectedType": "gemini-api-key"}},
        "privacy": {"usageStatisticsEnabled": False},
        "telemetry": {"enabled": False},
        "general": {"disableAutoUpdate": True},
    }))
    environment = {
        "HOME": str(home), "PATH": os.environ["PATH"], "GEMINI_API_KEY": "any", "GOOGLE_GEMINI_BASE_URL": url,
        "GEMINI_CLI_TRUST_WORKSPACE": "true",
    }
    done = subprocess.run(
        [GEMINI, "--approval-mode", "yolo", "-o", "json", "-p", prompt, *more], cwd=work, env=environment,
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS,
    )
    return done.stdout, done.returncode, done.stderr


def writes_a_file(more, aliases):
    """What the model was asked, in the end with the file written."""

    def script(request, _):
        if "response_format" in request:
            return text(json.dumps({"complexity_reasoning": "One file.", "complexity_score": 10}))
        if roles(request)[-1] == "tool":
            return text("The file is written.")
        return call("write_file", {"file_path": "made.txt", "content": "ferry\n"})

    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        work = folder / "work"
        work.mkdir()
        upstream = Upstream(script)
        router = Router(folder, upstream, [MODEL], aliases)
        try:
            out, code, errors = gemini(folder / "home", work, router.url, "Write ferry into made.txt", *more)
            assert code == 0, f"{code}\n{errors}\n{out}"
            assert json.loads(out)["response"] == "The file is written.", out
            assert "failed" not in errors, errors
            assert (work / "made.txt").read_text() == "ferry\n", upstream.requests[-1]["messages"][-1]
            return upstream.requests
        finally:
            router.close()
            upstream.close()


def is_a_loop(first, last):
    assert "write_file" in names(first), names(first)
    assert roles(first)[0] == "system" and roles(last)[-2:] == ["assistant", "tool"], roles(last)
    assert last["messages"][-2]["reasoning_content"] == REASONING, last["messages"][-2]


def by_its_name():
    first, last = writes_a_file(["-m", MODEL], {})
    is_a_loop(first, last)


def by_aliases():
    chooses, first, last = writes_a_file([], {"gemini-*": MODEL})
    schema = chooses["response_format"]["json_schema"]["schema"]
    assert schema["properties"]["complexity_score"]["type"] == "integer", schema
    is_a_loop(first, last)


for what, check in [
    ("a model writes a file", by_its_name),
    ("a model that stands for Google's writes a file", by_aliases),
]:
    check()
    print(f"gemini: {what}")
