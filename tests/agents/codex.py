"""Codex against a scripted chat model, through a built router: `python3 -B tests/agents/codex.py`.

By a name that it does not know, and by one that it knows, whose tools come in another form; each writes a file with its
own tool. Then a conversation that became too long, which is replaced by a summary.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from router import Router, Upstream, call, names, roles, text

HERE = pathlib.Path(__file__).resolve().parent
CODEX = os.environ.get("CODEX_BIN") or str(HERE / "node_modules/.bin/codex")
UNKNOWN, KNOWN = "glm-5.3", "gpt-6-sol"
SECONDS = 90


def codex(home, work, url, model, prompt, more="", name="Router"):
    """The events that it prints, and its exit code."""
    config = home / ".codex"
    config.mkdir(parents=True, exist_ok=True)
    (config / "config.toml").write_text(f"""
model_provider = "router"
check_for_update_on_startup = false
{more}

[analytics]
enabled = false

[model_providers.router]
name = "{name}"
base_url = "{url}/v1"
env_key = "ROUTER_KEY"
wire_api = "responses"
request_max_retries = 0
stream_max_retries = 0
""")
    environment = {"HOME": str(home), "CODEX_HOME": str(config), "ROUTER_KEY": "any", "PATH": os.environ["PATH"]}
    command = [CODEX, "exec", "--skip-git-repo-check", "--json", "--dangerously-bypass-approvals-and-sandbox", "-m", model, prompt]
    done = subprocess.run(
        command, cwd=work, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=SECONDS,
    )
    events = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return events, done.returncode, done.stderr


def said(events):
    items = [event.get("item", {}) for event in events]
    return [item["text"] for item in items if item.get("type") == "agent_message"]


def writes_a_file(model):
    def script(request, _):
        if roles(request)[-1] == "tool":
            return text("The file is written.")
        if model == UNKNOWN:
            return call("exec_command", {"cmd": "echo ferry > made.txt"})
        return call("exec", {"input": 'const r = await tools.exec_command({cmd: "echo ferry > made.txt"});\ntext(JSON.stringify(r));\n'})

    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        work = folder / "work"
        work.mkdir()
        upstream = Upstream(script)
        router = Router(folder, upstream, [model])
        try:
            events, code, errors = codex(folder / "home", work, router.url, model, "Write ferry into made.txt")
            assert code == 0, f"{code}\n{errors}\n{events}"
            assert said(events) == ["The file is written."], events
            assert (work / "made.txt").read_text() == "ferry\n", upstream.requests[-1]["messages"][-1]
            first, last = upstream.requests[0], upstream.requests[-1]
            assert roles(first)[0] == "system" and roles(last)[-2:] == ["assistant", "tool"], roles(last)
            wanted = "exec_command" if model == UNKNOWN else "exec"
            assert wanted in names(first), names(first)
        finally:
            router.close()
            upstream.close()


def goes_on_from_a_summary(name):
    """`name`: of the provider. By OpenAI's name Codex asks for an item, by another it asks the model in words."""
    asked = []

    def script(request, count):
        if asked:
            return text("Done.", 10)
        if count == 1:
            return call("exec_command", {"cmd": "echo ferry"}, 5000)
        asked.append(request["messages"][-1])
        return text("We wrote about a ferry.", 10)

    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        work = folder / "work"
        work.mkdir()
        upstream = Upstream(script)
        router = Router(folder, upstream, [UNKNOWN])
        try:
            more = "model_auto_compact_token_limit = 1000\nmodel_context_window = 100000"
            events, code, errors = codex(folder / "home", work, router.url, UNKNOWN, "Say ferry", more, name)
            assert code == 0, f"{code}\n{errors}\n{events}"
            assert said(events)[-1] == "Done.", events
            is_routers = "about to be replaced by a summary" in json.dumps(asked)
            assert is_routers == (name == "OpenAI"), asked
            assert "We wrote about a ferry." in json.dumps(upstream.requests[-1]["messages"]), upstream.requests[-1]
        finally:
            router.close()
            upstream.close()


for what, check in [
    ("a model that it does not know writes a file", lambda: writes_a_file(UNKNOWN)),
    ("a model that it knows writes a file", lambda: writes_a_file(KNOWN)),
    ("a long conversation goes on from a summary", lambda: goes_on_from_a_summary("Router")),
    ("a long conversation goes on from an item", lambda: goes_on_from_a_summary("OpenAI")),
]:
    check()
    print(f"codex: {what}")
