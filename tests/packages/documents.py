"""The documents against the project: links, targets of make, and messages that are quoted."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md")), ROOT / "benches/README.md"]


def without_code(text):
    return re.sub(r"^```.*?^```$", "", text, flags=re.M | re.S)


def anchors(path):
    """As they are made of headings: small letters, without what is no letter, digit, hyphen or underscore."""
    headings = re.findall(r"^#+ +(.*)$", without_code(path.read_text()), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def check_links():
    for path in DOCUMENTS:
        for link in re.findall(r"\]\(([^)\s]+)\)", without_code(path.read_text())):
            if re.match(r"[a-z]+:", link):
                continue
            name, _, anchor = link.partition("#")
            target = (path.parent / name).resolve() if name else path
            assert target.exists(), f"{path.name}: {link} leads nowhere"
            assert not anchor or anchor in anchors(target), f"{path.name}: {link}: no such heading"


def check_make():
    known = set(re.findall(r"^([\w-]+):(?!=)", (ROOT / "Makefile").read_text(), re.M))
    for path in DOCUMENTS:
        for line in re.findall(r"(?:^|`)(?:sudo )?make ((?:[a-z]+(?:-[a-z]+)*(?= |`|$) ?)+)", path.read_text(), re.M):
            for target in line.split():
                assert target in known, f"{path.name}: the Makefile has no `{target}`"


def check_symptoms():
    """Each message and each code that OPERATIONS.md quotes as a symptom is one of the router."""
    sources = [path.read_text() for path in (ROOT / "src").rglob("*.rs")]
    said = " ".join(re.sub(r"\\\n\s*", "", text) for text in sources)
    text = (ROOT / "docs/OPERATIONS.md").read_text()
    table = re.search(r"<!-- symptoms:begin -->\n(.*?)<!-- symptoms:end -->", text, re.S).group(1)
    for row in table.split("\n")[2:]:
        for quoted in re.findall(r"`([^`]+)`", row.split(" | ")[0]):
            for part in filter(None, map(str.strip, quoted.split("…"))):
                words = [part, *part.split(": ", 1)]
                assert part in said or all(word in said for word in words[1:]), f"OPERATIONS.md quotes `{part}`"


def check():
    check_links()
    check_make()
    check_symptoms()
