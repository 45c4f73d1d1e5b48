/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ftp_session.h - what is remembered about one FTP control connection.
 *
 * Why it exists: the control stream is judged line by line but arrives in
 * segments cut anywhere, lost, repeated, and from two directions at once. This
 * is the state that turns segments back into lines and keeps the sequence
 * numbers true after a rewrite changed the length. Only the layout is here;
 * ftp_line.h and ftp_stream.h hold what is done with it.
 *
 * Who may include it: everybody. Pure: compiles for BPF and natively.
 *
 * Races. The two directions may run on two CPUs, and one direction may, when
 * a sender moves between CPUs, run on two as well. Therefore:
 *  - `busy` of a direction is taken by compare-and-swap for as long as one of
 *    its segments is parsed; it guards next_seq, flags and line of that
 *    direction. A second segment that finds it taken is dropped with
 *    PH_DROP_FTP_SEGMENT and repeated by its sender: that is the worst
 *    outcome.
 *  - `lock` guards what both directions touch: stream, the command queue, the
 *    holes and the flags of the session. No helper is called under it.
 *  - a session may be deleted, and its memory given to another one, while a
 *    packet still uses it. conn_id is compared under the lock before every
 *    change; a line half parsed may still be written into the other session's
 *    scanner, which then misreads one line of its own. It can open no hole
 *    except by a whole valid line of its own connection.
 */
#ifndef PINHOLE_BPF_FTP_SESSION_H
#define PINHOLE_BPF_FTP_SESSION_H

#include <linux/bpf.h>
#include <linux/types.h>

#include <pinhole/abi_ftp.h>

/*
 * A function whose argument pointers the verifier takes on trust, so that it is
 * verified once and not once per path that leads to it. It must look at them
 * for NULL, and cannot be called under a lock.
 */
#ifdef __bpf__
#	define FTP_GLOBAL __attribute__((noinline))
#else
#	define FTP_GLOBAL static inline
#endif

#endif /* PINHOLE_BPF_FTP_SESSION_H */
