#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Writes pinhole.json, the dashboard that Grafana imports, to standard output.

Why it exists: the JSON is thousands of lines of which most are alike. What differs from
panel to panel - what is asked, in what unit, and what it tells - is here, one panel each.
After a change: tools/grafana/dashboard.py >tools/grafana/pinhole.json. Tests see to it
that the two agree, and run every query against a Prometheus.
"""

import json

WIDTH = 24
WHO = 'job=~"$job", instance=~"$instance"'
THERE = WHO + ', interface=~"$interface"'
LISTS = WHO + ', access_list=~"$access_list"'
SOURCE = {"type": "prometheus", "uid": "${datasource}"}


def of(metric, where=WHO, more=""):
    return f"{metric}{{{where}{', ' if more else ''}{more}}}"


def rate(metric, where=WHO, more=""):
    return f"rate({of(metric, where, more)}[$__rate_interval])"


def by(labels, expr):
    return f"sum by ({labels}) ({expr})"


# ---- panels ------------------------------------------------------------------------------


def panel(kind, title, unit, queries, tells, width, height, **options):
    targets = [
        {
            "refId": chr(ord("A") + number),
            "datasource": SOURCE,
            "expr": expr,
            "legendFormat": legend,
            "instant": kind in ("stat", "table", "bargauge"),
            "range": kind not in ("stat", "table", "bargauge"),
            **({"format": "table"} if kind == "table" else {}),
        }
        for number, (expr, legend) in enumerate(queries)
    ]
    defaults = {"unit": unit, "min": 0, **options.pop("defaults", {})}
    return {
        "type": kind,
        "title": title,
        "description": tells,
        "datasource": SOURCE,
        "gridPos": {"w": width, "h": height},
        "targets": targets,
        "fieldConfig": {"defaults": defaults, "overrides": options.pop("overrides", [])},
        **options,
    }


def graph(title, unit, queries, tells, width=12, stack=False, **defaults):
    custom = {"fillOpacity": 25 if stack else 8, "showPoints": "never", "lineWidth": 1}
    if stack:
        custom["stacking"] = {"mode": "normal", "group": "A"}
    return panel(
        "timeseries", title, unit, queries, tells, width, 8,
        defaults={"custom": custom, **defaults},
        options={
            "legend": {"displayMode": "table", "placement": "right", "calcs": ["lastNotNull", "max"],
                       "showLegend": True},
            "tooltip": {"mode": "multi", "sort": "desc"},
        },
    )


def steps(*colours):
    """From (None, colour) upwards: (value from which on, colour)."""
    values = [{"value": value, "color": colour} for value, colour in colours]
    return {"thresholds": {"mode": "absolute", "steps": values}}


def tile(title, unit, expr, tells, legend="{{instance}}", width=4, **defaults):
    defaults.setdefault("thresholds", steps((None, "blue"))["thresholds"])
    return panel(
        "stat", title, unit, [(expr, legend)], tells, width, 4, defaults=defaults,
        options={"colorMode": "value", "graphMode": "none", "textMode": "auto",
                 "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False}},
    )


def table(title, unit, queries, tells, width=12, hidden=(), value="Value"):
    hide = {"Time": True, "__name__": True, "job": True, **{name: True for name in hidden}}
    return panel(
        "table", title, unit, queries, tells, width, 8,
        options={"showHeader": True, "cellHeight": "sm"},
        transformations=[{"id": "organize", "options": {
            "excludeByName": hide, "renameByName": {"Value": value}}}],
    )


def words(**mapping):
    return {"mappings": [{"type": "value", "options": {
        key[1:]: {"text": text, "color": colour} for key, (text, colour) in mapping.items()}}]}


# ---- what is shown -----------------------------------------------------------------------

OVERVIEW = [
    tile("Policy", "none", of("pinhole_up"),
         "Whether a policy is in force and its counters can be read.",
         **words(_0=("none", "red"), _1=("in force", "green"))),
    tile("Last apply", "none", of("pinhole_policy_last_apply_success"),
         "Whether the last fwctl apply succeeded. If not, the policy before it is in force.",
         **words(_0=("failed", "red"), _1=("succeeded", "green"))),
    tile("Alerts", "none",
         'count(ALERTS{alertname=~"Pinhole.*", alertstate="firing", instance=~"$instance"}) or vector(0)',
         "Alerts of pinhole.alerts.yml that fire now.", "firing",
         **steps((None, "green"), (1, "red"))),
    tile("Received", "bps",
         "8 * " + by("instance", rate("pinhole_interface_bytes_total", THERE, 'direction="receive"')),
         "All that the chosen interfaces receive, dropped packets included."),
    tile("Dropped, of what is received", "percentunit",
         "sum by (instance) (" + rate("pinhole_interface_packets_total", THERE,
                                      'direction="receive", verdict="dropped"') + ") / (sum by (instance) ("
         + rate("pinhole_interface_packets_total", THERE, 'direction="receive"') + ") > 0)",
         "In packets. Nothing is shown where nothing is received.",
         **steps((None, "green"), (0.3, "orange"), (0.6, "red"))),
    tile("Connections", "short", by("instance", of("pinhole_connections")),
         "Entries of the connection table, closing ones included."),
    tile("Half-open", "short", by("instance", of("pinhole_half_open_connections")),
         "First packets that are not answered yet: many of them are a flood, or a server that is down."),
    tile("FTP sessions", "short", by("instance", of("pinhole_ftp_sessions")),
         "Control connections that are inspected, in any state."),
    tile("Pinholes open now", "short", of("pinhole_ftp_pinholes"),
         "Ports that are open to one peer of one FTP session, and not used yet."),
    tile("Fullest table", "percentunit",
         f"max by (instance) ({of('pinhole_table_entries')} / ({of('pinhole_table_capacity')} > 0))",
         "How full the fullest table of the datapath is.",
         **steps((None, "green"), (0.8, "orange"), (0.95, "red"))),
    tile("In force since", "dateTimeFromNow",
         f"1000 * {of('pinhole_policy_last_success_timestamp_seconds')}",
         "When the policy in force was applied."),
    tile("Awaits confirm", "s", of("pinhole_policy_confirm_remaining_seconds"),
         "Seconds until the kernel goes back to the policy before, unless fwctl confirm is run; 0: no deadline.",
         **steps((None, "green"), (1, "orange"))),
]

TRAFFIC = [
    graph("Received by interface", "bps",
          [("8 * " + by("instance, interface", rate("pinhole_interface_bytes_total", THERE,
                                                    'direction="receive"')), "{{instance}} {{interface}}")],
          "Bits a second, of all verdicts."),
    graph("Sent by interface", "bps",
          [("8 * " + by("instance, interface", rate("pinhole_interface_bytes_total", THERE,
                                                    'direction="transmit", verdict!="dropped"')),
            "{{instance}} {{interface}}")],
          "Bits a second: forwarded, and of this machine itself."),
    graph("Received packets by verdict", "pps",
          [(by("interface, verdict", rate("pinhole_interface_packets_total", THERE, 'direction="receive"')),
            "{{interface}} {{verdict}}")],
          "forwarded; dropped; local: left to this machine; answered: ARP, NDP and ICMP that the firewall "
          "itself answered.", stack=True),
    graph("Sent packets by verdict", "pps",
          [(by("interface, verdict", rate("pinhole_interface_packets_total", THERE, 'direction="transmit"')),
            "{{interface}} {{verdict}}")],
          "forwarded; local: of this machine itself; dropped on the way out.", stack=True),
    graph("Left to TC by XDP", "pps",
          [(by("instance", rate("pinhole_xdp_passed_up_packets_total")), "{{instance}}")],
          "Packets that XDP saw and could not finish: a payload to rewrite, a neighbour to resolve, a device "
          "that cannot send them."),
    graph("Finished by XDP, of what is received", "percentunit",
          [(by("instance, interface", rate("pinhole_interface_xdp_packets_total", THERE))
            + " / (" + by("instance, interface", rate("pinhole_interface_packets_total", THERE,
                                                      'direction="receive"')) + " > 0)",
            "{{instance}} {{interface}}")],
          "The rest went through TC: inspected FTP, first packets to unresolved neighbours, and all of an "
          "interface whose mode is tc.", max=1),
    table("Interfaces", "none", [(of("pinhole_interface_info", THERE), "")],
          "What each policy interface is bound to, and how.", width=24, hidden=("Value",)),
]

DROPS = [
    graph("Dropped packets by reason", "pps",
          [(f"topk(12, {by('reason', rate('pinhole_dropped_packets_total'))}) > 0", "{{reason}}")],
          "The twelve most frequent. fwctl show counters explains each reason, fwctl log tells of single packets.",
          stack=True),
    graph("Dropped bytes by reason", "Bps",
          [(f"topk(12, {by('reason', rate('pinhole_dropped_bytes_total'))}) > 0", "{{reason}}")],
          "The twelve that weigh most.", stack=True),
    graph("Dropped by interface, of what it receives", "percentunit",
          [(by("instance, interface", rate("pinhole_interface_packets_total", THERE,
                                           'direction="receive", verdict="dropped"'))
            + " / (" + by("instance, interface", rate("pinhole_interface_packets_total", THERE,
                                                      'direction="receive"')) + " > 0)",
            "{{instance}} {{interface}}")],
          "In packets.", max=1),
    table("Dropped in the chosen time", "short",
          [(f"sort_desc({by('instance, reason', 'increase(' + of('pinhole_dropped_packets_total') + '[$__range])')} > 0)",
            "")],
          "Packets by reason, over the whole range that the dashboard shows.", value="packets"),
]

ACCESS_LISTS = [
    graph("Flows decided, by list", "cps",
          [(by("instance, access_list, action", rate("pinhole_access_list_hits_total", LISTS)),
            "{{instance}} {{access_list}} {{action}}")],
          "First packets of connections that lines of each list permitted, and packets that they denied."),
    graph("Bytes of these flows, by list", "Bps",
          [(by("instance, access_list, action", rate("pinhole_access_list_bytes_total", LISTS)),
            "{{instance}} {{access_list}} {{action}}")],
          "Both ways, as IP headers tell."),
    table("Lines with most hits in the chosen time", "short",
          [(f"topk(20, increase({of('pinhole_access_list_line_hits_total', LISTS)}[$__range])) > 0", "")],
          "The twenty busiest lines. id belongs to the text of a line and stays when it moves.", value="hits"),
    table("Lines with most bytes in the chosen time", "bytes",
          [(f"topk(20, increase({of('pinhole_access_list_line_bytes_total', LISTS)}[$__range])) > 0", "")],
          "Both ways, of the connections that a line permitted, and what it denied.", value="bytes"),
    table("Lines never hit", "short",
          [(f"count by (instance, access_list) ({of('pinhole_access_list_line_hits_total', LISTS)} == 0)", "")],
          "How many lines of each list decided nothing since they are there: candidates to be removed.",
          width=8, value="lines"),
    table("Lines", "short", [(of("pinhole_access_list_lines", LISTS), "")],
          "How many lines each list in force has.", width=8, value="lines"),
    table("Lines not exported", "short", [(of("pinhole_access_list_lines_omitted"), "")],
          "Beyond what fw-exporter --acl-lines permits; the sums of their lists have them.", width=8,
          value="lines"),
]

CONNECTIONS = [
    graph("Connections by protocol and state", "short",
          [(by("protocol, state", of("pinhole_connections")), "{{protocol}} {{state}}")],
          "Entries of the connection table; only TCP has states other than established.", stack=True),
    graph("Half-open by protocol", "short",
          [(by("protocol", of("pinhole_half_open_connections")), "{{protocol}}")],
          "Not answered yet. They have a table of their own and displace one another only.", stack=True),
    graph("New connections", "cps",
          [(by("protocol", rate("pinhole_connections_created_total")), "{{protocol}}"),
           (by("instance", rate("pinhole_half_open_connections_created_total")), "{{instance}} dialled"),
           (by("instance", rate("pinhole_connections_picked_up_total")), "{{instance}} taken up in midstream")],
          "Answered ones, by protocol, beside first packets that were let through."),
    graph("Ended connections by cause", "cps",
          [(by("cause", rate("pinhole_connections_closed_total")), "{{cause}}")],
          "Why entries left the connection table.", stack=True),
]

FTP = [
    graph("Sessions by state", "short",
          [(by("state", of("pinhole_ftp_sessions")), "{{state}}")],
          "Inspected control connections: in clear, on the way to TLS, in TLS, or unreadable.", stack=True),
    graph("Data", "Bps",
          [(by("direction", rate("pinhole_ftp_data_bytes_total")), "{{direction}}")],
          "Payload of data connections: to_client is what clients fetch, to_server what they store."),
    graph("Pinholes", "cps",
          [(by("instance", rate("pinhole_ftp_pinholes_opened_total")), "{{instance}} opened"),
           (by("instance", rate("pinhole_ftp_pinholes_used_total")), "{{instance}} used"),
           (by("cause", rate("pinhole_ftp_pinholes_closed_total")), "unused: {{cause}}")],
          "Opened, used by their one connection, or closed unused."),
    graph("Announcements that opened nothing", "cps",
          [(by("reason", rate("pinhole_ftp_pinholes_refused_total")), "{{reason}}")],
          "Why no pinhole opened. Foreign addresses and low ports are what attacks look like; fwctl log has "
          "each, with what was said.", stack=True),
    graph("Sessions and data connections, new", "cps",
          [(by("instance", rate("pinhole_ftp_sessions_opened_total")), "{{instance}} sessions"),
           (by("instance", rate("pinhole_ftp_sessions_closed_total")), "{{instance}} ended"),
           (by("instance", rate("pinhole_ftp_sessions_tls_total")), "{{instance}} went over to TLS"),
           (by("instance", rate("pinhole_ftp_sessions_tls_verified_total")), "{{instance}} TLS verified"),
           (by("instance", rate("pinhole_ftp_sessions_tls_cleared_total")), "{{instance}} cleared (CCC)"),
           (by("instance", rate("pinhole_ftp_sessions_reset_total")), "{{instance}} ended by inspection"),
           (by("instance", rate("pinhole_ftp_data_connections_total")), "{{instance}} data"),
           (by("instance", rate("pinhole_ftp_data_range_connections_total")), "{{instance}} data by data-ports")],
          "How fast they come, and what becomes of sessions."),
    graph("Findings", "cps",
          [(f"topk(10, {by('finding', rate('pinhole_ftp_findings_total'))}) > 0", "{{finding}}")],
          "What inspection found in control connections; pinhole(7) explains each.", stack=True),
    graph("FTP of this machine itself", "cps",
          [(by("instance", rate("pinhole_host_sessions_opened_total")), "{{instance}} sessions"),
           (by("binding", rate("pinhole_host_pinholes_opened_total")), "pinholes {{binding}}"),
           (by("instance", rate("pinhole_host_data_connects_total")), "{{instance}} active data"),
           (by("instance", rate("pinhole_host_listeners_unbound_total")), "{{instance}} listeners of nobody's session")],
          "Host mode: sessions whose sockets are watched. shared: a listener that may be one of several sessions'."),
    graph("Payload changed", "cps",
          [(by("instance", rate("pinhole_ftp_rewrites_total")), "{{instance}} addresses rewritten"),
           (by("instance", rate("pinhole_ftp_masked_total")), "{{instance}} banners masked")],
          "What inspection rewrote in control connections."),
]

NAT = [
    graph("Connections translated, by statement", "cps",
          [(f"topk(10, {by('section, number, real_interface, mapped_interface, direction', rate('pinhole_nat_translations_total'))})",
            "{{section}} {{number}} {{real_interface}}-{{mapped_interface}} {{direction}}")],
          "translate: the initiator is; untranslate: the responder is. fwctl show nat has the statements."),
    graph("Packets translated", "pps",
          [(by("instance, direction", rate("pinhole_nat_packets_total")), "{{instance}} {{direction}}")],
          "Sources translated, destinations untranslated."),
]

TABLES = [
    graph("How full tables are", "percentunit",
          [(f"max by (instance, table) ({of('pinhole_table_entries')} / ({of('pinhole_table_capacity')} > 0))",
            "{{instance}} {{table}}")],
          "A full table of connections, sessions or holes refuses or displaces; a full one of access lists has the "
          "next larger policy refused.", max=1),
    table("Entries", "short", [(of("pinhole_table_entries"), "")],
          "Entries by table.", width=6, value="entries"),
    table("Room", "short", [(of("pinhole_table_capacity"), "")],
          "How many entries each table can hold; fixed when the programs are loaded.", width=6, value="entries"),
]

POLICY = [
    graph("Generation", "none", [(of("pinhole_policy_generation"), "{{instance}}")],
          "Number of the policy in force; each apply and each return to the one before raises it.", width=8),
    graph("Applies and returns in the last hour", "short",
          [(by("instance, result", f"increase({of('pinhole_policy_applies_total')}[1h])"), "{{instance}} {{result}}"),
           (f"increase({of('pinhole_policy_undone_total')}[1h])", "{{instance}} undone")],
          "undone: by fwctl rollback, or as nobody confirmed in time.", width=8),
    graph("What the last apply took", "s",
          [(of("pinhole_policy_last_success_duration_seconds"), "{{instance}}")],
          "From its beginning until the policy was in force.", width=8),
]

REST = [
    graph("ICMP errors", "cps",
          [(by("instance", rate("pinhole_icmp_errors_matched_total")), "{{instance}} passed to their connection"),
           (by("instance", rate("pinhole_icmp_errors_sent_total")), "{{instance}} sent by the firewall"),
           (by("instance", rate("pinhole_icmp_errors_rate_limited_total")), "{{instance}} not sent, too many")],
          "Time exceeded, packet too big and the like.", width=8),
    graph("Fragments", "pps",
          [(by("position", rate("pinhole_fragments_total")), "{{position}}")],
          "Let through: first ones, and those that followed their first.", width=8),
    graph("Neighbours answered", "cps",
          [(by("protocol", rate("pinhole_neighbor_answers_total")), "{{protocol}}")],
          "ARP requests and neighbour solicitations for mapped addresses.", width=8),
]

EXPORTER = [
    graph("Scrape", "s",
          [(of("pinhole_scrape_duration_seconds"), "{{instance}} reading"),
           (of("scrape_duration_seconds"), "{{instance}} as Prometheus sees it")],
          "How long reading the counters took, and the whole exchange.", width=8),
    graph("Samples per scrape", "short", [(of("scrape_samples_scraped"), "{{instance}}")],
          "Lines of access lists are most of them: fw-exporter --acl-lines bounds them.", width=8),
    graph("Events lost", "cps",
          [(by("kind", rate("pinhole_events_lost_total")), "{{kind}}")],
          "Records for fwctl log that found no room or were too many to be told. No packet is affected.", width=8),
    graph("Processor", "percentunit", [(rate("process_cpu_seconds_total"), "{{instance}}")],
          "Of one processor.", width=8),
    graph("Memory", "bytes", [(of("process_resident_memory_bytes"), "{{instance}}")],
          "Resident memory of fw-exporter.", width=8),
    table("Versions", "none", [(of("pinhole_build_info"), "")],
          "Of fw-exporter, and of the ABI that it shares with the datapath.", width=8, hidden=("Value",)),
]

ROWS = [
    ("Overview", OVERVIEW), ("Traffic", TRAFFIC), ("Drops", DROPS), ("Access lists", ACCESS_LISTS),
    ("Connections", CONNECTIONS), ("FTP", FTP), ("Translation", NAT), ("Tables", TABLES),
    ("Policy", POLICY), ("ICMP, fragments, neighbours", REST), ("Exporter", EXPORTER),
]

# ---- the whole ---------------------------------------------------------------------------


def variable(name, label, query):
    return {
        "type": "query", "name": name, "label": label, "datasource": SOURCE,
        "query": {"query": query, "refId": name}, "definition": query,
        "refresh": 2, "sort": 1, "multi": True, "includeAll": True, "allValue": ".+",
        "current": {"text": ["All"], "value": ["$__all"]}, "options": [], "hide": 0,
    }


VARIABLES = [
    {"type": "datasource", "name": "datasource", "label": "Prometheus", "query": "prometheus",
     "current": {}, "options": [], "hide": 0, "refresh": 1, "multi": False, "includeAll": False},
    variable("job", "Job", "label_values(pinhole_build_info, job)"),
    variable("instance", "Firewall", 'label_values(pinhole_build_info{job=~"$job"}, instance)'),
    variable("interface", "Interface",
             f"label_values({of('pinhole_interface_packets_total')}, interface)"),
    variable("access_list", "Access list",
             f"label_values({of('pinhole_access_list_lines')}, access_list)"),
]

ANNOTATIONS = [
    {"name": "Policy applied", "datasource": SOURCE, "enable": True, "iconColor": "blue",
     "expr": f"1000 * {of('pinhole_policy_last_success_timestamp_seconds')}",
     "useValueForTime": "on", "titleFormat": "Policy applied", "textFormat": "{{instance}}"},
    {"name": "Loaded", "datasource": SOURCE, "enable": True, "iconColor": "purple",
     "expr": f"1000 * {of('pinhole_start_time_seconds')}",
     "useValueForTime": "on", "titleFormat": "Loaded, counters begin", "textFormat": "{{instance}}"},
    {"name": "Alerts", "datasource": SOURCE, "enable": True, "iconColor": "red",
     "expr": 'ALERTS{alertname=~"Pinhole.*", alertstate="firing", instance=~"$instance"}',
     "titleFormat": "{{alertname}}", "textFormat": "{{instance}}"},
]


def laid_out():
    """Rows one below the other, the panels of a row from left to right."""
    top, number = 0, 0
    for title, panels in ROWS:
        number += 1
        yield {"id": number, "type": "row", "title": title, "collapsed": False, "panels": [],
               "gridPos": {"x": 0, "y": top, "w": WIDTH, "h": 1}}
        top, left, height = top + 1, 0, 0
        for one in panels:
            place = one["gridPos"]
            if left + place["w"] > WIDTH:
                top, left, height = top + height, 0, 0
            number += 1
            yield {"id": number, **one, "gridPos": {"x": left, "y": top, **place}}
            left, height = left + place["w"], max(height, place["h"])
        top += height


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
        "templating": {"list": VARIABLES},
        "annotations": {"list": ANNOTATIONS},
        "panels": list(laid_out()),
        "links": [],
    }


if __name__ == "__main__":
    print(json.dumps(dashboard(), indent=1))
