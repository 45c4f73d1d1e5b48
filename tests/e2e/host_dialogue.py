#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Sessions with host_server.py that stop where tests want to look.

Why it exists: what is open at a moment, to whom, and what was said to the last
byte, shows only to a client that waits there.

    host_dialogue.py probe HOST SOURCE THIRD SECURITY [--between CMD]
        While a listener waits, THIRD finds no port and SOURCE exactly that one;
        after the session not even SOURCE does. CMD runs after THIRD's scan.
    host_dialogue.py shared HOST A B C D [--shown CMD]
        With a server that is slow: A and B announce at the same time, so that
        each may reach the other's port, once; C has a session that is idle and
        D none: they reach neither. CMD runs meanwhile; its output is printed.
    host_dialogue.py half HOST A B
        A has said half a line while B announces.
    host_dialogue.py together HOST SOURCE LINE...
        The lines in one segment; prints the replies as they were received.
    host_dialogue.py fetch HOST SOURCE SECURITY METHOD [--third ADDRESS]
        One file here and one there; THIRD does not get at the first one's port, and after
        the session nobody at a port that waits.
    host_dialogue.py shut HOST SOURCE SECURITY
        Whatever is announced, nobody reaches it.

Exit status 0 if every promise held; otherwise 1 and the reason.
"""

import argparse
import subprocess
import sys
import time

from host_client import Broken, Session, attempts, check
from host_scan import scan


def run(command):
    return subprocess.run(command, shell=True, check=True, text=True,
                          stdout=subprocess.PIPE).stdout.strip()


def outcomes(host, port, *sources):
    return " ".join(attempts([(source, host, port) for source in sources]))


def must_reach(expected, host, port, *sources):
    got = outcomes(host, port, *sources)
    check(got == expected, f"{' '.join(sources)} to port {port}: {got}, expected {expected}")


def probe(args):
    session = Session(args.host, args.source, args.security)
    session.announce("epsv")
    found = scan(args.third, args.host)
    check(not found, f"the third address finds {found}")
    if args.between:
        print(run(args.between))
    found = scan(args.source, args.host)
    check(found == [(session.port, "open")],
          f"the client's address finds {found}, not port {session.port} alone")
    session.announce("epsv")
    session.transfer("RETR", "1.100000")
    session.announce("epsv")
    session.quit()
    found = scan(args.source, args.host)
    check(not found, f"after the session the client's address finds {found}")


def announce_both(first, second):
    first.begin("epsv")
    second.begin("epsv")
    first.announced("epsv")
    second.announced("epsv")


def shared(args):
    first, second, _ = (Session(args.host, source, "explicit")
                        for source in (args.a, args.b, args.c))
    announce_both(first, second)
    if args.shown:
        print(run(args.shown))
    for session in first, second:
        must_reach("silence silence", args.host, session.port, args.c, args.d)
    first.transfer("RETR", "1.100000")
    must_reach("silence silence", args.host, first.port, args.a, args.b)
    second.transfer("STOR", "2.100000")
    must_reach("silence silence", args.host, second.port, args.a, args.b)

    # The wrong one is first. It gets in, the server throws it out, and that was it.
    announce_both(first, second)
    must_reach("open", args.host, first.port, args.b)
    must_reach("silence silence silence silence", args.host, first.port,
               args.a, args.b, args.c, args.d)
    first.announce("epsv")  # alone now: certainly its own
    must_reach("silence silence silence", args.host, first.port, args.b, args.c, args.d)
    first.transfer("RETR", "3.100000")
    first.quit()
    second.quit()


def half(args):
    first, second = (Session(args.host, source, "explicit") for source in (args.a, args.b))
    first.sock.sendall(b"NO")
    time.sleep(0.2)
    second.announce("epsv")
    must_reach("silence", args.host, second.port, args.a)
    second.transfer("RETR", "1.100000")
    must_reach("silence silence", args.host, second.port, args.a, args.b)
    second.announce("epsv")
    first.sock.sendall(b"OP\r\n")
    first.reply("200")
    second.transfer("STOR", "2.100000")
    must_reach("silence silence", args.host, second.port, args.a, args.b)
    first.quit()
    second.quit()


def together(args):
    session = Session(args.host, args.source)
    session.raw = b""
    session.send(*args.line)
    for line in args.line:
        session.reply("2")
    sys.stdout.buffer.write(session.raw)
    session.sock.close()


def fetch(args):
    session = Session(args.host, args.source, args.security)
    for verb, name in ("RETR", "1.300000"), ("STOR", "2.300000"):
        session.announce(args.method)
        if args.third and verb == "RETR":
            must_reach("silence", args.host, session.port, args.third)
        session.transfer(verb, name)
    if args.third:
        session.announce("epsv")
    session.quit()
    if args.third:
        must_reach("silence", args.host, session.port, args.source)


def shut(args):
    session = Session(args.host, args.source, args.security)
    session.announce("epsv")
    must_reach("silence", args.host, session.port, args.source)
    session.quit()


def main():
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(dest="command", required=True)
    for function, names in ((probe, "host source third security"), (shared, "host a b c d"),
                            (half, "host a b"), (together, "host source"),
                            (fetch, "host source security method"),
                            (shut, "host source security")):
        sub = commands.add_parser(function.__name__)
        sub.set_defaults(function=function)
        for name in names.split():
            sub.add_argument(name)
        if function is probe:
            sub.add_argument("--between")
        if function is shared:
            sub.add_argument("--shown")
        if function is fetch:
            sub.add_argument("--third")
        if function is together:
            sub.add_argument("line", nargs="+")
    args = parser.parse_args()
    try:
        args.function(args)
    except (Broken, OSError, subprocess.CalledProcessError) as error:
        print(f"host_dialogue: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
