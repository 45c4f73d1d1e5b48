# SPDX-License-Identifier: GPL-2.0
"""What the dashboard shows, row by row: what is asked, in what unit, and what it tells.

Why it exists: this is what somebody changes who wants to see something else; how Grafana
has it written down is for dashboard.py, which alone may import this.

In queries {@} is short for the firewalls that were chosen, {@interface} and {@list} for
their chosen interfaces and access lists, and [@] for a time with a few scrapes in it.
"""

from collections import namedtuple

Panel = namedtuple("Panel", "kind title unit queries tells width options")


def graph(title, unit, tells, *queries, width=12, stack=False, **defaults):
    """Each query is (what a curve is called, expression)."""
    return Panel("timeseries", title, unit, queries, tells, width,
                 {"stack": stack, "defaults": defaults})


def tile(title, unit, tells, expr, called="{{instance}}", **defaults):
    return Panel("stat", title, unit, [(called, expr)], tells, 4, {"defaults": defaults})


def table(title, unit, tells, expr, width=12, value="value"):
    """@value: what the column of numbers is called; None leaves it out."""
    return Panel("table", title, unit, [("", expr)], tells, width,
                 {"value": value, "defaults": {}})


def words(*texts):
    """Instead of 0, 1, ...: (word, colour) each."""
    return {"mappings": [{"type": "value", "options": {
        str(number): {"text": text, "color": colour}
        for number, (text, colour) in enumerate(texts)}}]}


def steps(first, *others):
    """The colour, and (from which value on, which other colour)."""
    colours = [(None, first), *others]
    return {"thresholds": {"mode": "absolute", "steps": [
        {"value": value, "color": colour} for value, colour in colours]}}


OVERVIEW = [
    tile("Policy", "none",
         "Whether a policy is in force and its counters can be read.",
         "pinhole_up{@}",
         **words(("none", "red"), ("in force", "green"))),
    tile("Last apply", "none",
         "Whether the last fwctl apply succeeded. If not, the policy before it is in force.",
         "pinhole_policy_last_apply_success{@}",
         **words(("failed", "red"), ("succeeded", "green"))),
    tile("Alerts", "none",
         "Alerts of pinhole.alerts.yml that fire now.",
         'count(ALERTS{alertname=~"Pinhole.*", alertstate="firing", instance=~"$instance"})'
         ' or vector(0)',
         called="firing", **steps("green", (1, "red"))),
    tile("Received", "bps",
         "All that the chosen interfaces receive, dropped packets included.",
         '8 * sum by (instance)'
         ' (rate(pinhole_interface_bytes_total{@interface, direction="receive"}[@]))'),
    tile("Dropped, of what is received", "percentunit",
         "In packets. Nothing is shown where nothing is received.",
         'sum by (instance) (rate(pinhole_interface_packets_total'
         '{@interface, direction="receive", verdict="dropped"}[@]))'
         ' / (sum by (instance) (rate(pinhole_interface_packets_total'
         '{@interface, direction="receive"}[@])) > 0)',
         **steps("green", (0.3, "orange"), (0.6, "red"))),
    tile("Connections", "short",
         "Entries of the connection table, closing ones included.",
         "sum by (instance) (pinhole_connections{@})"),
    tile("Half-open", "short",
         "First packets that are not answered yet: many of them are a flood, or a server "
         "that is down.",
         "sum by (instance) (pinhole_half_open_connections{@})"),
    tile("FTP sessions", "short",
         "Control connections that are inspected, in any state.",
         "sum by (instance) (pinhole_ftp_sessions{@})"),
    tile("Pinholes open now", "short",
         "Ports that are open to one peer of one FTP session, and not used yet.",
         "pinhole_ftp_pinholes{@}"),
    tile("Fullest table", "percentunit",
         "How full the fullest table of the datapath is.",
         "max by (instance) (pinhole_table_entries{@} / (pinhole_table_capacity{@} > 0))",
         **steps("green", (0.8, "orange"), (0.95, "red"))),
    tile("In force since", "dateTimeFromNow",
         "When the policy in force was applied.",
         "1000 * pinhole_policy_last_success_timestamp_seconds{@}"),
    tile("Awaits confirm", "s",
         "Seconds until the kernel goes back to the policy before, unless fwctl confirm is "
         "run; 0: no deadline.",
         "pinhole_policy_confirm_remaining_seconds{@}",
         **steps("green", (1, "orange"))),
]

TRAFFIC = [
    graph("Received by interface", "bps",
          "Bits a second, of all verdicts.",
          ("{{instance}} {{interface}}",
           '8 * sum by (instance, interface)'
           ' (rate(pinhole_interface_bytes_total{@interface, direction="receive"}[@]))')),
    graph("Sent by interface", "bps",
          "Bits a second: forwarded, and of this machine itself.",
          ("{{instance}} {{interface}}",
           '8 * sum by (instance, interface) (rate(pinhole_interface_bytes_total'
           '{@interface, direction="transmit", verdict!="dropped"}[@]))')),
    graph("Received packets by verdict", "pps",
          "forwarded; dropped; local: left to this machine; answered: ARP, NDP and ICMP that "
          "the firewall itself answered.",
          ("{{interface}} {{verdict}}",
           'sum by (interface, verdict)'
           ' (rate(pinhole_interface_packets_total{@interface, direction="receive"}[@]))'),
          stack=True),
    graph("Sent packets by verdict", "pps",
          "forwarded; local: of this machine itself; dropped on the way out.",
          ("{{interface}} {{verdict}}",
           'sum by (interface, verdict)'
           ' (rate(pinhole_interface_packets_total{@interface, direction="transmit"}[@]))'),
          stack=True),
    graph("Left to TC by XDP", "pps",
          "Packets that XDP saw and could not finish: a payload to rewrite, a neighbour to "
          "resolve, a device that cannot send them.",
          ("{{instance}}",
           "sum by (instance) (rate(pinhole_xdp_passed_up_packets_total{@}[@]))")),
    graph("Finished by XDP, of what is received", "percentunit",
          "The rest went through TC: inspected FTP, first packets to unresolved neighbours, "
          "and all of an interface whose mode is tc.",
          ("{{instance}} {{interface}}",
           'sum by (instance, interface)'
           ' (rate(pinhole_interface_xdp_packets_total{@interface}[@]))'
           ' / (sum by (instance, interface) (rate(pinhole_interface_packets_total'
           '{@interface, direction="receive"}[@])) > 0)'), max=1),
    table("Interfaces", "none",
          "What each policy interface is bound to, and how.",
          "pinhole_interface_info{@interface}", width=24, value=None),
]

DROPS = [
    graph("Dropped packets by reason", "pps",
          "The twelve most frequent. fwctl show counters explains each reason, fwctl log "
          "tells of single packets.",
          ("{{reason}}",
           "topk(12, sum by (reason) (rate(pinhole_dropped_packets_total{@}[@]))) > 0"),
          stack=True),
    graph("Dropped bytes by reason", "Bps",
          "The twelve that weigh most.",
          ("{{reason}}",
           "topk(12, sum by (reason) (rate(pinhole_dropped_bytes_total{@}[@]))) > 0"),
          stack=True),
    graph("Dropped by interface, of what it receives", "percentunit",
          "In packets.",
          ("{{instance}} {{interface}}",
           'sum by (instance, interface) (rate(pinhole_interface_packets_total'
           '{@interface, direction="receive", verdict="dropped"}[@]))'
           ' / (sum by (instance, interface) (rate(pinhole_interface_packets_total'
           '{@interface, direction="receive"}[@])) > 0)'), max=1),
    table("Dropped in the chosen time", "short",
          "Packets by reason, over the whole range that the dashboard shows.",
          "sort_desc(sum by (instance, reason)"
          " (increase(pinhole_dropped_packets_total{@}[$__range])) > 0)", value="packets"),
]

ACCESS_LISTS = [
    graph("Flows decided, by list", "cps",
          "First packets of connections that lines of each list permitted, and packets that "
          "they denied.",
          ("{{instance}} {{access_list}} {{action}}",
           "sum by (instance, access_list, action)"
           " (rate(pinhole_access_list_hits_total{@list}[@]))")),
    graph("Bytes of these flows, by list", "Bps",
          "Both ways, as IP headers tell.",
          ("{{instance}} {{access_list}} {{action}}",
           "sum by (instance, access_list, action)"
           " (rate(pinhole_access_list_bytes_total{@list}[@]))")),
    table("Lines with most hits in the chosen time", "short",
          "The twenty busiest lines. id belongs to the text of a line and stays when it moves.",
          "topk(20, increase(pinhole_access_list_line_hits_total{@list}[$__range])) > 0",
          value="hits"),
    table("Lines with most bytes in the chosen time", "bytes",
          "Both ways, of the connections that a line permitted, and what it denied.",
          "topk(20, increase(pinhole_access_list_line_bytes_total{@list}[$__range])) > 0",
          value="bytes"),
    table("Lines never hit", "short",
          "How many lines of each list decided nothing since they are there: candidates to be "
          "removed.",
          "count by (instance, access_list)"
          " (pinhole_access_list_line_hits_total{@list} == 0)", width=8, value="lines"),
    table("Lines", "short",
          "How many lines each list in force has.",
          "pinhole_access_list_lines{@list}", width=8, value="lines"),
    table("Lines not exported", "short",
          "Beyond what fw-exporter --acl-lines permits; the sums of their lists have them.",
          "pinhole_access_list_lines_omitted{@}", width=8, value="lines"),
]

CONNECTIONS = [
    graph("Connections by protocol and state", "short",
          "Entries of the connection table; only TCP has states other than established.",
          ("{{protocol}} {{state}}", "sum by (protocol, state) (pinhole_connections{@})"),
          stack=True),
    graph("Half-open by protocol", "short",
          "Not answered yet. They have a table of their own and displace one another only.",
          ("{{protocol}}", "sum by (protocol) (pinhole_half_open_connections{@})"),
          stack=True),
    graph("New connections", "cps",
          "Answered ones, by protocol, beside first packets that were let through.",
          ("{{protocol}}", "sum by (protocol) (rate(pinhole_connections_created_total{@}[@]))"),
          ("{{instance}} dialled",
           "sum by (instance) (rate(pinhole_half_open_connections_created_total{@}[@]))"),
          ("{{instance}} taken up in midstream",
           "sum by (instance) (rate(pinhole_connections_picked_up_total{@}[@]))")),
    graph("Ended connections by cause", "cps",
          "Why entries left the connection table.",
          ("{{cause}}", "sum by (cause) (rate(pinhole_connections_closed_total{@}[@]))"),
          stack=True),
]

FTP = [
    graph("Sessions by state", "short",
          "Inspected control connections: in clear, on the way to TLS, in TLS, or unreadable.",
          ("{{state}}", "sum by (state) (pinhole_ftp_sessions{@})"), stack=True),
    graph("Data", "Bps",
          "Payload of data connections: to_client is what clients fetch, to_server what they "
          "store.",
          ("{{direction}}", "sum by (direction) (rate(pinhole_ftp_data_bytes_total{@}[@]))")),
    graph("Pinholes", "cps",
          "Opened, used by their one connection, or closed unused.",
          ("{{instance}} opened",
           "sum by (instance) (rate(pinhole_ftp_pinholes_opened_total{@}[@]))"),
          ("{{instance}} used",
           "sum by (instance) (rate(pinhole_ftp_pinholes_used_total{@}[@]))"),
          ("unused: {{cause}}",
           "sum by (cause) (rate(pinhole_ftp_pinholes_closed_total{@}[@]))")),
    graph("Announcements that opened nothing", "cps",
          "Why no pinhole opened. Foreign addresses and low ports are what attacks look like; "
          "fwctl log has each, with what was said.",
          ("{{reason}}", "sum by (reason) (rate(pinhole_ftp_pinholes_refused_total{@}[@]))"),
          stack=True),
    graph("Sessions and data connections, new", "cps",
          "How fast they come, and what becomes of sessions.",
          ("{{instance}} sessions",
           "sum by (instance) (rate(pinhole_ftp_sessions_opened_total{@}[@]))"),
          ("{{instance}} ended",
           "sum by (instance) (rate(pinhole_ftp_sessions_closed_total{@}[@]))"),
          ("{{instance}} went over to TLS",
           "sum by (instance) (rate(pinhole_ftp_sessions_tls_total{@}[@]))"),
          ("{{instance}} TLS verified",
           "sum by (instance) (rate(pinhole_ftp_sessions_tls_verified_total{@}[@]))"),
          ("{{instance}} cleared (CCC)",
           "sum by (instance) (rate(pinhole_ftp_sessions_tls_cleared_total{@}[@]))"),
          ("{{instance}} ended by inspection",
           "sum by (instance) (rate(pinhole_ftp_sessions_reset_total{@}[@]))"),
          ("{{instance}} data",
           "sum by (instance) (rate(pinhole_ftp_data_connections_total{@}[@]))"),
          ("{{instance}} data by data-ports",
           "sum by (instance) (rate(pinhole_ftp_data_range_connections_total{@}[@]))")),
    graph("Findings", "cps",
          "What inspection found in control connections; pinhole(7) explains each.",
          ("{{finding}}",
           "topk(10, sum by (finding) (rate(pinhole_ftp_findings_total{@}[@]))) > 0"),
          stack=True),
    graph("FTP of this machine itself", "cps",
          "Host mode: sessions whose sockets are watched. shared: a listener that may be one "
          "of several sessions'.",
          ("{{instance}} sessions",
           "sum by (instance) (rate(pinhole_host_sessions_opened_total{@}[@]))"),
          ("pinholes {{binding}}",
           "sum by (binding) (rate(pinhole_host_pinholes_opened_total{@}[@]))"),
          ("{{instance}} active data",
           "sum by (instance) (rate(pinhole_host_data_connects_total{@}[@]))"),
          ("{{instance}} listeners of nobody's session",
           "sum by (instance) (rate(pinhole_host_listeners_unbound_total{@}[@]))")),
    graph("Payload changed", "cps",
          "What inspection rewrote in control connections.",
          ("{{instance}} addresses rewritten",
           "sum by (instance) (rate(pinhole_ftp_rewrites_total{@}[@]))"),
          ("{{instance}} banners masked",
           "sum by (instance) (rate(pinhole_ftp_masked_total{@}[@]))")),
]

NAT = [
    graph("Connections translated, by statement", "cps",
          "translate: the initiator is; untranslate: the responder is. fwctl show nat has the "
          "statements.",
          ("{{section}} {{number}} {{real_interface}}-{{mapped_interface}} {{direction}}",
           "topk(10, sum by (section, number, real_interface, mapped_interface, direction)"
           " (rate(pinhole_nat_translations_total{@}[@])))")),
    graph("Packets translated", "pps",
          "Sources translated, destinations untranslated.",
          ("{{instance}} {{direction}}",
           "sum by (instance, direction) (rate(pinhole_nat_packets_total{@}[@]))")),
]

TABLES = [
    graph("How full tables are", "percentunit",
          "A full table of connections, sessions or holes refuses or displaces; a full one of "
          "access lists has the next larger policy refused.",
          ("{{instance}} {{table}}",
           "max by (instance, table)"
           " (pinhole_table_entries{@} / (pinhole_table_capacity{@} > 0))"), max=1),
    table("Entries", "short",
          "Entries by table.",
          "pinhole_table_entries{@}", width=6, value="entries"),
    table("Room", "short",
          "How many entries each table can hold; fixed until fwctl unload.",
          "pinhole_table_capacity{@}", width=6, value="entries"),
]

POLICY = [
    graph("Generation", "none",
          "Number of the policy in force; each apply and each return to the one before "
          "changes it.",
          ("{{instance}}", "pinhole_policy_generation{@}"), width=8),
    graph("Applies and returns in the last hour", "short",
          "undone: by fwctl rollback, or as nobody confirmed in time.",
          ("{{instance}} {{result}}",
           "sum by (instance, result) (increase(pinhole_policy_applies_total{@}[1h]))"),
          ("{{instance}} undone",
           "sum by (instance) (increase(pinhole_policy_undone_total{@}[1h]))"), width=8),
    graph("What the last apply took", "s",
          "From its beginning until the policy was in force.",
          ("{{instance}}", "pinhole_policy_last_success_duration_seconds{@}"), width=8),
]

REST = [
    graph("ICMP errors", "cps",
          "Time exceeded, packet too big and the like.",
          ("{{instance}} passed to their connection",
           "sum by (instance) (rate(pinhole_icmp_errors_matched_total{@}[@]))"),
          ("{{instance}} sent by the firewall",
           "sum by (instance) (rate(pinhole_icmp_errors_sent_total{@}[@]))"),
          ("{{instance}} not sent, too many",
           "sum by (instance) (rate(pinhole_icmp_errors_rate_limited_total{@}[@]))"), width=8),
    graph("Fragments", "pps",
          "Let through: first ones, and those that followed their first.",
          ("{{position}}", "sum by (position) (rate(pinhole_fragments_total{@}[@]))"), width=8),
    graph("Neighbours answered", "cps",
          "ARP requests and neighbour solicitations for mapped addresses.",
          ("{{protocol}}", "sum by (protocol) (rate(pinhole_neighbor_answers_total{@}[@]))"),
          width=8),
]

EXPORTER = [
    graph("Scrape", "s",
          "How long reading the counters took, and the whole exchange.",
          ("{{instance}} reading", "pinhole_scrape_duration_seconds{@}"),
          ("{{instance}} as Prometheus sees it", "scrape_duration_seconds{@}"), width=8),
    graph("Samples per scrape", "short",
          "Lines of access lists are most of them: fw-exporter --acl-lines bounds them.",
          ("{{instance}}", "scrape_samples_scraped{@}"), width=8),
    graph("Events lost", "cps",
          "Records for fwctl log that found no room or were too many to be told. No packet is "
          "affected.",
          ("{{kind}}", "sum by (kind) (rate(pinhole_events_lost_total{@}[@]))"), width=8),
    graph("Processor", "percentunit",
          "Of one processor.",
          ("{{instance}}", "rate(process_cpu_seconds_total{@}[@])"), width=8),
    graph("Memory", "bytes",
          "Resident memory of fw-exporter.",
          ("{{instance}}", "process_resident_memory_bytes{@}"), width=8),
    table("Versions", "none",
          "Of fw-exporter, and of the ABI that it shares with the datapath.",
          "pinhole_build_info{@}", width=8, value=None),
]

ROWS = [
    ("Overview", OVERVIEW),
    ("Traffic", TRAFFIC),
    ("Drops", DROPS),
    ("Access lists", ACCESS_LISTS),
    ("Connections", CONNECTIONS),
    ("FTP", FTP),
    ("Translation", NAT),
    ("Tables", TABLES),
    ("Policy", POLICY),
    ("ICMP, fragments, neighbours", REST),
    ("Exporter", EXPORTER),
]

# What may be chosen: (name, what it is called, whose label it is).
CHOICES = [
    ("job", "Job", "label_values(pinhole_build_info, job)"),
    ("instance", "Firewall", 'label_values(pinhole_build_info{job=~"$job"}, instance)'),
    ("interface", "Interface", "label_values(pinhole_interface_info{@}, interface)"),
    ("access_list", "Access list", "label_values(pinhole_access_list_lines{@}, access_list)"),
]

# Moments that are marked in every graph: (name, what is written there, colour, expression).
# An expression that is a time is marked where it lies.
MOMENTS = [
    ("Applies", "Policy applied", "blue", "1000 * pinhole_policy_last_success_timestamp_seconds{@}"),
    ("Loads", "Loaded, counters begin", "purple", "1000 * pinhole_start_time_seconds{@}"),
    ("Alerts", "{{alertname}}", "red",
     'ALERTS{alertname=~"Pinhole.*", alertstate="firing", instance=~"$instance"}'),
]
