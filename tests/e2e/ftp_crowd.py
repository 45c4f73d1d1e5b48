#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Many FTP sessions of one client that do everything at the same time.

Why it exists: that sessions do not get into each other's way shows only if
they are known to be there together. All log in, wait for one another, all
announce a data connection, wait again, and all fetch their file.

    ftp_crowd.py HOST FILE=SHA256... --server PORT:USER:PASSWORD:COUNT:METHODS...
        [--tls PORT:USER:PASSWORD:COUNT]... [--announced CMD]

Every tenth session fetches the last file, the others the first. The methods,
as in pasv,epsv,port,eprt, are used in turn; sessions with TLS are passive. CMD runs when all have
announced; what it prints is printed. Exit status 0 if every file was intact.
"""

import argparse
import ftplib
import hashlib
import ssl
import subprocess
import sys
import threading
import time

import ftp_dialogue

TIMEOUT_SEC = 60
ftp_dialogue.TIMEOUT_SEC = TIMEOUT_SEC


def digest_of(conn):
    digest = hashlib.sha256()
    with conn:
        conn.settimeout(TIMEOUT_SEC)
        while data := conn.recv(65536):
            digest.update(data)
    return digest.hexdigest()


class Plain:
    def __init__(self, host, port, user, password, method):
        self.session = ftp_dialogue.Session(host, port, user, password)
        self.session.command("TYPE I", "200")
        self.method = method
        self.data = None

    def announce(self):
        self.data = self.session.announce(self.method)

    def fetch(self, path):
        passive = isinstance(self.data, ftp_dialogue.Passive)
        conn = self.data.open() if passive else None
        self.session.command(f"RETR {path}", "150", "125")
        digest = digest_of(conn or self.data.open())
        self.session.reply("226")
        self.data.close()
        return digest

    def quit(self):
        self.session.command("QUIT", "221")


class Secure:
    def __init__(self, host, port, user, password, _):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        self.ftp = ftplib.FTP_TLS(context=context, timeout=TIMEOUT_SEC)
        self.ftp.connect(host, port)
        self.ftp.login(user, password)
        self.ftp.prot_p()
        # The address in a 227 is the one to dial: the server's public one.
        self.ftp.trust_server_pasv_ipv4_address = True

    def announce(self):
        pass

    def fetch(self, path):
        digest = hashlib.sha256()
        self.ftp.retrbinary(f"RETR {path}", digest.update)
        return digest.hexdigest()

    def quit(self):
        self.ftp.quit()


class Crowd:
    def __init__(self, args):
        self.args = args
        self.files = [file.split("=") for file in args.file]
        self.intact = 0
        self.lock = threading.Lock()
        self.plan = [(kind, self.described(server))
                     for kind, servers in ((Plain, args.server), (Secure, args.tls))
                     for server in servers]
        self.size = sum(int(server[3]) for _, server in self.plan)
        self.together = threading.Barrier(self.size + 1, timeout=TIMEOUT_SEC)

    @staticmethod
    def described(server):
        fields = server.split(":")
        return fields[:4] + [fields[4].split(",") if len(fields) > 4 else ["epsv"]]

    def visit(self, number, kind, server):
        path, expected = self.files[-1 if number % 10 == 9 else 0]
        port, user, password, _, methods = server
        try:
            session = kind(self.args.host, int(port), user, password,
                           methods[number % len(methods)])
            self.together.wait()
            session.announce()
            self.together.wait()
            self.together.wait()
            got = session.fetch(path)
            ftp_dialogue.check(got == expected, f"{path} is damaged")
            session.quit()
            with self.lock:
                self.intact += 1
        except Exception as error:  # whatever it is: it is told, and counted
            print(f"session {number} of {port}: {error!r}", file=sys.stderr)
            self.together.abort()

    def run(self):
        visitors = []
        for kind, server in self.plan:
            for _ in range(int(server[3])):
                visitors.append(threading.Thread(
                    target=self.visit, args=(len(visitors), kind, server), daemon=True))
        for visitor in visitors:
            visitor.start()
            time.sleep(0.005)  # listen() of servers takes some at once only
        try:
            self.together.wait()  # all are logged in
            self.together.wait()  # all have announced
            if self.args.announced:
                print(subprocess.run(self.args.announced, shell=True, check=True, text=True,
                                     stdout=subprocess.PIPE).stdout.strip())
            self.together.wait()
        except threading.BrokenBarrierError:
            print("not all came as far as that", file=sys.stderr)
        for visitor in visitors:
            visitor.join(TIMEOUT_SEC)
        print(f"{self.intact} of {self.size} intact")
        return 0 if self.intact == self.size else 1


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("host")
    parser.add_argument("file", nargs="+")
    parser.add_argument("--server", action="append", default=[])
    parser.add_argument("--tls", action="append", default=[])
    parser.add_argument("--announced")
    return Crowd(parser.parse_args()).run()


if __name__ == "__main__":
    sys.exit(main())
