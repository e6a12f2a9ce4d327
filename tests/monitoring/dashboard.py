"""The Grafana dashboard: imports as it is, and asks for what there is."""

import json
import re
from urllib.parse import urlencode

from http_json import ask

# What Grafana puts in place of its variables, for a range of a minute that was scraped each second.
VARIABLES = {
    "$__rate_interval": "60s",
    "$__interval": "60s",
    "$__range": "60s",
    "$instance": ".*",
    "$provider": ".*",
    "$model": ".*",
}

# Nothing of the kind happens in the test's traffic; the queries must be understood all the same.
MAY_BE_EMPTY = {"Pools: calls": "waiting"}


def load(path):
    document = json.loads(path.read_text())
    assert "__inputs" not in document and document["uid"] and document["title"]
    assert document.get("id") is None, "an id of another Grafana"
    variables = {variable["name"]: variable for variable in document["templating"]["list"]}
    assert variables["datasource"]["type"] == "datasource" and variables["datasource"]["query"] == "prometheus"
    sources = [variable["datasource"] for name, variable in variables.items() if name != "datasource"]
    sources += [annotation["datasource"] for annotation in document["annotations"]["list"]]
    panels, taken, ids = [], set(), set()
    for panel in document["panels"]:
        assert panel["id"] not in ids, panel["title"]
        ids.add(panel["id"])
        place = panel["gridPos"]
        for column in range(place["x"], place["x"] + place["w"]):
            for line in range(place["y"], place["y"] + place["h"]):
                assert column < 24 and (column, line) not in taken, f"{panel['title']} lies over another panel"
                taken.add((column, line))
        if panel["type"] == "row":
            continue
        assert panel["description"] and panel["targets"], panel["title"]
        sources += [panel["datasource"], *(target["datasource"] for target in panel["targets"])]
        panels.append(panel)
    assert all(source == {"type": "prometheus", "uid": "${datasource}"} for source in sources)
    assert len({panel["title"] for panel in panels}) == len(panels)
    named = set(re.findall(r"\$(\w+)", " ".join(expressions(panels))))
    assert named <= {*variables, "__rate_interval", "__interval", "__range"}, named
    queries = [variable["query"]["query"] for variable in variables.values() if variable["type"] == "query"]
    return [
        *panels,
        {"title": "variables", "targets": [{"expr": series_of(query)} for query in queries]},
        {"title": "annotations", "targets": [{"expr": each["expr"]} for each in document["annotations"]["list"]]},
    ]


def series_of(query):
    """`label_values(series, label)` has values where the series has the label."""
    series, label = re.fullmatch(r"label_values\((.+), (\w+)\)", query).groups()
    return f"count by ({label}) ({series})"


def expressions(panels):
    return [target["expr"] for panel in panels for target in panel["targets"]]


def without_labels(expression):
    """So that only names of metrics are left."""
    expression = re.sub(r"\{[^}]*\}", "", expression)
    return re.sub(r"\b(?:by|on|without)\s*\([^)]*\)", "", expression)


def check(base, panels):
    """How many queries were asked."""
    count = 0
    for panel in panels:
        for target in panel["targets"]:
            query = target["expr"]
            for name, value in VARIABLES.items():
                query = query.replace(name, value)
            assert "$" not in query, query
            status, _, answer = ask(base, "GET", "/api/v1/query?" + urlencode({"query": query}))
            place = f"{panel['title']}: {query}"
            assert status == 200 and answer["status"] == "success", f"{place}: {answer}"
            result = answer["data"]["result"]
            assert not answer.get("warnings"), f"{place}: {answer['warnings']}"
            word = MAY_BE_EMPTY.get(panel["title"])
            if word is None or word not in query:
                assert result, f"{place} finds nothing"
                values = [series["value"][1] for series in result]
                assert "NaN" not in values or set(values) != {"NaN"}, f"{place} is no number"
            count += 1
    return count
