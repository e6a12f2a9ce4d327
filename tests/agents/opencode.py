"""OpenCode against a scripted chat model, through a built router: `python3 -B tests/agents/opencode.py`.

By each of the four APIs that it speaks it writes a file with its own tool, and the model gets back what it thought.
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
# The package of one kind of machine: that of all kinds has a script that has to run when it is installed.
OPENCODE = os.environ.get("OPENCODE_BIN") or str(HERE / "node_modules/opencode-linux-x64/bin/opencode")
MODEL = THINKS
APIS = {
    "chat": ("@ai-sdk/openai-compatible", "/v1"),
    "responses": ("@ai-sdk/openai", "/v1"),
    "messages": ("@ai-sdk/anthropic", "/v1"),
    "gemini": ("@ai-sdk/google", "/v1beta"),
}
SECONDS = 180


def opencode(home, work, url, api, prompt):
    """The events that it prints, and its exit code."""
    package, path = APIS[api]
    home.mkdir()
    (work / "opencode.json").write_text(json.dumps({
        "autoupdate": False,
        "share": "disabled",
        "permission": {"bash": "allow"},
        "provider": {
            "router": {
                "npm": package,
                "name": "Router",
                "options": {"baseURL": url + path, "apiKey": "any"},
                "models": {MODEL: {"reasoning": True}},
            },
        },
    }))
    environment = {"HOME": str(home), "PATH": os.environ["PATH"]}
    for kind in ("CONFIG", "DATA", "CACHE", "STATE"):
        environment[f"XDG_{kind}_HOME"] = str(home / kind.lower())
    for what in ("AUTOUPDATE", "MODELS_FETCH", "DEFAULT_PLUGINS"):
        environment[f"OPENCODE_DISABLE_{what}"] = "1"
    done = subprocess.run(
        [OPENCODE, "run", "--format", "json", "-m", f"router/{MODEL}", prompt], cwd=work, env=environment,
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS,
    )
    events = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return events, done.returncode, done.stdout + done.stderr


def writes_a_file(api):
    def script(request, _):
        if "tools" not in request:
            return text("A ferry")
        if roles(request)[-1] == "tool":
            return text("The file is written.")
        return call("bash", {"command": "echo ferry > made.txt", "description": "Writes a file"})

    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        work = folder / "work"
        work.mkdir()
        upstream = Upstream(script)
        router = Router(folder, upstream, [MODEL])
        try:
            events, code, errors = opencode(folder / "home", work, router.url, api, "Write ferry into made.txt")
            assert code == 0, f"{code}\n{errors}"
            said = [event["part"]["text"] for event in events if event["type"] == "text"]
            assert said == ["The file is written."], errors
            assert (work / "made.txt").read_text() == "ferry\n", errors
            first, last = [request for request in upstream.requests if "tools" in request]
            assert "bash" in names(first), names(first)
            assert roles(first)[0] == "system" and roles(last)[-2:] == ["assistant", "tool"], roles(last)
            assert last["messages"][-2]["reasoning_content"] == REASONING, last["messages"][-2]
        finally:
            router.close()
            upstream.close()


for api in APIS:
    writes_a_file(api)
    print(f"opencode: by {api} it writes a file")
