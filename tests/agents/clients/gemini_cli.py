"""Gemini CLI, by Gemini's API."""

import json
import os

from upstreams import Call

from . import MODULES, Outcome, run

BINARY = os.environ.get("GEMINI_BIN") or str(MODULES / ".bin/gemini")
MODEL = "zai/glm-5.3"
# Without a name it asks a small model of Google's which one to take.
APIS = {"named": ["-m", MODEL], "unnamed": []}
TOOL = {"named": "replace", "unnamed": "replace"}


def steps(_):
    replaced = {"file_path": "notes.txt", "old_string": "ferry", "new_string": "boat", "instruction": "Writes boat for ferry"}
    return [
        [Call("read_file", {"file_path": "notes.txt"}), Call("list_directory", {"dir_path": "."})],
        [Call("replace", replaced)],
    ]


def model_of(_):
    return MODEL


def run_once(stage, api, prompt, until=None):
    settings = stage.home / ".gemini"
    settings.mkdir(parents=True)
    (settings / "settings.json").write_text(json.dumps({
        "security": {"auth": {"selectedType": "gemini-api-key"}},
        "privacy": {"usageStatisticsEnabled": False},
        "telemetry": {"enabled": False},
        "general": {"disableAutoUpdate": True},
    }))
    environment = {
        "HOME": str(stage.home), "GEMINI_API_KEY": "any", "GOOGLE_GEMINI_BASE_URL": stage.router.url, "GEMINI_CLI_TRUST_WORKSPACE": "true",
    }
    command = [BINARY, "--approval-mode", "yolo", "-o", "json", "-p", prompt, *APIS[api]]
    out, errors, code = run(command, stage.work, environment, until)
    try:
        said = [json.loads(out)["response"]]
    except (ValueError, KeyError):
        said = []
    return Outcome(said, out + errors, code)
