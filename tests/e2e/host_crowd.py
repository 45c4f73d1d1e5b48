#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Many FTP sessions from many addresses, with TLS and without, step by step.

Why it exists: a listening socket of a server with one process for all sessions
is bound to the right one only if that holds while all others do the same. All
sessions take each step together, and between announcing and dialling each
address tries the ports of the others' sessions.

    host_crowd.py [--sessions N] [--wave N] [--announced CMD] [--tolerate]
        SERVER=SOURCE,SOURCE... ...

Servers take turns (their families: as their addresses), so do the sources of
each, plain, explicit and implicit TLS, and the methods of the family. Each
session fetches a file and stores one. --wave: so many announce and transfer at
the same time, and those before them are through. CMD runs when all have
announced; what it prints is printed. Exit status 0 if every file was intact and
(unless --tolerate, which prints their number) nobody got in where another was
meant.
"""

import argparse
import subprocess
import sys
import threading

from host_client import Session, attempts, check

STEP_SEC = 60
METHODS = {False: ("pasv", "epsv", "epsv", "port", "pasv", "eprt"), True: ("epsv", "epsv", "eprt")}
SECURITY = ("explicit", "plain", "implicit")


class Crowd:
    def __init__(self, args):
        self.args = args
        self.sessions = {}
        self.failed = []
        self.tried = self.strangers = 0
        self.passive = self.used = 0

    def each(self, numbers, step):
        """All at the same moment, each in a thread of its own."""
        together = threading.Barrier(len(numbers))

        def work(number):
            try:
                together.wait(STEP_SEC)
                step(number)
            except Exception as error:  # whatever it is: it is told, and counted
                print(f"session {number}: {error!r}", file=sys.stderr)
                self.failed.append(number)

        threads = [threading.Thread(target=work, args=(number,), daemon=True)
                   for number in numbers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(STEP_SEC)
        check(not self.failed, f"{len(self.failed)} of {len(numbers)} failed")

    def begin(self, number):
        server, _, sources = self.args.server[number % len(self.args.server)].partition("=")
        sources = sources.split(",")
        # Of one source: sessions of every kind.
        order = number // len(self.args.server)
        self.sessions[number] = Session(server, sources[order % len(sources)],
                                        SECURITY[number % len(SECURITY)])

    def method(self, number, turn):
        methods = METHODS[":" in self.sessions[number].host]
        return methods[(number // 2 + turn) % len(methods)]

    def sources(self):
        return {entry.partition("=")[0]: entry.partition("=")[2].split(",")
                for entry in self.args.server}

    def strangers_try(self, numbers):
        dials = [(source, session.host, session.port)
                 for session in (self.sessions[number] for number in numbers)
                 if session.is_passive()
                 for source in self.sources()[session.host] if source != session.source]
        outcomes = attempts(dials) if dials else []
        for dial, outcome in zip(dials, outcomes):
            if outcome != "silence":
                self.strangers += 1
                print("%s got at %s port %d: " % dial + outcome, file=sys.stderr)
        self.tried += len(dials)

    def nobody_gets_in(self, when):
        """Not even the one it was for."""
        dials = [(session.source, session.host, session.port)
                 for session in self.sessions.values() if session.is_passive()]
        late = [dial for dial, outcome in zip(dials, attempts(dials)) if outcome != "silence"]
        check(not late, f"{when}, still let in: {late}")

    def turn(self, turn, verb):
        size = self.args.wave or self.args.sessions
        everybody = list(self.sessions)
        for begin in range(0, len(everybody), size):
            wave = everybody[begin:begin + size]
            self.each(wave, lambda number: self.sessions[number].announce(
                self.method(number, turn)))
            passive = sum(self.sessions[number].is_passive() for number in wave)
            self.passive += passive
            self.used += passive
            if self.args.announced:
                print(subprocess.run(self.args.announced, shell=True, check=True, text=True,
                                     stdout=subprocess.PIPE).stdout.strip())
            if not self.args.tolerate:
                self.strangers_try(wave)
            self.each(wave, lambda number: self.sessions[number].transfer(
                verb, f"{number}-{turn}.{(number % 7 + 1) * 20011}"))

    def run(self):
        self.each(range(self.args.sessions), self.begin)
        self.turn(0, "RETR")
        self.turn(1, "STOR")
        if not self.args.tolerate:
            self.nobody_gets_in("after its use")
        # Listeners that nobody uses, and the end of their sessions.
        unused = list(self.sessions)[:self.args.wave or None]
        self.each(unused, lambda number: self.sessions[number].announce("epsv"))
        self.passive += len(unused)
        self.each(list(self.sessions), lambda number: self.sessions[number].quit())
        self.nobody_gets_in("after the session")
        addresses = {session.source for session in self.sessions.values()}
        print(f"{len(self.sessions)} sessions of {len(addresses)} addresses intact; "
              f"{self.passive} passive, {self.used} used; "
              f"{self.tried} tries of strangers, {self.strangers} succeeded")
        return 0 if self.args.tolerate or not self.strangers else 1


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("server", nargs="+")
    parser.add_argument("--sessions", type=int, default=50)
    parser.add_argument("--wave", type=int, default=0)
    parser.add_argument("--announced")
    parser.add_argument("--tolerate", action="store_true")
    return Crowd(parser.parse_args()).run()


if __name__ == "__main__":
    sys.exit(main())
