#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Whether tests of rules test all rules, and whether they notice what is wrong with them.

Why it exists: promtool is content with a rule that no test names, and with a test that
can only pass.

    coverage.py told RULES... -- TESTS...
        fails unless every alert is expected to fire somewhere and to be quiet somewhere,
        and every recorded series is asked for by its name
    coverage.py broken PROMTOOL RULES... -- TESTS...
        breaks one rule after the other, and fails if the tests do not
"""

import copy
import os
import re
import subprocess
import sys
import tempfile

import yaml

# A number that is compared with or multiplied by, not one of a name or a duration.
NUMBER = re.compile(r"(?<=[<>=*] )\d+(?:\.\d+)?(?![\w.])")


def load(path):
    with open(path, encoding="utf-8") as file:
        return yaml.safe_load(file)


def rules_of(paths):
    return [rule for path in paths for group in load(path)["groups"] for rule in group["rules"]]


def untold(rules, tests):
    fires, quiet, asked = set(), set(), ""
    for test in (test for path in tests for test in load(path)["tests"]):
        for case in test.get("alert_rule_test", []):
            (fires if case["exp_alerts"] else quiet).add(case["alertname"])
        asked += " ".join(case["expr"] for case in test.get("promql_expr_test", []))
    for rule in rules:
        name = rule.get("alert")
        if name and name not in fires:
            yield f"{name} is never seen to fire"
        if name and name not in quiet:
            yield f"{name} is never seen to be quiet"
        if not name and rule["record"] not in asked:
            yield f"{rule['record']} is never asked for"
    for name in (fires | quiet) - {rule.get("alert") for rule in rules}:
        yield f"{name} is tested, but is no alert"


def defects(rule):
    """The rule as somebody in a hurry might have left it: (what, rule)."""
    if "record" in rule:
        yield "without its sum", dict(rule, expr=f"2 * ({rule['expr']})")
        return
    if "for" in rule:
        yield "at once", {key: rule[key] for key in rule if key != "for"}
    yield "never", dict(rule, expr=f"({rule['expr']}) and vector(1) == 2")
    yield "nobody's", dict(rule, labels={"severity": "unknown"})
    yield "unexplained", dict(rule, annotations={"summary": "it is wrong"})
    for number in NUMBER.finditer(rule["expr"]):
        before, after = rule["expr"][: number.start()], rule["expr"][number.end() :]
        for other in (float(number[0]) * 3 + 3, float(number[0]) / 3 - 0.1):
            if "== " not in before[-3:]:
                yield f"{other:g} for {number[0]}", dict(rule, expr=f"{before}{other:g}{after}")


class Bench:
    """A directory with rules and tests, in which one rule can be another."""

    def __init__(self, directory, promtool, rules, tests):
        self.directory, self.promtool = directory, promtool
        self.rules = {path: load(path) for path in rules}
        self.tests = [test for path in tests for test in load(path)["tests"]]

    def write(self, name, content):
        path = os.path.join(self.directory, name)
        with open(path, "w", encoding="utf-8") as file:
            yaml.safe_dump(content, file)
        return path

    def tests_of(self, rule):
        name = rule.get("alert") or rule["record"]
        return [test for test in self.tests if re.search(rf"\b{name}\b", str(test))]

    def passes(self, rule, broken):
        files = []
        for path, content in self.rules.items():
            content = copy.deepcopy(content)
            for group in content["groups"]:
                group["rules"] = [broken if one == rule else one for one in group["rules"]]
            files.append(self.write(os.path.basename(path), content))
        suite = {"rule_files": files, "evaluation_interval": "30s", "tests": self.tests_of(rule)}
        done = subprocess.run(
            [self.promtool, "test", "rules", self.write("suite_test.yml", suite)],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60, check=False,
        )
        if "error" in done.stdout.lower():
            sys.exit(f"the test itself is wrong: {done.stdout}")
        return done.returncode == 0


def unnoticed(promtool, rules, tests):
    with tempfile.TemporaryDirectory() as directory:
        bench = Bench(directory, promtool, rules, tests)
        for rule in rules_of(rules):
            name = rule.get("alert") or rule["record"]
            if not bench.passes(rule, rule):
                yield f"{name} fails as it is"
            for what, broken in defects(rule):
                if bench.passes(rule, broken):
                    yield f"{name}, {what}: no test notices"


def main(how, *arguments):
    middle = arguments.index("--")
    first, tests = list(arguments[:middle]), arguments[middle + 1 :]
    if how == "told":
        complaints = list(untold(rules_of(first), tests))
    else:
        complaints = list(unnoticed(first[0], first[1:], tests))
    for complaint in complaints:
        print(complaint)
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
