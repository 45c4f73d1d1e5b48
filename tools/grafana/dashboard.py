#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: GPL-2.0
"""Writes pinhole.json, the dashboard that Grafana imports, to standard output.

Why it exists: the JSON is thousands of lines of which most are alike. What differs is in
panels.py; here is how Grafana wants it. After a change of either:

    tools/grafana/dashboard.py >tools/grafana/pinhole.json

Tests see to it that they agree, and run every query against a Prometheus.
"""

import json

import panels

WIDTH = 24
SOURCE = {"type": "prometheus", "uid": "${datasource}"}
WHO = 'job=~"$job", instance=~"$instance"'
SHORT = [
    ("[@]", "[$__rate_interval]"),
    ("{@interface", "{" + WHO + ', interface=~"$interface"'),
    ("{@list", "{" + WHO + ', access_list=~"$access_list"'),
    ("{@", "{" + WHO),
]
HEIGHTS = {"stat": 4, "timeseries": 8, "table": 8}


def full(expr):
    for short, long in SHORT:
        expr = expr.replace(short, long)
    return expr


def target(number, kind, called, expr):
    over_time = kind == "timeseries"
    return {
        "refId": chr(ord("A") + number),
        "datasource": SOURCE,
        "expr": full(expr),
        "legendFormat": called,
        "range": over_time,
        "instant": not over_time,
        **({"format": "table"} if kind == "table" else {}),
    }


# ---- what each kind of panel has besides -------------------------------------------------


def stat(options):
    blue = {"mode": "absolute", "steps": [{"value": None, "color": "blue"}]}
    return {"thresholds": blue, **options["defaults"]}, {
        "options": {
            "colorMode": "value", "graphMode": "none", "textMode": "auto",
            "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
        },
    }


def timeseries(options):
    custom = {"lineWidth": 1, "showPoints": "never", "fillOpacity": 25 if options["stack"] else 8}
    if options["stack"]:
        custom["stacking"] = {"mode": "normal", "group": "A"}
    return {"custom": custom, **options["defaults"]}, {
        "options": {
            "legend": {"displayMode": "table", "placement": "right", "showLegend": True,
                       "calcs": ["lastNotNull", "max"]},
            "tooltip": {"mode": "multi", "sort": "desc"},
        },
    }


def table(options):
    value = options["value"]
    hidden = ["Time", "__name__", "job"] + ([] if value else ["Value"])
    organized = {
        "excludeByName": {name: True for name in hidden},
        "renameByName": {"Value": value} if value else {},
    }
    return options["defaults"], {
        "options": {"showHeader": True, "cellHeight": "sm"},
        "transformations": [{"id": "organize", "options": organized}],
    }


KINDS = {"stat": stat, "timeseries": timeseries, "table": table}


def panel(one):
    defaults, besides = KINDS[one.kind](one.options)
    return {
        "type": one.kind,
        "title": one.title,
        "description": one.tells,
        "datasource": SOURCE,
        "gridPos": {"w": one.width, "h": HEIGHTS[one.kind]},
        "targets": [target(number, one.kind, *query) for number, query in enumerate(one.queries)],
        "fieldConfig": {"defaults": {"unit": one.unit, "min": 0, **defaults}, "overrides": []},
        **besides,
    }


def laid_out():
    """Rows one below the other, the panels of a row from left to right."""
    top, number = 0, 0
    for title, row in panels.ROWS:
        number += 1
        yield {"id": number, "type": "row", "title": title, "collapsed": False, "panels": [],
               "gridPos": {"x": 0, "y": top, "w": WIDTH, "h": 1}}
        top, left, height = top + 1, 0, 0
        for one in map(panel, row):
            place = one["gridPos"]
            if left + place["w"] > WIDTH:
                top, left, height = top + height, 0, 0
            number += 1
            yield {"id": number, **one, "gridPos": {"x": left, "y": top, **place}}
            left, height = left + place["w"], max(height, place["h"])
        top += height


# ---- the whole ---------------------------------------------------------------------------


def variables():
    yield {
        "type": "datasource", "name": "datasource", "label": "Prometheus",
        "query": "prometheus", "current": {}, "options": [], "hide": 0, "refresh": 1,
        "multi": False, "includeAll": False,
    }
    for name, label, query in panels.CHOICES:
        yield {
            "type": "query", "name": name, "label": label, "datasource": SOURCE,
            "query": {"query": full(query), "refId": name}, "definition": full(query),
            "current": {"text": ["All"], "value": ["$__all"]}, "options": [], "hide": 0,
            "refresh": 2, "sort": 1, "multi": True, "includeAll": True, "allValue": ".+",
        }


def annotations():
    for name, title, colour, expr in panels.MOMENTS:
        yield {
            "name": name, "datasource": SOURCE, "enable": True, "iconColor": colour,
            "expr": full(expr), "titleFormat": title, "textFormat": "{{instance}}",
            **({"useValueForTime": "on"} if expr.startswith("1000 *") else {}),
        }


def dashboard():
    return {
        "uid": "pinhole",
        "title": "Pinhole",
        "description": "A firewall, or several: what passes, what does not, and why.",
        "tags": ["pinhole", "firewall", "ftp"],
        "schemaVersion": 38,
        "version": 1,
        "editable": True,
        "graphTooltip": 1,
        "refresh": "30s",
        "time": {"from": "now-3h", "to": "now"},
        "timezone": "browser",
        "templating": {"list": list(variables())},
        "annotations": {"list": list(annotations())},
        "panels": list(laid_out()),
        "links": [],
    }


if __name__ == "__main__":
    print(json.dumps(dashboard(), indent=1))
