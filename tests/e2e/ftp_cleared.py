#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""ftp_cleared.py HOST CMD - an FTP session is ended by CMD: what of it is left?

A session logs in, begins one transfer and announces another, so that there is a data
connection and a hole. After CMD neither the control connection, the data connection nor
the announced port may carry anything. Prints what each does: open or silence.
"""
import socket
import subprocess
import sys
import time

from ftp_dialogue import SILENCE_SEC, Passive, Session


def still_moves(sock):
    """Bytes that come after now; what was under way has come before."""
    sock.settimeout(SILENCE_SEC)
    try:
        return "open" if sock.recv(65536) else "closed"
    except socket.timeout:
        return "silence"
    except ConnectionResetError:
        return "reset"


def dial(host, port):
    with socket.socket() as sock:
        sock.settimeout(SILENCE_SEC)
        try:
            sock.connect((host, port))
        except socket.timeout:
            return "silence"
        except ConnectionRefusedError:
            return "reset"
        return "open"


def main():
    host, command = sys.argv[1:]
    session, waiting = Session(host), Session(host)
    # Its server waits for the window: there is more than fits.
    data = Passive(session, "pasv").open()
    data.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    session.command("RETR pub/big.bin", "150")
    hole = Passive(waiting, "pasv")
    time.sleep(0.3)  # the last acknowledgement is on its way
    subprocess.run(command, shell=True, check=True)
    waiting.sock.sendall(b"NOOP\r\n")
    print("control", still_moves(waiting.sock))
    print("hole", dial(hole.host, hole.port))
    drained = 0
    while drained < 64 << 20 and (state := still_moves(data)) == "open":
        drained += 65536
    print("data", state)
    print("anew", dial(host, 21))


if __name__ == "__main__":
    main()
