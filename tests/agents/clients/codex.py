"""Codex, by OpenAI's Responses."""

import os

from upstreams import Call

from . import MODULES, Outcome, json_lines, run

BINARY = os.environ.get("CODEX_BIN") or str(MODULES / ".bin/codex")
UNKNOWN, KNOWN = "glm-5.3", "gpt-6-sol"
APIS = {"unknown": UNKNOWN, "known": KNOWN}
# With a name that it knows, its tools come as one tool that takes a script, grouped in namespaces.
TOOL = {"unknown": "exec_command", "known": "exec"}


def calls(api, *commands):
    if api == "unknown":
        return [Call("exec_command", {"cmd": command}) for command in commands]
    steps = "".join(f'text(JSON.stringify(await tools.exec_command({{cmd: "{command}"}})));\n' for command in commands)
    return [Call("exec", {"input": steps})]


def steps(api):
    return [calls(api, "cat notes.txt", "ls"), calls(api, "sed -i s/ferry/boat/ notes.txt")]


def model_of(api):
    return APIS[api]


def run_once(stage, api, prompt, more="", provider="Router", until=None):
    home = stage.home / ".codex"
    home.mkdir(parents=True, exist_ok=True)
    (home / "config.toml").write_text(f"""
model_provider = "router"
check_for_update_on_startup = false
model_reasoning_effort = "high"
{more}

[analytics]
enabled = false

[features]
plugins = false

[model_providers.router]
name = "{provider}"
base_url = "{stage.router.url}/v1"
env_key = "ROUTER_KEY"
wire_api = "responses"
""")
    environment = {"HOME": str(stage.home), "CODEX_HOME": str(home), "ROUTER_KEY": "any"}
    command = [BINARY, "exec", "--skip-git-repo-check", "--json", "--dangerously-bypass-approvals-and-sandbox"]
    out, errors, code = run([*command, "-m", APIS[api], prompt], stage.work, environment, until)
    items = [event.get("item", {}) for event in json_lines(out)]
    return Outcome([item["text"] for item in items if item.get("type") == "agent_message"], out + errors, code)
