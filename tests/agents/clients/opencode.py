"""OpenCode, by each of the four APIs that it speaks."""

import json
import os

from upstreams import Call

from . import MODULES, Outcome, json_lines, run

# The package of one kind of machine: that of all kinds has a script that has to run when it is installed.
BINARY = os.environ.get("OPENCODE_BIN") or str(MODULES / "opencode-linux-x64/bin/opencode")
MODEL = "zai/glm-5.3"
APIS = {
    "chat": ("@ai-sdk/openai-compatible", "/v1"),
    "responses": ("@ai-sdk/openai", "/v1"),
    "messages": ("@ai-sdk/anthropic", "/v1"),
    "gemini": ("@ai-sdk/google", "/v1beta"),
}
TOOL = dict.fromkeys(APIS, "edit")


def steps(_):
    edited = {"filePath": "notes.txt", "oldString": "ferry", "newString": "boat"}
    return [
        [Call("read", {"filePath": "notes.txt"}), Call("bash", {"command": "ls", "description": "Lists files"})],
        [Call("edit", edited)],
    ]


def model_of(_):
    return MODEL


def run_once(stage, api, prompt, until=None):
    package, path = APIS[api]
    stage.home.mkdir(exist_ok=True)
    (stage.work / "opencode.json").write_text(json.dumps({
        "autoupdate": False,
        "share": "disabled",
        "permission": {"bash": "allow", "edit": "allow"},
        "provider": {
            "router": {
                "npm": package,
                "name": "Router",
                "options": {"baseURL": stage.router.url + path, "apiKey": "any"},
                "models": {MODEL: {"reasoning": True}},
            },
        },
    }))
    # It would look there for plug-ins: nobody is.
    environment = {"HOME": str(stage.home), "npm_config_registry": "http://127.0.0.1:9/"}
    for kind in ("CONFIG", "DATA", "CACHE", "STATE"):
        environment[f"XDG_{kind}_HOME"] = str(stage.home / kind.lower())
    for what in ("AUTOUPDATE", "MODELS_FETCH", "DEFAULT_PLUGINS"):
        environment[f"OPENCODE_DISABLE_{what}"] = "1"
    command = [BINARY, "run", "--format", "json", "-m", f"router/{MODEL}", prompt]
    out, errors, code = run(command, stage.work, environment, until)
    said = [event["part"]["text"] for event in json_lines(out) if event["type"] == "text"]
    return Outcome(said, out + errors, code)
