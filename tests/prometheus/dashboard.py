#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""The dashboard, read by somebody who is not Grafana.

Why it exists: Grafana takes any JSON and shows an empty panel where something is wrong.

    dashboard.py check pinhole.json      what an operator would stumble over

Who may import it: live.py, for the queries.
"""

import json
import re
import subprocess
import sys

WIDTH = 24
# Of Grafana's units, those that are in use; a new one is looked up before it is added.
UNITS = {"none", "short", "percentunit", "bps", "Bps", "pps", "cps", "bytes", "s", "dateTimeFromNow"}
VARIABLE = re.compile(r"\$\{?(\w+)\}?")
BUILT_IN = {"__rate_interval", "__interval", "__range"}
LABEL_VALUES = re.compile(r"label_values\((.*), *(\w+)\)$")


def load(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def panels_of(dashboard):
    return [panel for panel in dashboard["panels"] if panel["type"] != "row"]


def queries(dashboard):
    """Whatever is asked of Prometheus: (where, expression, labels that must come back)."""
    for variable in dashboard["templating"]["list"]:
        if variable["type"] == "query":
            expr, label = LABEL_VALUES.match(variable["query"]["query"]).groups()
            yield f"variable {variable['name']}", expr, {label}
    for annotation in dashboard["annotations"]["list"]:
        said = annotation["titleFormat"] + annotation["textFormat"]
        yield f"annotation {annotation['name']}", annotation["expr"], legend_labels(said)
    for panel in panels_of(dashboard):
        for target in panel["targets"]:
            where = f"{panel['title']} {target['refId']}"
            yield where, target["expr"], legend_labels(target["legendFormat"])


def legend_labels(legend):
    return set(re.findall(r"{{(\w+)}}", legend))


def overlap(one, other):
    return (
        one["x"] < other["x"] + other["w"] and other["x"] < one["x"] + one["w"]
        and one["y"] < other["y"] + other["h"] and other["y"] < one["y"] + one["h"]
    )


def wrong_with_panel(panel):
    if not panel.get("title") or not panel.get("description"):
        yield "no title, or nothing that explains it"
    if panel["fieldConfig"]["defaults"].get("unit") not in UNITS:
        yield f"unit {panel['fieldConfig']['defaults'].get('unit')}"
    if not panel.get("targets"):
        yield "asks nothing"
    for target in [panel, *panel.get("targets", [])]:
        if target["datasource"] != {"type": "prometheus", "uid": "${datasource}"}:
            yield "has a data source of its own"
    refs = [target["refId"] for target in panel["targets"]]
    if len(set(refs)) != len(refs):
        yield "two queries of one name"
    for target in panel["targets"]:
        if panel["type"] == "timeseries" and not target["legendFormat"]:
            yield "a curve without a name"
        if '$instance"' not in target["expr"]:
            yield "shows firewalls that were not chosen"


def wrong_with(dashboard):
    everything = dashboard["panels"]
    ids = [panel["id"] for panel in everything]
    titles = [panel["title"] for panel in panels_of(dashboard)]
    if len(set(ids)) != len(ids) or len(set(titles)) != len(titles):
        yield "two panels of one id or title"
    for panel in panels_of(dashboard):
        for complaint in wrong_with_panel(panel):
            yield f"{panel['title']}: {complaint}"
    for number, panel in enumerate(everything):
        place = panel["gridPos"]
        if place["x"] + place["w"] > WIDTH:
            yield f"{panel['title']}: wider than the page"
        for other in everything[:number]:
            if overlap(place, other["gridPos"]):
                yield f"{panel['title']} lies on {other['title']}"
    known = {variable["name"] for variable in dashboard["templating"]["list"]}
    used = {"datasource"}
    for where, expr, _ in queries(dashboard):
        names = set(VARIABLE.findall(expr))
        used |= names
        for name in names - known - BUILT_IN:
            yield f"{where}: no variable ${name}"
    for name in known - used:
        yield f"variable {name} is asked for by nobody"


def main(how, path):
    if how != "check":
        sys.exit(__doc__)
    with open(path, encoding="utf-8") as file:
        text = file.read()
    generator = path.replace("pinhole.json", "dashboard.py")
    made = subprocess.run(
        [sys.executable, "-B", generator], stdout=subprocess.PIPE, text=True, check=True
    )
    complaints = list(wrong_with(json.loads(text)))
    if made.stdout != text:
        complaints.append(f"{path} is not what {generator} writes: run it")
    for complaint in complaints:
        print(complaint)
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
