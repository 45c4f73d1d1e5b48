// SPDX-License-Identifier: GPL-2.0
/*
 * main.c - the replay harness: dialogues and recordings through the programs in
 * the kernel. One JSON object per file on standard output.
 *
 * Exit status: 0; 1 if an expectation of a dialogue failed; 2 if the input cannot
 * be read.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/datapath/tap.h"
#include "tests/replay/replay.h"

#define BAD_INPUT 2

static const char usage[] =
	"usage: replay [OPTION]... FILE...\n"
	"Feed pcap files, or dialogues (tests/replay/README.md), to the firewall.\n"
	"  --nat REAL=MAPPED  translate an address; may be repeated\n"
	"  --inside ADDR/LEN  who is inside; by default the servers are\n"
	"  --ports N[,N...]   ports of control connections (21)\n"
	"  --strict           inspect strictly\n"
	"  --ftps N           inspect implicit TLS on that port\n"
	"  --policy FILE      another policy; its interfaces are outside on the device\n"
	"                     out0 and inside on in0\n"
	"  --xdp              packets meet XDP first\n"
	"  --verbose          tell on stderr what is dropped\n";

enum { NAT = 1000, INSIDE, PORTS, STRICT, FTPS, POLICY, XDP, VERBOSE, HELP };

static const struct option long_options[] = {
	{"nat", required_argument, NULL, NAT},
	{"inside", required_argument, NULL, INSIDE},
	{"ports", required_argument, NULL, PORTS},
	{"strict", no_argument, NULL, STRICT},
	{"ftps", required_argument, NULL, FTPS},
	{"policy", required_argument, NULL, POLICY},
	{"xdp", no_argument, NULL, XDP},
	{"verbose", no_argument, NULL, VERBOSE},
	{"help", no_argument, NULL, HELP},
	{NULL, 0, NULL, 0},
};

struct command {
	struct setup setup;
	struct recording_options recording;
	bool xdp;
	bool verbose;
	char text[GATEWAY_TEXT_BYTES]; /* --policy */
};

static bool add_nat(struct setup *setup, const char *text)
{
	struct nat *nat = &setup->nat[setup->n_nats];
	char real[64], mapped[64];

	if (setup->n_nats == GATEWAY_MAX_NATS ||
	    sscanf(text, "%63[^=]=%63s", real, mapped) != 2 ||
	    !addr_parse(real, &nat->real) || !addr_parse(mapped, &nat->mapped))
		return false;
	setup->n_nats++;
	return true;
}

static bool add_ports(struct setup *setup, const char *text)
{
	char *end;

	for (; *text; text = end) {
		unsigned long port = strtoul(text, &end, 10);

		if (!port || port > 65535 || setup->n_ports == GATEWAY_MAX_PORTS)
			return false;
		setup->port[setup->n_ports++] = (__u16)port;
		end += *end == ',';
	}
	return true;
}

static bool read_policy(struct command *c, const char *path)
{
	FILE *in = fopen(path, "r");
	size_t len;

	if (!in)
		return false;
	len = fread(c->text, 1, sizeof(c->text) - 1, in);
	c->text[len] = '\0';
	c->setup.text = c->text;
	fclose(in);
	return len && len < sizeof(c->text) - 1;
}

static bool take_option(struct command *c, int option)
{
	switch (option) {
	case NAT:
		return add_nat(&c->setup, optarg);
	case INSIDE:
		c->recording.inside = optarg;
		return true;
	case PORTS:
		return add_ports(&c->setup, optarg);
	case STRICT:
		c->setup.strict = true;
		return true;
	case FTPS:
		c->setup.ftps = (__u16)strtoul(optarg, NULL, 10);
		return c->setup.ftps;
	case POLICY:
		return read_policy(c, optarg);
	case XDP:
		c->xdp = true;
		return true;
	case VERBOSE:
		c->verbose = true;
		return true;
	default:
		return false;
	}
}

/* By its first bytes: pcap in either byte order, with micro- or nanoseconds, or
 * pcapng. */
static bool is_recording(const char *path)
{
	static const __u8 magic[][4] = {{0xa1, 0xb2, 0xc3, 0xd4},
					{0xd4, 0xc3, 0xb2, 0xa1},
					{0xa1, 0xb2, 0x3c, 0x4d},
					{0x4d, 0x3c, 0xb2, 0xa1},
					{0x0a, 0x0d, 0x0d, 0x0a}};
	FILE *in = fopen(path, "r");
	__u8 head[4] = {0};
	bool found = false;

	if (!in)
		return false;
	if (fread(head, 1, sizeof(head), in) == sizeof(head))
		for (size_t i = 0; i < sizeof(magic) / sizeof(magic[0]); i++)
			found = found || !memcmp(head, magic[i], sizeof(head));
	fclose(in);
	return found;
}

static int run_file(struct replay *r, const struct command *c, const char *path,
		    bool only)
{
	json_t *report = NULL;
	int status;

	r->g.setup = c->setup;
	if (is_recording(path))
		status = recording_run(r, path, &c->recording, &report);
	else
		status = dialogue_run(r, path, &report);
	if (report) {
		json_dumpf(report, stdout, only ? JSON_INDENT(2) : JSON_COMPACT);
		putchar('\n');
		fflush(stdout);
	}
	json_decref(report);
	return status;
}

int main(int argc, char **argv)
{
	static struct command c;
	static struct replay r;
	int option, status = 0;

	while ((option = getopt_long(argc, argv, "", long_options, NULL)) >= 0) {
		if (!take_option(&c, option)) {
			fputs(usage, option == HELP ? stdout : stderr);
			return option == HELP ? EXIT_SUCCESS : BAD_INPUT;
		}
	}
	if (optind == argc) {
		fputs(usage, stderr);
		return BAD_INPUT;
	}
	r.verbose = c.verbose;
	gateway_open(&r.g, c.xdp);
	for (int i = optind; i < argc; i++) {
		int one = run_file(&r, &c, argv[i], argc - optind == 1);

		status = one > status ? one : status;
	}
	replay_end(&r);
	gateway_close(&r.g);
	return status;
}
