"""The examples of docs/API.md, as they stand there, against a running router with the shipped router.toml.

A block that follows one of Python or JavaScript and is marked as text is what it prints.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(HERE.parent / "local"))

from processes import Server  # noqa: E402
from python_packages import install  # noqa: E402

ROUTER = Path(os.environ.get("LLM_ROUTER_BIN") or ROOT / "target/debug/llm-router").resolve()
VENV = HERE / ".venv"
ADDRESS = "http://localhost:8000"
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def start_router(folder):
    shutil.copy(ROOT / "router.toml", folder)
    listening = re.compile(r"listening on (http://[\d.]+:\d+)")
    command = [ROUTER, "--host", "127.0.0.1", "--port", "0"]
    return Server(command, folder, {}, lambda server: listening.search(server.log()), 30)


def examples(document):
    """Language, text and what it prints, if that is said."""
    blocks = BLOCK.findall(document)
    following = [*blocks[1:], ("", "")]
    for (language, text), (next_language, printed) in zip(blocks, following):
        if language != "text":
            yield language, text, printed if next_language == "text" else None


def run(language, text, folder):
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder)}
    if language == "sh":
        command = ["bash", "-e", "-c", text]
    elif language == "python":
        command = [VENV / "bin/python", "-B", "-c", text]
    elif language == "js":
        # The SDK is found from the script's own folder.
        (folder / "example.mjs").write_text(text)
        modules = folder / "node_modules"
        if not modules.exists():
            modules.symlink_to(ROOT / "tests/sdk/node_modules")
        command = ["node", "example.mjs"]
    else:
        raise ValueError(f"an example in `{language}` cannot be run")
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60)
    if done.returncode != 0:
        raise RuntimeError(f"ended with code {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def main():
    install(HERE)
    document = (ROOT / "docs/API.md").read_text()
    failed = count = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        router = start_router(folder)
        try:
            url = router.readiness.group(1)
            for language, text, expected in examples(document):
                count += 1
                problem = None
                try:
                    printed = run(language, text.replace(ADDRESS, url), folder)
                    if expected is not None and printed.strip() != expected.strip():
                        problem = f"printed {json.dumps(printed)}, and not {json.dumps(expected)}"
                except (RuntimeError, subprocess.TimeoutExpired) as error:
                    problem = str(error)
                if problem:
                    failed += 1
                    print(f"docs/API.md, an example in {language}:\n{text}\n{problem}\n")
            router.alive()
        finally:
            stopped = router.stop()
        if stopped != 0:
            print(router.log(), f"the router ended with code {stopped}", sep="\n")
    print(f"docs/API.md: {count - failed} of {count} examples run")
    return 1 if failed or count == 0 else stopped


if __name__ == "__main__":
    sys.exit(main())
