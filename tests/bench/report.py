#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Figures of a run: medians with spread, ratios to peers, the history.

Why it exists: all sections record measurements in one form (lib.sh), so that one
place decides what a row is, which peers it is compared with, and what a
regression is.

    report.py json RESULTS MACHINE        one document, to stdout
    report.py table FILE                  of such a document, or of results alone
    report.py markdown FILE               likewise, a line a case: for README.md
    report.py compare FILE HISTORY        against the last run of the same machine
    report.py remember FILE HISTORY       append the run to the history

A measurement is {section, gateway, case, metric, unit, better, value, round}; a
row is all measurements that differ in value and round only. Ratios say how many
times better a row is than its peer: of medians, whichever direction is better.
"""

import json
import statistics
import sys

# Whom a section's rows are compared with.
PEERS = {
    "forward": ("xdp-fib", "kernel", "nftables", "iptables"),
    "first": ("nftables-lines", "nftables-set", "iptables", "ipset"),
    "apply": ("nftables-lines", "nftables-set", "iptables", "ipset"),
    "connect": ("kernel", "nftables", "iptables"),
    "latency": ("kernel", "nftables", "iptables"),
    "bulk": ("kernel", "nftables", "iptables"),
    "ftp": ("nftables", "nftables-xdp", "iptables"),
    "stages": (),
}
# Where the rig's own cost is a row, and can be taken off others.
RIG = "wire"
# To whom one flow is like another.
STATELESS = (RIG, "xdp-fib", "kernel")
PER_SECOND = ("pps", "per_second")
# What a ratio must have fallen by before it is called a regression.
TOLERANCE = 0.10


def read_results(path):
    with open(path, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


def key_of(row):
    return (row["section"], row["metric"], json.dumps(row["case"], sort_keys=True),
            row["gateway"])


def summarize(measurements):
    groups = {}
    for one in measurements:
        groups.setdefault(key_of(one), []).append(one)
    rows = []
    for group in groups.values():
        values = [one["value"] for one in group]
        rows.append({
            **{name: group[0][name]
               for name in ("section", "gateway", "case", "metric", "unit", "better")},
            "median": statistics.median(values), "min": min(values), "max": max(values),
            "values": values})
    for row in rows:
        row["over"] = {} if row["gateway"] == RIG else {
            peer: round(ratio(row, other), 3)
            for peer in PEERS.get(row["section"], ())
            if peer != row["gateway"] and (other := find_peer(rows, row, peer))}
        own = own_ns(rows, row)
        if own is not None:
            row["own_ns"] = round(own, 1)
    return rows


def ratio(row, other):
    if row["better"] == "more":
        return row["median"] / other["median"] if other["median"] else 0
    return other["median"] / row["median"] if row["median"] else 0


def find_peer(rows, row, gateway):
    """Its row for the same case. A gateway that does not translate, or knows no
    connections, has one row for all such cases."""
    def of(case):
        for other in rows:
            if (other["gateway"] == gateway and other["section"] == row["section"]
                    and other["metric"] == row["metric"] and other["case"] == case):
                return other
        return None

    case = {name: value for name, value in row["case"].items()
            if name != "train" or gateway not in STATELESS}
    for name, plain in ((None, None), ("nat", False), ("state", "answered")):
        if name in case:
            case[name] = plain
        found = of(case)
        if found:
            return found
    return None


def own_ns(rows, row):
    """Nanoseconds of a packet or a connection less those of the rig without a
    gateway; of a round trip, half of that: what one way is longer."""
    rig = find_peer(rows, row, RIG)
    if not rig or row["gateway"] == RIG:
        return None
    if row["unit"] in PER_SECOND:
        return 1e9 / row["median"] - 1e9 / rig["median"]
    return (row["median"] - rig["median"]) / 2 if row["unit"] == "ns" else None


def document(results, machine):
    with open(machine, encoding="utf-8") as source:
        return {**json.load(source), "rows": summarize(read_results(results))}


def write(whole, out):
    """A line a row, for the eyes and for comparison."""
    head = json.dumps({**whole, "rows": []}, indent=1)
    rows = ",\n".join("  " + json.dumps(row) for row in whole["rows"])
    out.write(head.removesuffix("[]\n}") + "[\n" + rows + "\n ]\n}\n")


def load(path):
    """A document, or results alone."""
    with open(path, encoding="utf-8") as source:
        text = source.read()
    try:
        whole = json.loads(text)
        if "rows" in whole:
            return whole
    except json.JSONDecodeError:
        pass
    return {"rows": summarize(read_results(path))}


# ---- text --------------------------------------------------------------------


def number(value, unit):
    if unit == "pps":
        return f"{value / 1e6:.3f}"
    if value and abs(value) < 10:
        return f"{value:.2f}"
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}"


SHOWN_UNIT = {"pps": "Mpps"}


def case_text(case):
    words = []
    for name, value in case.items():
        if value is True:
            words.append(name)
        elif value is not False:
            words.append(str(value) if isinstance(value, str) else f"{name} {value}")
    return ", ".join(words)


def table(rows):
    """One table for each section and metric, aligned."""
    seen = []
    for row in rows:
        if (row["section"], row["metric"]) not in seen:
            seen.append((row["section"], row["metric"]))
    for section, metric in seen:
        part = [row for row in rows if (row["section"], row["metric"]) == (section, metric)]
        peers = [peer for peer in PEERS.get(section, ())
                 if any(peer in row["over"] for row in part)]
        own = any("own_ns" in row for row in part)
        unit = SHOWN_UNIT.get(part[0]["unit"], part[0]["unit"])
        lines = [["case", "gateway", unit, "min..max"] + (["own ns"] if own else [])
                 + [f"/{peer}" for peer in peers]]
        for row in sorted(part, key=lambda row: order(part, row)):
            lines.append(
                [case_text(row["case"]), row["gateway"], number(row["median"], row["unit"]),
                 f"{number(row['min'], row['unit'])}..{number(row['max'], row['unit'])}"]
                + ([f"{row['own_ns']:.0f}" if "own_ns" in row else "-"] if own else [])
                + [f"{row['over'][peer]:.2f}" if peer in row["over"] else "-"
                   for peer in peers])
        yield f"{section}: {metric}, {unit}, {part[0]['better']} is better"
        yield from aligned(lines)
        yield ""


def order(part, row):
    """Cases as they were first measured, gateways as they were within a case."""
    cases = [json.dumps(one["case"]) for one in part]
    return cases.index(json.dumps(row["case"])), part.index(row)


def aligned(lines):
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    for line in lines:
        yield "  " + "  ".join(
            cell.ljust(width) if i < 2 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(line, widths))).rstrip()


def pivot(rows):
    """Of each section and metric one table: a line a case, a column a gateway, and how
    many times better Pinhole's ways are than each peer."""
    seen = []
    for row in rows:
        if (row["section"], row["metric"]) not in seen:
            seen.append((row["section"], row["metric"]))
    for section, metric in seen:
        part = [row for row in rows if (row["section"], row["metric"]) == (section, metric)]
        part = sorted(part, key=lambda row, part=part: order(part, row))
        unit = SHOWN_UNIT.get(part[0]["unit"], part[0]["unit"])
        gateways = list(dict.fromkeys(row["gateway"] for row in part))
        ratios = list(dict.fromkeys(
            (row["gateway"], peer) for row in part
            if row["gateway"].startswith("pinhole") for peer in row["over"]))
        cases = {}
        for row in part:
            cases.setdefault(json.dumps(row["case"]), {})[row["gateway"]] = row
        yield f"{section}: {metric}, {unit}, {part[0]['better']} is better"
        yield ""
        yield "| case | " + " | ".join(
            gateways + [f"{gateway.removeprefix('pinhole-')} / {peer}"
                        for gateway, peer in ratios]) + " |"
        yield "|---" + "|--:" * (len(gateways) + len(ratios)) + "|"
        for case, of in cases.items():
            cells = [number(of[name]["median"], of[name]["unit"]) if name in of else ""
                     for name in gateways]
            cells += [f"{of[name]['over'][peer]:.2f}"
                      if name in of and peer in of[name]["over"] else ""
                      for name, peer in ratios]
            yield f"| {case_text(json.loads(case))} | " + " | ".join(cells) + " |"
        yield ""


def heading(whole):
    if "commit" not in whole:
        return
    yield (f"{whole['cpu']}, {whole['cores']} cores, Linux {whole['kernel']}, "
           f"{whole['commit']}, {whole['date']}")
    yield ("; ".join(f"{name} {version}" for name, version in whole["versions"].items()))
    yield (f"medians of {whole['rounds']} interleaved rounds; load before: "
           f"{whole['load_before']}; /PEER: times better than the peer in this run")
    yield ""


# ---- history -----------------------------------------------------------------


def machine_of(whole):
    return [whole["cpu"], whole["cores"], whole["kernel"]]


def figures(whole):
    """What can be compared between runs: ratios to peers, for a machine has good and
    bad days; what takes no time at all; and stages less the harness."""
    out = {}
    empty = [row["median"] for row in whole["rows"]
             if row["section"] == "stages" and row["case"].get("packet") == "an empty program"]
    for row in whole["rows"]:
        name = "/".join((row["section"], row["metric"], row["gateway"],
                         case_text(row["case"])))
        if row["gateway"].startswith("pinhole"):
            for peer, over in row["over"].items():
                out[f"{name} over {peer}"] = (over, "more")
        if row["section"] == "verifier":
            out[name] = (row["median"], "less")
        if row["section"] == "stages" and empty and row["median"] > empty[0]:
            out[name] = (row["median"] - empty[0], "less")
    return out


def read_history(path):
    try:
        return read_results(path)
    except FileNotFoundError:
        return []


def compare(whole, history):
    """Lines about what got worse since the last run on such a machine."""
    before = [run for run in read_history(history) if run["machine"] == machine_of(whole)]
    if not before:
        return ["history: no earlier run on such a machine"]
    last, worse = before[-1], []
    now = figures(whole)
    for name, (old, better) in last["figures"].items():
        if name not in now or not old:
            continue
        new = now[name][0]
        change = new / old - 1 if better == "more" else old / new - 1 if new else 0
        if change < -TOLERANCE:
            worse.append(f"history: worse by {-change:.0%} than at {last['commit']}: {name}: "
                         f"{old:g} -> {new:g}")
    return worse or [f"history: nothing worse by more than {TOLERANCE:.0%} than at "
                     f"{last['commit']} ({len(now)} figures)"]


def remember(whole, history):
    line = {"date": whole["date"], "commit": whole["commit"], "machine": machine_of(whole),
            "figures": figures(whole)}
    with open(history, "a", encoding="utf-8") as out:
        out.write(json.dumps(line) + "\n")


def main(arguments):
    if len(arguments) == 3 and arguments[0] == "json":
        write(document(arguments[1], arguments[2]), sys.stdout)
    elif len(arguments) == 2 and arguments[0] == "table":
        whole = load(arguments[1])
        for line in (*heading(whole), *table(whole["rows"])):
            print(line)
    elif len(arguments) == 2 and arguments[0] == "markdown":
        whole = load(arguments[1])
        for line in (*heading(whole), *pivot(whole["rows"])):
            print(line)
    elif len(arguments) == 3 and arguments[0] == "compare":
        print("\n".join(compare(load(arguments[1]), arguments[2])))
    elif len(arguments) == 3 and arguments[0] == "remember":
        remember(load(arguments[1]), arguments[2])
    else:
        sys.exit(__doc__)


main(sys.argv[1:])
