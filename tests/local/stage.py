"""What the tests speak to: a real server of models, and the router in front of it."""

import os
import re
import subprocess
import sys
from pathlib import Path

import models
from http_json import is_up
from processes import Server, free_port

ROUTER = Path(os.environ.get("LLM_ROUTER_BIN") or Path(__file__).parents[2] / "target/debug/llm-router").resolve()
BIN = Path(sys.executable).parent
START_S = 180


def serve_transformers(folder):
    model = folder / "tiny"
    models.for_transformers(model)
    # Without this folder `GET /v1/models` of transformers serve is an error 500.
    (folder / "hub").mkdir()
    offline = {"HF_HUB_OFFLINE": "1", "HF_HUB_CACHE": str(folder / "hub"), "PATH": os.environ["PATH"]}
    port = free_port()
    command = [BIN / "transformers", "serve", "--host", "127.0.0.1", "--port", str(port), "--device", "cpu"]
    url = f"http://127.0.0.1:{port}"
    server = Server(command, folder, offline, lambda _: is_up(f"{url}/health"), START_S)
    return server, url, str(model)


def serve_llama_cpp(folder):
    models.for_llama_cpp(folder / "tiny.gguf")
    port = free_port()
    command = [BIN / "python", "-m", "llama_cpp.server", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--model", "tiny.gguf", "--model_alias", "tiny", "--n_ctx", str(models.CONTEXT), "--n_threads", "1"]
    # By default a second question breaks off the first, and may then wait for ever.
    command += ["--interrupt_requests", "false"]
    url = f"http://127.0.0.1:{port}"
    environment = {"PATH": os.environ["PATH"], "PYTHONUNBUFFERED": "1"}
    server = Server(command, folder, environment, lambda _: is_up(f"{url}/v1/models"), START_S)
    return server, url, "tiny"


def start_router(folder, kind, upstream, remote_identifier):
    """The router with one provider `local`; it serves `tiny`, and `missing`, which the upstream does not have."""
    (folder / "router.toml").write_text(f"""
[[providers]]
name = "local"
type = "{kind}"
base_url = "{upstream}/v1"

[[models]]
name = "tiny"
provider = "local"
remote_identifier = "{remote_identifier}"

[[models]]
name = "missing"
provider = "local"
remote_identifier = "nobody/missing"
""")
    listening = re.compile(r"listening on (http://[\d.]+:\d+)")
    command = [ROUTER, "--host", "127.0.0.1", "--port", "0"]
    return Server(command, folder, {}, lambda server: listening.search(server.log()), 30)


def test_from_the_command_line(folder):
    """What `llm-router providers test local` prints, and its exit code."""
    command = [ROUTER, "providers", "test", "local"]
    done = subprocess.run(command, cwd=folder, env={}, capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout
