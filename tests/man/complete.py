#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""complete.py FWCTL - the manual against what it is about.

Words come from the sources and from fwctl's own help; entries are the .It lines of the
pages. Run from the top of the tree.
"""
import glob
import re
import subprocess
import sys

MACRO = re.compile(r"[A-Z][a-z]|%[A-Z]")
failures = []
count = 0


def expect(true, what):
    global count
    count += 1
    if not true:
        failures.append(what)


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def words_of(line, macro):
    """The phrases that stand behind a macro: "Ic a b , c Ar d" has "a b" and "c"."""
    phrases = [[]]
    inside = False
    for word in line.split():
        if MACRO.fullmatch(word):
            inside = word == macro
            phrases.append([])
        elif word in (",", "|"):
            phrases.append([])
        elif inside and word not in ("...", ".", ";"):
            phrases[-1].append(word)
    return [" ".join(p) for p in phrases if p]


def entries(text, macro, begins=".It "):
    """What a macro marks in lines that begin so."""
    return [phrase for line in text.splitlines() if line.startswith(begins)
            for phrase in words_of(line[1:], macro)]


def described(text, macro="Li"):
    """{entry: its words}, where the entry is the first of an .It line."""
    out = {}
    for part in re.split(r"^\.It ", text, flags=re.M)[1:]:
        head, _, body = part.partition("\n")
        body = re.split(r"^\.(?:El|Sh|Ss)", body, flags=re.M)[0]
        for name in words_of(head, macro):
            out[name] = " ".join(body.split())
    return out


def table(text, name):
    """A C table as text."""
    return re.search(r"\b%s\[\w*\] = \{(.*?)\};" % name, text, re.S).group(1)


def x_macro(path, name):
    """[(name, text)] of the rows X(NAME, "name", "text") of a list."""
    text = read(path)
    body = re.search(r"#define %s\(X\)((?:.*\\\n)*.*)\n" % name, text).group(1)
    string = r'"(?:[^"\\]|\\.)*"'
    rows = re.findall(
        r"X\(\w+,\s*(%s),\s*((?:%s\s*)+)\)" % (string, string),
        body.replace("\\\n", " "))
    return [(a.strip('"'), "".join(p[1:-1] for p in re.findall(string, b)))
            for a, b in rows]


def section(text, heading):
    """From its .Sh or .Ss to the next of the same kind."""
    match = re.search(r'^\.(S[hs]) %s.*?(?=^\.Sh|^\.\1|\Z)' % heading, text,
                      re.S | re.M)
    return match.group(0) if match else ""


# ---- pinhole.policy(5) -----------------------------------------------------------

def check_statements(page):
    known = entries(page, "Ic") + entries(section(page, "IGNORED"), "Ic", ".Ic ")
    first = {w for k in known for w in (k, " ".join(k.split()[:1]),
                                        " ".join(k.split()[:2]))}
    sources = {
        "statement.c": ("statements", ""), "tier_ignored.c": ("rows", ""),
        "tier_uncovered.c": ("rows", ""), "tier_refused.c": ("rows", ""),
    }
    n = 0
    for source, (name, _) in sources.items():
        rows = re.findall(r'^\s*(?:ROW\w*\(|\{)\s*"([^"]+)"',
                          table(read("loader/policy/" + source), name), re.M)
        n += len(rows)
        for words in rows:
            expect(words in first, "pinhole.policy.5: no entry for '%s' of %s"
                   % (words, source))
    rows = re.findall(r'ROW\("([^"]+)"', table(read("loader/policy/statement.c"),
                                               "no_statements"))
    for words in rows:
        expect("no " + words in first, "pinhole.policy.5: no entry for 'no %s'" % words)
    expect(n > 300 and len(rows) > 30, "the tables of statements were not found")


def check_policy_words(page):
    """Words within statements: any mention as a keyword will do."""
    keywords = set()
    for line in page.splitlines():
        if line.startswith("."):
            for macro in ("Cm", "Ic"):
                for phrase in words_of(line[1:], macro):
                    keywords |= {phrase, *phrase.split()}
    strings = re.compile(r'"([a-z][\w-]*)"')
    for source, name in (
            ("fixup_options.c", "policy_ftp_option_words"),
            ("logging.c", "policy_log_destination_words"),
            ("logging.c", "policy_log_level_words"),
            ("rule_address.c", "address_words"), ("service_term.c", "port_ops"),
            ("rule_options.c", "policy_tcp_flag_words"),
            ("inspect_match.c", "match_words"), ("inspect_match.c", "command_words"),
            ("inspect_foreign.c", "protocols"), ("timeout.c", "policy_timeout_kinds"),
            ("object.c", "kind_words"), ("object_group.c", "kinds"),
            ("access_list.c", "kind_words")):
        rows = table(read("loader/policy/" + source), name)
        if name in ("protocols", "kinds", "command_words", "port_ops",
                    "policy_tcp_flag_words"):
            rows = "\n".join(re.findall(r'\{("[^"]*")', rows))
        elif name == "policy_timeout_kinds":
            rows = "\n".join(re.findall(r'= \{("[^"]*")', rows))
        found = strings.findall(rows)
        expect(found, "loader/policy/%s: %s has no words" % (source, name))
        for word in found:
            expect(word in keywords, "pinhole.policy.5: '%s' of %s is not mentioned"
                   % (word, source))


def check_numbers(page):
    text = " ".join(section(page, "NAMES FOR NUMBERS").split())
    names = read("loader/policy/names.c")
    rows = [(n, [v + p for v, p in ((t, "/tcp"), (u, "/udp")) if v != "-1"] if t != u
             else [t])
            for n, t, u in re.findall(r'X\("([\w-]+)", (-?\d+), (-?\d+), \w+\)', names)]
    rows += [(n, [v]) for n, v in re.findall(
        r'\{"([\w-]+)", (\d+)\}', table(names, "protocol_names"))]
    for kind in ("icmp_names", "icmp6_names"):
        rows += [(n, [t if c == "-1" else t + "/" + c]) for n, t, c in re.findall(
            r'\{"([\w-]+)", (\d+), (-?\d+)\}', table(names, kind))]
    expect(len(rows) > 160, "names.c has no names")
    for name, values in rows:
        entry = r"(^|[ ,])%s %s[,.]" % (re.escape(name), " ".join(values))
        expect(re.search(entry, text),
               "pinhole.policy.5: '%s %s' is missing" % (name, " ".join(values)))


def check_timeouts(page):
    rows = re.findall(r'\{"([\w-]+)", (\d+), (\d+), (?:true|false)\}',
                      read("loader/policy/timeout.c"))
    for kind, *times in rows:
        default, least = ("%d:%02d:%02d" % (int(t) // 3600, int(t) // 60 % 60,
                                           int(t) % 60) for t in times)
        expect(".It Cm %s Ta %s Ta %s " % (kind, default, least) in page,
               "pinhole.policy.5: timeout %s is %s, at least %s" %
               (kind, default, least))
    expect(len(rows) >= 5, "timeout.c has no kinds")


def check_examples(page, fwctl):
    n = 0
    for text in re.findall(r"^\.Bd -literal.*?\n(.*?)^\.Ed", page, re.S | re.M):
        if not re.match(r"interface|nameif", text):
            continue
        n += 1
        done = subprocess.run([fwctl, "check", "-"], input=text.replace("\\e", "\\"),
                              capture_output=True, text=True, timeout=20, check=False)
        expect(done.returncode == 0 and not done.stderr,
               "pinhole.policy.5: example %d: %s" % (n, done.stderr))
    expect(n >= 3, "pinhole.policy.5 has no examples")


# ---- fwctl(8), fw-exporter(8) ------------------------------------------------------

def help_of(command):
    return subprocess.run(command + ["--help"], capture_output=True, text=True,
                          timeout=20, check=False).stdout


def options(text):
    return set(re.findall(r"(?<![\w-])--[a-z][a-z-]*(?:\.[a-z][a-z-]*)*|(?<![\w[-])-[a-zA-Z](?![\w-])", text))


def options_of_page(text):
    return {"-" + o.split()[0] for o in entries(text, "Fl")}


def check_fwctl(page, fwctl):
    commands = re.findall(r"^  ([a-z][a-z-]*) ", help_of([fwctl]), re.M)
    expect(len(commands) >= 9, "fwctl --help names no commands")
    for command in commands:
        part = section(page, "fwctl " + command + r"\b")
        expect(part, "fwctl.8 has no section 'fwctl %s'" % command)
        if command in ("help", "version"):
            continue
        wanted = options(help_of([fwctl, command]))
        found = options_of_page(part)
        for option in sorted(wanted - found):
            expect(False, "fwctl.8: %s lacks %s" % (command, option))
        for option in sorted(found - wanted):
            expect(False, "fwctl.8: %s has no %s" % (command, option))
        expect(wanted, "fwctl %s has no options" % command)
    shown = entries(section(page, "fwctl show"), "Cm")
    rows = re.findall(r'\{"([\w-]+)", show_', read("tools/fwctl/cmd_show.c"))
    expect(len(rows) >= 7, "cmd_show.c shows nothing")
    for what in rows:
        expect(what in shown, "fwctl.8: show %s is missing" % what)


def check_exporter(page, exporter):
    for option in sorted(options(help_of([exporter])) ^ options_of_page(page)):
        expect(False, "fw-exporter.8 and --help differ in " + option)
    sources = "".join(read(f) for f in glob.glob("tools/exporter/*.c"))
    metrics = set(re.findall(r'"((?:pinhole|process)_\w+)"', sources))
    found = set(entries(section(page, "METRICS"), "Li"))
    expect(len(metrics) > 60, "the exporter has no metrics")
    for metric in sorted(metrics):
        expect(metric in found, "fw-exporter.8: %s is missing" % metric)
    for metric in sorted(found - metrics):
        expect(False, "fw-exporter.8: there is no " + metric)


# ---- pinhole(7) --------------------------------------------------------------------

def check_lists(page):
    for path, macro, heading in (
            ("include/pinhole/abi_reasons.h", "PH_DROP_REASONS", "DROP REASONS"),
            ("include/pinhole/abi_reasons.h", "PH_EVENTS", "EVENTS"),
            ("include/pinhole/abi_ftp.h", "FTP_FINDINGS", "FINDINGS"),
            ("tools/ftp_state.h", "FTP_STATES", "SESSION STATES")):
        rows = x_macro(path, macro)
        page_rows = described(section(page, heading))
        expect(len(rows) > 8, "%s has no %s" % (path, macro))
        for name, text in rows:
            expect(page_rows.get(name) == text,
                   "pinhole.7: '%s' is not there, or not with: %s" % (name, text))
        for name in sorted(set(page_rows) - {r[0] for r in rows}):
            expect(False, "pinhole.7: there is no '%s' in %s" % (name, macro))


def main():
    fwctl, exporter = sys.argv[1] + "/fwctl", sys.argv[1] + "/fw-exporter"
    policy = read("tools/man/pinhole.policy.5")
    check_statements(policy)
    check_policy_words(policy)
    check_numbers(policy)
    check_timeouts(policy)
    check_examples(policy, fwctl)
    check_fwctl(read("tools/man/fwctl.8"), fwctl)
    check_exporter(read("tools/man/fw-exporter.8"), exporter)
    check_lists(read("tools/man/pinhole.7"))
    for failure in failures:
        print("not ok - " + failure)
    print("# complete: %d checks, %d failed" % (count, len(failures)))
    return 1 if failures or count < 500 else 0


if __name__ == "__main__":
    sys.exit(main())
