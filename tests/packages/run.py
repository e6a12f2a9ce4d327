"""The files for containers, and the documents: linted, and held against each other and against the project.

    python3 -B tests/packages/run.py

No image is built: that takes a registry of images and many minutes. What can be tried without one is tried.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import context
import documents

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
TOOLS = HERE / ".venv/bin"


def run(*command, **options):
    told = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=120, **options)
    assert told.returncode == 0, f"{' '.join(map(str, command))}\n{told.stdout}{told.stderr}"
    return told.stdout


def linters():
    """Whether they can be had."""
    wanted, stamp = HERE / "requirements.txt", HERE / ".venv/installed"
    if stamp.exists() and stamp.read_bytes() == wanted.read_bytes():
        return True
    shutil.rmtree(HERE / ".venv", ignore_errors=True)
    try:
        run(sys.executable, "-m", "venv", HERE / ".venv")
        run(TOOLS / "pip", "install", "--quiet", "--disable-pip-version-check", "-r", wanted)
    except (AssertionError, OSError, subprocess.TimeoutExpired) as failure:
        shutil.rmtree(HERE / ".venv", ignore_errors=True)
        assert os.environ.get("REQUIRE_TOOLS") != "1", f"hadolint and check-jsonschema cannot be installed: {failure}"
        return False
    stamp.write_bytes(wanted.read_bytes())
    return True


def check_dockerfile():
    sent, stages = context.files(ROOT), context.stages(ROOT / "Dockerfile")
    for name, stage in stages.items():
        for sources, _ in context.copied(stage):
            for source in sources:
                assert any(file == source or file.startswith(f"{source}/") for file in sent), f"no {source} is sent"
    strange = {file for file in sent if re.search(r"\.env|\.db|node_modules|\.pem$|\.key$", file)}
    assert not strange, f"sent to Docker: {strange}"
    check_console_stage(stages["console"])
    check_layer_of_crates(stages["build"], sent)
    check_embedded(stages["build"])
    check_last_stage(stages[""])


def check_console_stage(stage):
    """It makes the console as the Makefile does."""
    makefile = (ROOT / "Makefile").read_text()
    for instruction, command in stage:
        assert instruction != "RUN" or command in makefile, f"the Makefile has no `{command}`"


def check_layer_of_crates(stage, sent):
    """Cargo takes the manifest with no more than the layer of the crates has."""
    with tempfile.TemporaryDirectory() as folder:
        for instruction, rest in stage:
            if instruction == "COPY":
                *sources, target = rest.split()
                for file in (file for file in sent if any(f"{file}/".startswith(f"{source}/") for source in sources)):
                    place = Path(folder) / file
                    place.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy(ROOT / file, place)
            elif instruction == "RUN" and "cargo build" in rest:
                build = "cargo build --release --locked"
                assert rest.endswith(build) and build in (ROOT / "Makefile").read_text()
                dry = rest.replace(build, "cargo fetch --locked --target x86_64-unknown-linux-gnu")
                run("sh", "-c", dry, cwd=folder)
                return
    raise AssertionError("no step builds the crates alone")


def check_embedded(stage):
    """What the sources embed from elsewhere is in the stage that builds them."""
    there = {source for sources, _ in context.copied(stage) for source in sources}
    assert ".cargo" in there, "SQLite's options are in .cargo/config.toml, which no step copies"
    for path in (path for path in (ROOT / "src").rglob("*.rs") if not {"tests", "tests.rs"} & set(path.parts)):
        text = path.read_text().split("#[cfg(test)]")[0]
        for name in re.findall(r'include_(?:str|bytes)!\(\s*"([^"]+)"', text):
            wanted = (path.parent / name).resolve().relative_to(ROOT)
            assert wanted.parts[0] in there, f"{path.relative_to(ROOT)} embeds {wanted}, which no step copies"
    made = [rest for instruction, rest in stage if instruction == "RUN"][-1]
    for target in re.search(r"make ([a-z ]+) ", made).group(1).split():
        assert re.search(f"^{target}:", (ROOT / "Makefile").read_text(), re.M), f"the Makefile has no `{target}`"


def check_last_stage(stage):
    """A user that is not root, a check of health, and the database on the volume."""
    told = dict(stage)
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", told["USER"]), told["USER"]
    assert '"/usr/local/bin/llm-router", "health"' in told["HEALTHCHECK"]
    assert f"LLM_ROUTER_DATABASE_URL=sqlite://{told['VOLUME']}/" in told["ENV"]
    owner = [rest for instruction, rest in stage if instruction == "COPY" and rest.endswith(f" {told['VOLUME']}")]
    assert len(owner) == 1 and f"--chown={told['USER']} " in owner[0], owner
    assert told["EXPOSE"] == "8000" and not any(instruction == "RUN" for instruction, _ in stage)


def check_compose():
    text = (ROOT / "compose.yaml").read_text()
    for path in re.findall(r"- (\./[^:]+):", text):
        assert (ROOT / path).is_file(), f"compose.yaml mounts {path}, which is not there"
    known = set(re.findall(r"^(?:# )?([A-Z_]+)=", (ROOT / "deploy/compose/env.example").read_text(), re.M))
    used = set(re.findall(r"\$\{([A-Z_]+)", text)) | set(re.findall(r"environment: ([A-Z_]+)$", text, re.M))
    assert used <= known, f"not in env.example: {used - known}"
    for port in re.findall(r'^ +- "(.*:\d+)"$', text, re.M):
        assert port.startswith("${LLM_ROUTER_BIND:-127.0.0.1}:"), f"{port} is open to everybody"
    images = re.findall(r"image: (\S+)", text)
    assert all(re.search(r":v?\d+\.\d+\.\d+$", image) for image in images if image != "llm-router"), images
    keys = set(re.findall(r'api_key_env = "(\w+)"', (ROOT / "router.toml").read_text()))
    assert {name for name in known if name.endswith("_API_KEY")} <= keys


def check_prometheus():
    """That of compose.yaml is the shipped one, with another address and a key."""

    def settings(path):
        return [line for line in path.read_text().split("\n") if line and not line.lstrip().startswith("#")]

    ours = settings(ROOT / "deploy/compose/prometheus.yml")
    key = ["    authorization:", "      credentials_file: /run/secrets/metrics_key"]
    assert key == [line for line in ours if line in key]
    ours = [line.replace("router:8000", "localhost:8000") for line in ours if line not in key]
    assert ours == settings(ROOT / "deploy/prometheus/prometheus.yml")


def main():
    check_dockerfile()
    check_compose()
    check_prometheus()
    documents.check()
    if not linters():
        print("SKIPPED: hadolint and check-jsonschema cannot be installed: Dockerfile and compose.yaml were not linted")
        return
    run(TOOLS / "hadolint", "--failure-threshold", "style", ROOT / "Dockerfile")
    run(TOOLS / "check-jsonschema", "--builtin-schema", "vendor.compose-spec", ROOT / "compose.yaml")
    print("Dockerfile, compose.yaml and documents are as they should be")


if __name__ == "__main__":
    main()
