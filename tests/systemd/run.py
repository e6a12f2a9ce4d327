"""The service: its units are verified and rated, installed, and run by a systemd in namespaces of its own, with the user,
the sandbox and the sockets that they name."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from machine import SYSTEMD, Machine

PROJECT = Path(__file__).resolve().parents[2]
BINARY = Path(os.environ.get("LLM_ROUTER_BIN", PROJECT / "target/debug/llm-router"))

# Of ten; systemd-analyze counts in tenths.
MOST_EXPOSED = 29

CONFIG = """
[server]
workers = 2
shutdown_timeout = 80
[[providers]]
name = "demo"
type = "mock"
[[models]]
name = "fast"
provider = "demo"
[[models]]
name = "slow"
provider = "demo"
[models.config.mock]
tokens = 300
token_interval_ms = 50
[[providers]]
name = "keyed"
type = "openai_compatible"
base_url = "http://127.0.0.1:9/v1"
api_key_env = "KEYED_KEY"
"""

# The log of the service, where a test reads it; the machine has no journal.
LOG = "[Service]\nStandardError=append:/run/llm-router.log\n"

ASK = """
import http.client, json, sys
host, method, path, key, body = sys.argv[1:]
connection = http.client.HTTPConnection(host, 8000, timeout=120)
headers = {"content-type": "application/json"} | ({"authorization": "Bearer " + key} if key else {})
connection.request(method, path, body or None, headers)
answer = connection.getresponse()
print(answer.status, flush=True)
print(json.dumps([answer.status, answer.read().decode()]))
"""


def skip(reason, of_machine=False):
    """`of_machine`: what no package brings, such as the right to make namespaces, is no fault."""
    if os.environ.get("REQUIRE_TOOLS") == "1" and not of_machine:
        sys.exit(f"REQUIRE_TOOLS is set, and {reason}")
    print(f"SKIPPED: the service was not tested: {reason}")
    sys.exit(0)


def tools():
    missing = [tool for tool in ("systemd-analyze", "systemd-sysusers", "unshare", "nsenter", "ip") if not shutil.which(tool)]
    if not missing:
        return
    if os.geteuid() == 0 and shutil.which("apt-get"):
        packages = ["systemd", "util-linux", "iproute2"]
        subprocess.run(["apt-get", "update", "-qq"], capture_output=True)
        subprocess.run(["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages], capture_output=True)
    missing = [tool for tool in missing if not shutil.which(tool)]
    if missing:
        skip(f"{', '.join(missing)} cannot be had")


def install(root):
    """What `make install` puts there, then the same with the path of this binary, which verify looks for."""
    make = ["make", "-s", f"DESTDIR={root}", f"BINARY={BINARY}"]
    subprocess.run([*make, "install"], cwd=PROJECT, check=True)
    installed = sorted(str(path.relative_to(root)) for path in Path(root).rglob("*") if path.is_file())
    assert {
        "etc/llm-router/environment",
        "etc/llm-router/router.toml",
        "etc/systemd/system/llm-router.service",
        "etc/systemd/system/llm-router.socket",
        "etc/sysusers.d/llm-router.conf",
        "usr/local/bin/llm-router",
        "usr/local/share/man/man1/llm-router.1",
    } <= set(installed), installed
    changed = Path(root) / "etc/llm-router/router.toml"
    changed.write_text("# mine\n")
    subprocess.run([*make, "install"], cwd=PROJECT, check=True)
    assert changed.read_text() == "# mine\n", "a configuration that is there stays"
    subprocess.run([*make, "uninstall"], cwd=PROJECT, check=True)
    left = sorted(str(path.relative_to(root)) for path in Path(root).rglob("*") if path.is_file())
    assert left == ["etc/llm-router/environment", "etc/llm-router/router.toml"], left
    subprocess.run([*make, "install"], cwd=PROJECT, check=True)
    changed.write_text(CONFIG)
    unit = Path(root) / "etc/systemd/system/llm-router.service"
    unit.write_text(unit.read_text().replace("/usr/local/bin/llm-router", str(BINARY)))
    return unit


def verify(unit):
    socket = unit.with_name("llm-router.socket")
    verified = subprocess.run(["systemd-analyze", "verify", unit, socket], capture_output=True, text=True)
    assert verified.returncode == 0 and "llm-router" not in verified.stderr, verified.stderr
    rate = ["systemd-analyze", "security", "--offline=true", f"--threshold={MOST_EXPOSED}", "--no-pager", unit]
    rated = subprocess.run(rate, capture_output=True, text=True)
    print(rated.stdout.strip().splitlines()[-1])
    assert rated.returncode == 0, rated.stdout + rated.stderr


class Service:
    """The service on its machine."""

    def __init__(self, machine):
        self.machine = machine

    def ask(self, method, path, body="", key="", host="127.0.0.1"):
        asked = self.machine.run(sys.executable, "-c", ASK, host, method, path, key, body)
        assert asked.returncode == 0, asked.stderr + self.machine.log()
        return json.loads(asked.stdout.split("\n", 1)[1])

    def begin_chat(self, model):
        body = {"model": model, "stream": True, "messages": [{"role": "user", "content": "hi"}]}
        inside = ["nsenter", "--target", str(self.machine.init), "--net"]
        command = [*inside, sys.executable, "-c", ASK, "127.0.0.1", "POST", "/v1/chat/completions", "", json.dumps(body)]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def open_chat(self, model):
        """With the head of its answer."""
        stream = self.begin_chat(model)
        assert stream.stdout.readline() == "200\n", stream.stderr.read()
        return stream

    def wait(self, what, until):
        for _ in range(600):
            if until():
                return
            time.sleep(0.1)
        raise AssertionError(f"{what}\n{self.machine.run('systemctl', 'status', '--no-pager', 'llm-router.service').stdout}\n{self.machine.log()}")

    def calls(self):
        return json.loads(self.ask("GET", "/monitor/statistics?time_range=7d")[1])["overall"]["total_calls"]


def expect_whole(stream):
    out, err = stream.communicate(timeout=180)
    status, body = json.loads(out.splitlines()[-1] if out else "[0, \"\"]")
    assert status == 200 and body.rstrip().endswith("data: [DONE]") and '"error"' not in body, (out[-500:], err)


def the_first_connection_starts_it(service, machine):
    machine.systemctl("start", "llm-router.socket")
    assert machine.show("ActiveState") == "inactive"
    assert service.ask("GET", "/health")[0] == 200
    assert service.ask("GET", "/health", host="::1")[0] == 200, "IPv6 as well"
    assert machine.show("ActiveState") == "active"
    assert machine.show("StatusText") == "serving on http://localhost:8000", machine.show("StatusText")


def it_runs_as_its_user_in_its_sandbox(service, machine):
    process = f"/proc/{machine.process()}"
    status = machine.read(f"{process}/status")
    user = machine.run("id", "-u", "llm-router").stdout.strip()
    assert re.search(rf"^Uid:\t{user}\t", status, re.M), status
    assert "CapEff:\t0000000000000000" in status and "NoNewPrivs:\t1" in status and "Seccomp:\t2" in status, status
    limits = machine.read(f"{process}/limits")
    assert re.search(r"Max core file size +0 +0 ", limits), limits
    # As many as the machine lets its systemd give.
    assert re.search(r"Max open files +(\d+) +\1 ", limits), limits
    chat = json.dumps({"model": "fast", "messages": [{"role": "user", "content": "hi"}]})
    status, body = service.ask("POST", "/v1/chat/completions", chat)
    assert status == 200, body
    service.wait("the call is recorded", lambda: service.calls() == 1)
    owner = machine.run("stat", "-c", "%U %a", "/var/lib/llm-router/llm_router.db").stdout.split()
    assert owner == ["llm-router", "600"], owner
    status, _ = service.ask("GET", "/monitor/export?format=xlsx&time_range=7d")
    assert status in (200, 404), "a temporary file can be written"


def a_reload_reads_the_file(service, machine):
    machine.write("/etc/llm-router/router.toml", CONFIG.replace('"fast"', '"faster"'), "640")
    machine.run("chgrp", "llm-router", "/etc/llm-router/router.toml")
    before = machine.process()
    machine.systemctl("reload", "llm-router.service")
    service.wait("the model is there", lambda: "demo/faster" in service.ask("GET", "/v1/models")[1])
    service.wait("it is active again", lambda: machine.show("ActiveState") == "active")
    assert machine.process() == before


def a_credential_stands_for_a_variable(service, machine):
    machine.write("/etc/llm-router/credentials/LLM_ROUTER_API_KEYS", "key-of-a-caller\n", "600")
    machine.write("/etc/llm-router/credentials/KEYED_KEY", "sk-of-a-provider\n", "600")
    names = ("LLM_ROUTER_API_KEYS", "KEYED_KEY")
    credentials = "".join(f"LoadCredential={name}:/etc/llm-router/credentials/{name}\n" for name in names)
    closed = "Environment=LLM_ROUTER_ALLOW_LOCAL_WITHOUT_AUTH=false\n"
    machine.drop_in(f"[Service]\n{credentials}{closed}", name="credentials")
    machine.systemctl("restart", "llm-router.service")
    assert service.ask("GET", "/v1/models")[0] == 401
    assert service.ask("GET", "/v1/models", key="key-of-a-caller")[0] == 200
    providers = json.loads(service.ask("GET", "/providers", key="key-of-a-caller")[1])
    text = json.dumps(providers)
    assert "keyed" in text and "sk-of-a-provider" not in text, text
    assert "no key, not used" not in machine.log().split("stopped;")[-1], machine.log()
    for secret in ("key-of-a-caller", "sk-of-a-provider"):
        assert secret not in machine.log()
        assert secret not in machine.read(f"/proc/{machine.process()}/environ")
    machine.run("rm", "/etc/test-units/llm-router.service.d/credentials.conf")
    machine.systemctl("daemon-reload")
    machine.systemctl("restart", "llm-router.service")


def a_hand_over_ends_no_stream(service, machine):
    before = machine.process()
    stream = service.open_chat("slow")
    machine.systemctl("kill", "--kill-whom=main", "--signal=SIGUSR2", "llm-router.service")
    service.wait("systemd watches the new process", lambda: machine.process() != before)
    assert service.ask("GET", "/health")[0] == 200
    expect_whole(stream)
    service.wait("the old one has ended", lambda: machine.run("kill", "-0", before).returncode != 0)
    assert machine.show("ActiveState") == "active" and machine.show("NRestarts") == "0"
    assert service.ask("GET", "/health")[0] == 200


def a_restart_keeps_connections_waiting(service, machine):
    calls = service.calls()
    stream = service.open_chat("slow")
    restart = ["nsenter", "--target", str(machine.init), "--mount", "--pid", "systemctl", "restart", "llm-router.service"]
    restarting = subprocess.Popen(restart)
    service.wait("it stops", lambda: machine.show("ActiveState") != "active")
    late = service.begin_chat("slow")
    expect_whole(stream)
    expect_whole(late)
    assert restarting.wait(timeout=180) == 0
    assert machine.show("Result") == "success"
    service.wait("both are recorded", lambda: service.calls() == calls + 2)


def a_process_that_hangs_is_replaced(service, machine):
    machine.drop_in("[Service]\nWatchdogSec=8\nRestartSec=0\n", name="watchdog")
    machine.systemctl("restart", "llm-router.service")
    before = machine.process()
    time.sleep(12)
    assert machine.process() == before, "the watchdog is answered"
    machine.run("kill", "-STOP", before)
    service.wait("it is started anew", lambda: machine.show("NRestarts") == "1")
    assert service.ask("GET", "/health")[0] == 200
    machine.run("rm", "/etc/test-units/llm-router.service.d/watchdog.conf")
    machine.systemctl("daemon-reload")


def a_broken_configuration_is_tried_again_until_it_is_mended(service, machine):
    machine.drop_in("[Service]\nRestartSec=1\n", name="soon")
    machine.write("/etc/llm-router/router.toml", "[server\n", "644")
    machine.run("systemctl", "restart", "llm-router.service")
    assert "not started: " in machine.log() and "router.toml" in machine.log().splitlines()[-1], machine.log()
    machine.write("/etc/llm-router/router.toml", CONFIG, "644")
    service.wait("it serves", lambda: machine.show("ActiveState") == "active")


def a_port_that_is_taken_is_named(service, machine):
    machine.systemctl("stop", "llm-router.socket", "llm-router.service")
    holder = "import socket, time; s = socket.create_server(('0.0.0.0', 8000)); print(1, flush=True); time.sleep(600)"
    inside = ["nsenter", "--target", str(machine.init), "--net", sys.executable, "-c", holder]
    holding = subprocess.Popen(inside, stdout=subprocess.PIPE)
    holding.stdout.read(1)
    machine.drop_in("[Unit]\nWants=\n[Service]\nSockets=\n", name="no-socket")
    machine.run("systemctl", "mask", "--runtime", "llm-router.socket")
    machine.run("systemctl", "start", "llm-router.service")
    assert "cannot listen on 0.0.0.0:8000: the port is taken" in machine.log(), machine.log()
    holding.kill()
    holding.wait()
    service.wait("it serves once the port is free", lambda: machine.show("ActiveState") == "active")
    machine.systemctl("stop", "llm-router.service")
    assert machine.show("Result") == "success"


STORIES = [
    the_first_connection_starts_it,
    it_runs_as_its_user_in_its_sandbox,
    a_reload_reads_the_file,
    a_credential_stands_for_a_variable,
    a_hand_over_ends_no_stream,
    a_restart_keeps_connections_waiting,
    a_process_that_hangs_is_replaced,
    a_broken_configuration_is_tried_again_until_it_is_mended,
    a_port_that_is_taken_is_named,
]


def main():
    tools()
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        root = Path(folder) / "root"
        unit = install(root)
        verify(unit)
        if os.geteuid() != 0 or SYSTEMD is None:
            skip("only root can run a systemd in namespaces")
        unit.write_text(unit.read_text().replace(str(BINARY), "/run/llm-router"))
        machine = Machine(root, BINARY)
        try:
            if reason := machine.boot():
                skip(f"a systemd in namespaces of its own does not run here: {reason}", of_machine=True)
            machine.drop_in(LOG, name="log")
            service = Service(machine)
            for story in STORIES:
                try:
                    story(service, machine)
                except AssertionError:
                    print(machine.log())
                    raise
                print(f"ok: {story.__name__.replace('_', ' ')}")
        finally:
            machine.close()


if __name__ == "__main__":
    main()
