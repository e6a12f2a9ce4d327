"""The router behind nginx and Caddy, with the configurations that docs/OPERATIONS.md shows.

    python3 -B tests/proxy/run.py
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE), str(HERE.parent / "local")]

import documented  # noqa: E402
import tools  # noqa: E402
from client import Client  # noqa: E402
from processes import Server, eventually, free_port  # noqa: E402

ROUTER = Path(os.environ.get("LLM_ROUTER_BIN") or ROOT / "target/debug/llm-router").resolve()

# A busy machine may need it; each step ends as soon as it can.
LIMIT_S = 90

ADMIN = "sk-the-key-of-an-admin"
HERE_ONLY = "sk-only-from-this-machine"
ELSEWHERE_ONLY = "sk-only-from-another-machine"

# A stream that is still on its way for as long as a test may look at it.
MODELS = f"""
[[providers]]
name = "demo"
type = "mock"

[[models]]
name = "echo"
provider = "demo"

[[models]]
name = "slow"
provider = "demo"

[models.config.mock]
text = "word"
tokens = 6000
token_interval_ms = 20

[[api_keys]]
name = "here"
key = "{HERE_ONLY}"
allowed_ips = ["127.0.0.2"]

[[api_keys]]
name = "elsewhere"
key = "{ELSEWHERE_ONLY}"
allowed_ips = ["198.51.100.7"]
"""


def start_router(folder, port):
    (folder / "router.toml").write_text(documented.router(port) + MODELS)
    environment = {"LLM_ROUTER_DATABASE_URL": str(folder / "router.db"), "LLM_ROUTER_API_KEYS": ADMIN}
    return Server([ROUTER], folder, environment, lambda server: "listening on" in server.log(), LIMIT_S)


def start_proxy(name, folder, router_port, ports):
    def is_ready(_):
        try:
            return all(Client(f"https://localhost:{port}").ask("GET", "/llm/health")[0] == 200 for port in ports)
        except OSError:
            return False

    program = tools.find(name)
    if program is None or not all(map(tools.find, ("openssl", "curl"))):
        return None
    if name == "nginx":
        certify(folder)
        (folder / "nginx.conf").write_text(documented.nginx(router_port, ports))
        command = [program, "-p", folder, "-c", folder / "nginx.conf"]
    else:
        (folder / "Caddyfile").write_text(documented.caddy(router_port, ports))
        command = [program, "run", "--config", folder / "Caddyfile"]
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "XDG_DATA_HOME": str(folder)}
    return Server(command, folder, environment, is_ready, LIMIT_S)


def certify(folder):
    command = [tools.find("openssl"), "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
    command += ["-nodes", "-days", "2", "-subj", "/CN=localhost", "-keyout", "certificate.key", "-out", "certificate.pem"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=LIMIT_S)


def check_access(base):
    """Nobody is local, and nobody chooses an address."""
    for headers in ({}, {"x_forwarded_for": "127.0.0.1"}, {"forwarded": "for=127.0.0.1"}, {"x_real_ip": "127.0.0.1"}):
        for path in ("/v1/models", "/api-keys", "/metrics"):
            status, _, answer = Client(base, **headers).ask("GET", path)
            assert status == 401, (headers, path, status, answer)
    spoofed = {"x_forwarded_for": "198.51.100.7", "x_real_ip": "198.51.100.7", "forwarded": "for=198.51.100.7"}
    for headers in ({}, spoofed):
        status, _, answer = Client(base, HERE_ONLY, **headers).ask("GET", "/v1/models")
        assert status == 200, (headers, answer)
        status, _, answer = Client(base, ELSEWHERE_ONLY, **headers).ask("GET", "/v1/models")
        assert status == 403 and "comes from 127.0.0.2" in json.dumps(answer), (headers, status, answer)


def in_flight(router):
    _, _, answer = router.ask("GET", "/monitor/in-flight")
    return answer["items"]


def check_stream(base, router, path, body):
    """The first piece is there while the answer is on its way, and the upstream call ends with its client."""
    connection, response = Client(base, ADMIN).open("POST", path, body)
    assert response.status == 200, response.read()
    assert b"word" in response.readline() + response.readline() + response.readline()
    assert len(in_flight(router)) == 1, "the answer was held back"
    response.close()
    connection.close()
    eventually(lambda: not in_flight(router), LIMIT_S, "the call ends with its client")

    def recorded():
        _, _, answer = router.ask("GET", f"/monitor/invocations?request_id={response.headers['x-request-id']}")
        return [call["status"] for call in answer["items"]]

    assert eventually(recorded, LIMIT_S, "the call is recorded") == ["cancelled"]


def check_live(base):
    connection, response = Client(base, ADMIN).open("GET", "/monitor/live")
    assert response.status == 200, response.read()
    status, headers, _ = Client(base, ADMIN).ask("POST", "/v1/chat/completions", chat("demo/echo", "hello"))
    assert status == 200
    wanted = headers["x-request-id"].encode()
    assert any(wanted in line for line in response), "the call is not in the live feed"
    response.close()
    connection.close()


def check_large_body(base):
    text = "x" * 30_000_000
    status, _, answer = Client(base, ADMIN).ask("POST", "/v1/chat/completions", chat("demo/echo", text))
    assert status == 200, answer
    assert answer["choices"][0]["message"]["content"] == text


def check_console(base):
    origin = re.match(r"https://[^/]+", base).group(0)
    login = {"api_key": ADMIN, "cookie": True}
    status, headers, answer = Client(base, origin=origin).ask("POST", "/auth/login", login)
    assert status == 200 and "Secure" in headers["set-cookie"], (status, answer, headers)
    cookie = headers["set-cookie"].partition(";")[0]
    status, _, answer = Client(base, cookie=cookie, origin="https://elsewhere.example").ask("POST", "/auth/logout")
    assert status == 403, answer
    check_console_over_http2(base, origin)
    status, _, answer = Client(base, cookie=cookie, origin=origin).ask("POST", "/auth/logout")
    assert status < 300, answer


def check_console_over_http2(base, origin):
    """As browsers do it: there `Host` is a field of the protocol's own."""
    command = [tools.find("curl"), "-sk", "--http2", "--max-time", str(LIMIT_S)]
    command += ["-o", os.devnull, "-w", "%{http_version} %{http_code}"]
    command += ["-H", "content-type: application/json", "-H", f"origin: {origin}", f"{base}/auth/login"]
    command += ["-d", json.dumps({"api_key": ADMIN, "cookie": True})]
    told = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT_S)
    assert told.stdout == "2 200", (told.stdout, told.stderr)


def check_paths(base):
    status, _, answer = Client(base, ADMIN).ask("GET", "/openapi.json")
    assert status == 200 and "/v1/chat/completions" in json.dumps(answer)
    assert any("/llm" in server["url"] for server in answer["servers"]), answer["servers"]
    assert Client(base).ask("GET", "/ui/overview")[0] == 200


def chat(model, text, **more):
    return {"model": model, "messages": [{"role": "user", "content": text}]} | more


def check(base, router):
    check_access(base)
    check_stream(base, router, "/v1/chat/completions", chat("demo/slow", "go", stream=True))
    check_stream(base, router, "/models/demo/slow/invoke", {"prompt": "go", "stream": True})
    check_live(base)
    if not base.endswith("/llm"):
        check_large_body(base)
    check_console(base)
    check_paths(base)


def main():
    tested = []
    with tempfile.TemporaryDirectory() as name:
        folders = {part: Path(name) / part for part in ("router", "nginx", "caddy")}
        for folder in folders.values():
            folder.mkdir()
        port = free_port()
        server = start_router(folders["router"], port)
        router = Client(f"http://127.0.0.1:{port}", ADMIN)
        try:
            for proxy in ("nginx", "caddy"):
                ports = [free_port(), free_port()]
                running = start_proxy(proxy, folders[proxy], port, ports)
                if running is None:
                    continue
                try:
                    for base in (f"https://localhost:{ports[0]}", f"https://localhost:{ports[1]}/llm"):
                        check(base, router)
                except BaseException:
                    print(running.log(), server.log())
                    raise
                finally:
                    running.stop()
                tested.append(proxy)
        finally:
            server.stop()
    print(f"behind {' and '.join(tested) or 'nothing'} the router is as it is without")


if __name__ == "__main__":
    main()
