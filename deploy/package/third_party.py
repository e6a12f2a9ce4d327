"""Writes the licences of everything that the binary is made of: the crates, and the packages of the console.

    python3 -B deploy/package/third_party.py target/THIRD-PARTY.txt

What is passed on as a binary has to bring them along. Crates are read where cargo keeps their sources, packages in
frontend/node_modules.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
IS_LICENCE = re.compile(r"(licen[cs]e|copying|notice|copyright|unlicense)", re.I)


def texts(folder):
    """What the folder says of its licence, in the order of the files' names."""
    files = sorted(path for path in folder.iterdir() if path.is_file() and IS_LICENCE.match(path.name))
    return [text for path in files if (text := path.read_text(errors="replace").strip())]


def crates():
    """Those that are linked, of the platform that this is built for: no crate of a test or of a build script alone."""
    command = ["cargo", "tree", "--locked", "--edges", "normal", "--prefix", "none", "--format", "{p}"]
    tree = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    wanted = {tuple(line.split()[:2]) for line in tree.splitlines() if line}
    command = ["cargo", "metadata", "--locked", "--format-version", "1"]
    metadata = json.loads(subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout)
    for package in metadata["packages"]:
        if (package["name"], f"v{package['version']}") in wanted and package["source"]:
            licence = package["license"] or package["license_file"]
            folder = Path(package["manifest_path"]).parent
            yield f"{package['name']} {package['version']}", licence, folder, package.get("repository")


def console():
    """The packages that the console's pages are built of."""
    lock = json.loads((ROOT / "frontend/package-lock.json").read_text())
    for path, package in lock["packages"].items():
        folder = ROOT / "frontend" / path
        if path and not package.get("dev") and not package.get("optional") and folder.is_dir():
            name = path.rpartition("node_modules/")[2]
            yield f"{name} {package['version']}", package.get("license", "see its text"), folder, None


def main(target):
    by_text, bare = {}, []
    components = sorted([*crates(), *console()], key=lambda component: component[0].lower())
    for name, licence, folder, repository in components:
        found = texts(folder)
        for text in found:
            by_text.setdefault(text, []).append(f"{name} ({licence})")
        if not found:
            bare.append(f"{name} ({licence}){f', {repository}' if repository else ''}")
    parts = ["LLM Router contains the software below, under the licences that stand with it."]
    if bare:
        parts.append("Without a text of their own, under the licence that is named:\n\n" + "\n".join(bare))
    for text, names in sorted(by_text.items(), key=lambda item: -len(item[1])):
        parts.append("\n".join(names) + "\n\n" + text)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(f"\n\n{'-' * 80}\n\n".join(parts) + "\n")
    print(f"{target}: {len(components)} components, {len(by_text)} texts, {len(bare)} without one")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
