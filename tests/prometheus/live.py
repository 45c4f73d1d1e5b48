#!/usr/bin/env -S python3 -B
# SPDX-License-Identifier: GPL-2.0
"""Asks a Prometheus that runs, by its HTTP interface.

Why it exists: a query that names what does not exist is answered with nothing, which
looks like a firewall at which nothing happens. Here nothing is a failure.

    live.py URL scraped             waits for a scrape that begins after now
    live.py URL value EXPR          the one number that EXPR is
    live.py URL values              waits likewise, reads lines NAME EXPR, and prints NAME
                                    and the number of each
    live.py URL dashboard FILE [VARIABLE=VALUE]...
        runs every query of the dashboard: each is about metrics that there are, counters
        where it takes rates, returns something, and that with the labels it shows
    live.py URL rules
        every rule was evaluated without an error; what it records is there; and what an
        alert compares is there, too, whether it fires or not

Exit status 0, or 1 with what is wrong.
"""

import json
import re
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

import dashboard as grafana

SCRAPE_SEC = 10
# What is no metric in an expression, once strings, braces and brackets are gone.
WORDS = {"and", "or", "unless", "bool", "offset", "inf", "nan"}
GROUPING = re.compile(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\([^)]*\)")
COUNTED = re.compile(r"\b(?:rate|irate|increase)\s*\(\s*([a-zA-Z_:][\w:]*)")
# The right side of a comparison that begins with a number.
LIMIT = re.compile(r"(==|!=|>=|<=|>|<)\s*\d[\d.e]*")


class Broken(Exception):
    """Something is wrong with a query or its answer."""


class Prometheus:
    def __init__(self, url):
        self.url = url

    def get(self, path, **parameters):
        url = f"{self.url}/api/v1/{path}?{urllib.parse.urlencode(parameters)}"
        try:
            with urllib.request.urlopen(url, timeout=10) as reply:
                return json.load(reply)["data"]
        except urllib.error.HTTPError as error:
            raise Broken(json.load(error)["error"]) from error

    def query(self, expr):
        data = self.get("query", query=expr)
        if data["resultType"] == "scalar":
            return [{"metric": {}, "value": data["result"]}]
        return data["result"]

    def names(self):
        return set(self.get("label/__name__/values"))


def metrics_in(expr):
    """Names of metrics, by taking away what is none."""
    bare = re.sub(r'"[^"]*"|\'[^\']*\'', "", expr)
    bare = re.sub(r"\{[^}]*\}|\[[^]]*\]", " ", bare)
    bare = GROUPING.sub(" ", bare)
    found = re.findall(r"(?<![\w:.])([a-zA-Z_:][\w:]*)(?!\s*\(|[\w:])", bare)
    return {name for name in found if name.lower() not in WORDS}


def check_names(expr, names, types):
    for name in metrics_in(expr) - names:
        raise Broken(f"there is no metric {name}")
    for name in COUNTED.findall(expr):
        # The series that Prometheus makes itself have no type; none is a counter.
        kind = types.get(name, types.get(name.removesuffix("_total")))
        if kind != "counter":
            raise Broken(f"a rate of {name}, which is no counter but {kind}")


def types_of(prometheus):
    return {name: about[0]["type"] for name, about in prometheus.get("metadata").items()}


def report(complaints, what):
    for complaint in complaints:
        print(complaint)
    if complaints:
        raise Broken(f"{len(complaints)} of {what} are wrong")
    print(f"all of {what} return what they should")


def run_dashboard(prometheus, path, *settings):
    values = {"__rate_interval": "1m", "__interval": "15s", "__range": "5m"}
    values.update(setting.split("=", 1) for setting in settings)
    names, types = prometheus.names(), types_of(prometheus)
    complaints, number = [], 0
    for where, expr, labels in grafana.queries(grafana.load(path)):
        number += 1
        expr = grafana.VARIABLE.sub(lambda match: values[match[1]], expr)
        try:
            check_names(expr, names, types)
            samples = prometheus.query(expr)
            if not samples:
                raise Broken("returns nothing")
            # A legend may name what some series lack, but not what all lack.
            for label in labels - {key for sample in samples for key in sample["metric"]}:
                raise Broken(f"returns no label {label}")
            if all(sample["value"][1] == "NaN" for sample in samples):
                raise Broken("returns no number")
        except Broken as error:
            complaints.append(f"{where}: {error}\n  {expr}")
    report(complaints, f"{number} queries")


def run_rules(prometheus):
    names, types = prometheus.names(), types_of(prometheus)
    complaints, number = [], 0
    for group in prometheus.get("rules")["groups"]:
        for rule in group["rules"]:
            number += 1
            try:
                if rule["health"] != "ok":
                    raise Broken(rule.get("lastError", rule["health"]))
                check_names(rule["query"], names, types)
                asked = LIMIT.sub(">= -1", rule["query"])
                if not prometheus.query(asked if rule["type"] == "alerting" else rule["name"]):
                    raise Broken("there is nothing that it is about")
            except Broken as error:
                complaints.append(f"{rule['name']}: {error}\n  {rule['query']}")
    if not number:
        raise Broken("no rule is loaded")
    report(complaints, f"{number} rules")


def wait_for_scrape(prometheus):
    began = time.time()
    while time.time() < began + SCRAPE_SEC:
        when = prometheus.query('timestamp(up{job="pinhole"})')
        if when and float(when[0]["value"][1]) >= began:
            return
        time.sleep(0.1)
    raise Broken(f"no scrape within {SCRAPE_SEC} s")


def one_value(prometheus, expr):
    samples = prometheus.query(expr)
    if len(samples) != 1:
        raise Broken(f"{len(samples)} samples, where one was expected: {expr}")
    return f"{float(samples[0]['value'][1]):.10g}"


def main(url, what, *arguments):
    prometheus = Prometheus(url)
    try:
        if what == "scraped":
            wait_for_scrape(prometheus)
        elif what == "value":
            print(one_value(prometheus, arguments[0]))
        elif what == "values":
            wait_for_scrape(prometheus)
            for name, expr in (line.strip().split(" ", 1) for line in sys.stdin):
                print(name, one_value(prometheus, expr))
        elif what == "dashboard":
            run_dashboard(prometheus, *arguments)
        elif what == "rules":
            run_rules(prometheus)
        else:
            sys.exit(__doc__)
    except Broken as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
