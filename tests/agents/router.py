"""The built router as a process of its own, in a directory of its own, in front of scripted providers."""

import os
import pathlib
import re
import subprocess
import threading

from upstreams import KEY

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("LLM_ROUTER_BIN") or ROOT / "target/debug/llm-router")


def toml_of(upstreams, models, aliases=(), settings="retries = 0"):
    """`upstreams`: the first serves `models`, each further one stands in for those before it, where these fail."""
    toml = f"[routing]\n{settings}\n"
    for place, upstream in enumerate(upstreams):
        toml += provider(f"up{place}", upstream)
    for model in models:
        for place, upstream in enumerate(upstreams):
            toml += f"""
[[models]]
name = "{model}"
provider = "up{place}"
remote_identifier = "{upstream.dialect.model}"

[models.config]
priority = {-place}
"""
    return toml + "\n[routing.aliases]\n" + "".join(f'"{alias}" = "{model}"\n' for alias, model in dict(aliases).items())


def provider(name, upstream):
    dialect = upstream.dialect
    return f"""
[[providers]]
name = "{name}"
type = "{dialect.TYPE}"
base_url = "{upstream.url}{dialect.PATH}"
api_key_env = "AGENTS_TEST_KEY"

[providers.settings]
{dialect.SETTINGS}
"""


class Router:
    def __init__(self, directory, toml):
        directory.mkdir(parents=True)
        (directory / "router.toml").write_text(toml)
        environment = {"AGENTS_TEST_KEY": KEY, "PATH": os.environ["PATH"]}
        command = [BINARY, "--host", "127.0.0.1", "--port", "0"]
        self.process = subprocess.Popen(
            command, cwd=directory, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, text=True,
        )
        self.log = []
        for line in self.process.stderr:
            self.log.append(line)
            if found := re.search(r"http://127\.0\.0\.1:(\d+)", line):
                self.url = found.group(0)
                break
        else:
            raise SystemExit("the router did not start:\n" + "".join(self.log))
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        self.log.extend(self.process.stderr)

    def close(self):
        self.process.terminate()
        log = "".join(self.log)
        assert self.process.wait(20) == 0, f"the router did not end cleanly:\n{log}"
        assert KEY not in log, "the provider's key is in the log"
