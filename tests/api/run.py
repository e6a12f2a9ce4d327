"""schemathesis against a running router: whatever the document allows, and much that it does not.

The router is asked as by a remote caller with an admin's key, so that the refusal without one is looked at as well.
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "local"))

from processes import Server  # noqa: E402
from python_packages import install  # noqa: E402

ROUTER = Path(os.environ.get("LLM_ROUTER_BIN") or HERE.parents[1] / "target/debug/llm-router").resolve()
VENV = HERE / ".venv"
KEY = "sk-the-key-of-an-admin"

# For each operation and each of the phases.
EXAMPLES = os.environ.get("API_EXAMPLES", "25")
SEED = os.environ.get("API_SEED", "1")

CHECKS = [
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "unsupported_method",
    "allow_header_conformance",
    "negative_data_rejection",
    "missing_required_header",
]

CONFIG = """
[[providers]]
name = "demo"
type = "mock"

[[providers]]
name = "spare"
type = "mock"

[[models]]
name = "echo"
provider = "demo"
tags = ["fast"]

[[models]]
name = "spare"
provider = "spare"

[[api_keys]]
key = "sk-the-key-of-a-user"
name = "user"
"""


def start_router(folder):
    (folder / "router.toml").write_text(CONFIG)
    listening = re.compile(r"listening on (http://[\d.]+:\d+)")
    command = [ROUTER, "--host", "127.0.0.1", "--port", "0"]
    environment = {"LLM_ROUTER_API_KEYS": KEY}
    return Server(command, folder, environment, lambda server: listening.search(server.log()), 30)


def schemathesis(url, folder):
    command = [VENV / "bin/schemathesis", "run", f"{url}/openapi.json", "--url", url]
    command += ["--checks", ",".join(CHECKS), "--phases", "examples,coverage,fuzzing"]
    command += ["--max-examples", EXAMPLES, "--seed", SEED, "--generation-database", "none"]
    command += ["-H", "Host: router.example", "-H", f"Authorization: Bearer {KEY}"]
    # A stream that does not end.
    command += ["--exclude-path", "/monitor/live"]
    command += ["--suppress-health-check", "all", "--no-color", "--warnings", "off", "--continue-on-failure"]
    environment = {**os.environ, "SCHEMATHESIS_HOOKS": "hooks", "PYTHONPATH": str(HERE), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(command, cwd=folder, env=environment).returncode


def main():
    install(HERE)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        router = start_router(folder)
        try:
            code = schemathesis(router.readiness.group(1), folder)
            router.alive()
        finally:
            stopped = router.stop()
        if stopped != 0:
            print(router.log(), f"the router ended with code {stopped}", sep="\n")
    return code or stopped


if __name__ == "__main__":
    sys.exit(main())
