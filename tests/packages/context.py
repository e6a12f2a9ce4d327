"""What a Dockerfile is built from: the files that Docker would be sent, and the steps of each stage."""

import re
import subprocess


def files(root):
    """Those under version control, or not ignored by it, that .dockerignore lets through."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    names = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout.split("\0")
    rules = [line for line in (root / ".dockerignore").read_text().split("\n") if line and not line.startswith("#")]
    return {name for name in names if name and (root / name).is_file() and not is_ignored(name, rules)}


def is_ignored(name, rules):
    """As Docker decides it: the last rule that matches the name or a folder above it counts."""
    ignored = False
    for rule in rules:
        pattern = re.escape(rule.removeprefix("!")).replace(r"\*\*/", "(?:.*/)?").replace(r"\*", "[^/]*")
        if re.match(f"{pattern}(?:/|$)", name):
            ignored = not rule.startswith("!")
    return ignored


def stages(dockerfile):
    """Instructions with their arguments, by the stage's name; the last one has none."""
    text = re.sub(r"^#.*\n", "", dockerfile.read_text(), flags=re.M).replace("\\\n", " ")
    found, current = {}, None
    for line in filter(None, map(str.strip, text.split("\n"))):
        instruction, _, rest = line.partition(" ")
        if instruction == "FROM":
            name = re.search(r" AS (\w+)$", line)
            current = found.setdefault(name.group(1) if name else "", [])
        current.append((instruction, rest))
    return found


def copied(stage):
    """Pairs of sources and target of what a stage takes from outside."""
    for instruction, rest in stage:
        if instruction == "COPY" and not rest.startswith("--from"):
            *sources, target = rest.split()
            yield sources, target
