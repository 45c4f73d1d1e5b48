#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Reads both pages of fw-exporter as strictly as their formats ask for.

Why it exists: Prometheus forgives much that others who read OpenMetrics do not, and
what one page says the other must say as well.

    check_metrics.py TEXT-PAGE OPENMETRICS-PAGE [METRIC...]

Metrics that are named must have samples.
"""

import sys

from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_open
from prometheus_client.parser import text_string_to_metric_families as read_text

# The pages are not made at the same time.
MOVES = ("process_", "pinhole_scrape_duration_seconds")
UNITS = ("bytes", "seconds")
failures = []


def expect(true, what):
    if not true:
        failures.append(what)


def samples(families):
    found = {}
    for family in families:
        for sample in family.samples:
            key = sample.name, frozenset(sample.labels.items())
            expect(key not in found, f"twice: {key}")
            found[key] = sample.value
    return found


def check_family(family):
    expect(family.name.startswith(("pinhole_", "process_")), f"a name: {family.name}")
    expect(family.documentation.endswith("."), f"no sentence about {family.name}")
    expect(family.type in ("counter", "gauge", "info"), f"{family.name}: {family.type}")
    unit = family.name.rsplit("_", 1)[-1]
    expect(family.unit == (unit if unit in UNITS else ""),
           f"{family.name} has unit '{family.unit}'")
    for sample in family.samples:
        expect(sample.value >= 0, f"{sample.name} is {sample.value}")


def main():
    with open(sys.argv[1], encoding="utf-8") as page:
        text = samples(read_text(page.read()))
    with open(sys.argv[2], encoding="utf-8") as page:
        families = list(read_open(page.read()))
    for family in families:
        check_family(family)
    names = [family.name for family in families]
    expect(len(set(names)) == len(names), "a family stands there twice")
    found = samples(families)
    expect(found.keys() == text.keys(), f"only on one: {found.keys() ^ text.keys()}")
    for key in found.keys() & text.keys():
        if not key[0].startswith(MOVES):
            expect(found[key] == text[key], f"{key}: {text[key]} and {found[key]}")
    for name in sys.argv[3:]:
        expect(any(key[0] == name for key in found), f"{name} is not there")
    for failure in failures:
        print(failure)
    print(f"{len(families)} families, {len(found)} samples, {len(failures)} failures")
    return 1 if failures or not families else 0


if __name__ == "__main__":
    sys.exit(main())
