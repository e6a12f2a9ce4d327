"""A real Prometheus reads a real router: its rules, and every query of the Grafana dashboard.

    python3 -B tests/monitoring/run.py
"""

import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(HERE), str(HERE.parent / "local")]

import dashboard  # noqa: E402
import install  # noqa: E402
import traffic  # noqa: E402
from http_json import ask  # noqa: E402
from processes import Server, eventually, free_port  # noqa: E402

RULES = ROOT / "deploy/prometheus"
ROUTER = Path(os.environ.get("LLM_ROUTER_BIN") or ROOT / "target/debug/llm-router").resolve()

# A busy machine may need it; each step ends as soon as it can.
LIMIT_S = 90


def run(*command, **options):
    told = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=LIMIT_S, **options)
    assert told.returncode == 0, f"{' '.join(map(str, command))}\n{told.stdout}{told.stderr}"
    return told.stdout + told.stderr


def check_files(promtool):
    run(promtool, "check", "config", "prometheus.yml", cwd=RULES)
    run(promtool, "check", "rules", "--lint=all", "--lint-fatal", "alerts.yml", cwd=RULES)
    run(promtool, "test", "rules", "alerts_test.yml", cwd=RULES)
    alerts = re.findall(r"- alert: (\w+)", (RULES / "alerts.yml").read_text())
    shown = set(re.findall(r'alertname="(\w+)"', (RULES / "alerts_test.yml").read_text()))
    assert set(alerts) == shown, f"alerts without a test, or tests without an alert: {set(alerts) ^ shown}"
    assert len(alerts) == len(set(alerts))


def start_router(folder):
    (folder / "router.toml").write_text(traffic.CONFIG)
    listening = re.compile(r"listening on (http://[\d.]+:\d+)")
    command = [ROUTER, "--host", "127.0.0.1", "--port", "0"]
    environment = {"LLM_ROUTER_DATABASE_URL": str(folder / "router.db")}
    return Server(command, folder, environment, lambda server: listening.search(server.log()), LIMIT_S)


def start_prometheus(prometheus, folder, target):
    """With the shipped configuration, but for the address, and for intervals that a test can wait for."""
    shipped = (RULES / "prometheus.yml").read_text()
    config = shipped.replace("interval: 15s", "interval: 1s").replace("localhost:8000", target)
    assert config.count("interval: 1s") == 2 and target in config
    (folder / "prometheus.yml").write_text(config)
    (folder / "alerts.yml").write_bytes((RULES / "alerts.yml").read_bytes())
    base = f"http://127.0.0.1:{free_port()}"
    command = [prometheus, "--config.file=prometheus.yml", "--storage.tsdb.path=data"]
    command += [f"--web.listen-address={base.removeprefix('http://')}"]

    def is_ready(server):
        try:
            status, _, _ = ask(base, "GET", "/api/v1/status/buildinfo")
            return status == 200
        except (OSError, ValueError):
            return False

    return Server(command, folder, os.environ, is_ready, LIMIT_S), base


def is_scraped(base, since):
    """Twice since then, so that rates see all that happened before."""
    _, _, answer = ask(base, "GET", "/api/v1/targets?state=active")
    targets = answer["data"]["activeTargets"]
    assert all(target["health"] != "down" for target in targets), targets
    if not any(target["health"] == "up" for target in targets):
        return False
    query = "/api/v1/query?query=" + f"count_over_time(llm_router_build_info%5B{max(1, round(time.time() - since))}s%5D)"
    _, _, answer = ask(base, "GET", query)
    result = answer["data"]["result"]
    return bool(result) and float(result[0]["value"][1]) >= 2


def check_rules(base):
    def evaluated():
        _, _, answer = ask(base, "GET", "/api/v1/rules")
        rules = [rule for group in answer["data"]["groups"] for rule in group["rules"]]
        assert rules, "no rules are loaded"
        broken = [(rule["name"], rule.get("lastError")) for rule in rules if rule["health"] == "err"]
        assert not broken, broken
        return all(rule["health"] == "ok" for rule in rules) and rules

    rules = eventually(evaluated, LIMIT_S, "each rule is evaluated")
    for rule in rules:
        annotations = rule["annotations"]
        assert annotations["summary"] and len(annotations["description"]) > 80, rule["name"]
        for alert in rule["alerts"]:
            texts = " ".join(alert["annotations"].values())
            assert "<error" not in texts and "<no value>" not in texts, texts
    # One model of the traffic always fails.
    states = {rule["name"]: rule["state"] for rule in rules}
    assert states["LlmRouterDown"] == "inactive", states
    assert states["LlmRouterModelCircuitOpen"] in ("pending", "firing"), states
    return len(rules)


def exported(base):
    """The names of all series that Prometheus has of the router."""
    _, _, answer = ask(base, "GET", "/api/v1/label/__name__/values")
    return set(answer["data"])


def check_names(names, texts):
    """Whatever rules and dashboard name is exported."""
    for text in texts:
        for name in re.findall(r"\b(?:llm_router|gen_ai)_[a-z_]+\b(?!\s*=)", dashboard.without_labels(text)):
            # A router without a certificate exports nothing of it.
            is_absent = name.startswith("llm_router_tls_")
            assert is_absent or name in names, f"`{name}` is not exported: {text}"


def main():
    tools = install.tools()
    if tools is None:
        return
    check_files(tools["promtool"])
    panels = dashboard.load(ROOT / "deploy/grafana/llm-router.json")
    with tempfile.TemporaryDirectory() as name:
        folders = [Path(name) / part for part in ("router", "prometheus")]
        for folder in folders:
            folder.mkdir()
        router = start_router(folders[0])
        try:
            address = router.readiness.group(1)
            prometheus, base = start_prometheus(tools["prometheus"], folders[1], address.removeprefix("http://"))
            try:
                # Series that begin at 1 do not grow: the first scrape comes between two rounds.
                traffic.play(address)
                eventually(lambda: is_scraped(base, time.time() - 3), LIMIT_S, "the router is scraped")
                traffic.play(address)
                since = time.time()
                eventually(lambda: is_scraped(base, since), LIMIT_S, "the router is scraped again")
                rules = check_rules(base)
                queries = dashboard.check(base, panels)
                alerts = re.findall(r"expr:(.*?)\n\s+(?:for|labels):", (RULES / "alerts.yml").read_text(), re.S)
                check_names(exported(base), [*alerts, *dashboard.expressions(panels)])
                run(tools["promtool"], "check", "metrics", input=traffic.metrics(address))
            finally:
                prometheus.stop()
            router.alive()
        finally:
            stopped = router.stop()
        assert stopped == 0, router.log()
    print(f"Prometheus evaluated {rules} rules and {queries} queries of the dashboard")


if __name__ == "__main__":
    main()
