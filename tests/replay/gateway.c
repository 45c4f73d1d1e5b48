// SPDX-License-Identifier: GPL-2.0
/*
 * gateway.c - see gateway.h.
 */
#include <errno.h>
#include <linux/pkt_cls.h>
#include <poll.h>
#include <sys/socket.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/if_packet.h>
#include <pinhole/firewall.h>

#include "pinhole.skel.h"
#include "tests/datapath/network.h"
#include "tests/datapath/tap.h"
#include "tests/replay/gateway.h"

/* Where a RST that the gateway makes itself may still be on its way. */
#define SLOW_MS 20

static const char *const finding_names[] = {
#define X(NAME, TEXT, HELP) TEXT,
	FTP_FINDINGS(X)
#undef X
};

static const struct {
	enum dev dev;
	const char *name;
} sides[] = {{DEV_OUTSIDE, "out0"}, {DEV_INSIDE, "in0"}};

/* ---- the network ------------------------------------------------------------ */

static void ip_command(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void ip_command(const char *format, ...)
{
	FILE *ip = popen("ip -batch -", "w");
	va_list args;

	if (!ip)
		TAP_BAIL("ip: %s", strerror(errno));
	va_start(args, format);
	vfprintf(ip, format, args);
	va_end(args);
	if (pclose(ip))
		TAP_BAIL("ip -batch failed: %s", format);
}

/* The addresses of the tests' network go: a recording may have the same. */
void gateway_open(struct gateway *g, bool xdp)
{
	network_enter();
	for (enum dev dev = 0; dev < DEV_COUNT; dev++)
		ip_command("addr flush dev %s\n", network_device_name(dev));
	world_open(&g->w, NULL);
	wire_open(&g->wire);
	g->xdp = xdp;
}

void gateway_close(struct gateway *g)
{
	wire_close(&g->wire);
	world_close(&g->w);
}

const struct host *gateway_host(const struct gateway *g, const struct ph_addr *addr)
{
	for (size_t i = 0; i < g->n_hosts; i++)
		if (addr_equal(&g->host[i].addr, addr))
			return &g->host[i];
	return NULL;
}

void gateway_place(struct gateway *g, const struct ph_addr *addr, bool inside)
{
	const struct host *known = gateway_host(g, addr);
	char text[ADDR_TEXT_BYTES];
	const char *device = sides[inside].name;

	if (known && known->inside == inside)
		return;
	if (!known && g->n_hosts == GATEWAY_MAX_HOSTS)
		TAP_BAIL("more than %d hosts", GATEWAY_MAX_HOSTS);
	if (known)
		g->host[known - g->host].inside = inside;
	else
		g->host[g->n_hosts++] = (struct host){*addr, inside};
	addr_text(addr, text);
	if (known)
		ip_command("neigh del %s dev %s\n", text, sides[!inside].name);
	ip_command("route replace %s dev %s\n"
		   "neigh replace %s lladdr 02:00:5e:00:02:0a nud permanent dev %s\n",
		   text, device, text, device);
}

struct ph_addr gateway_mapped(const struct gateway *g, const struct ph_addr *real)
{
	for (size_t i = 0; i < g->setup.n_nats; i++)
		if (addr_equal(&g->setup.nat[i].real, real))
			return g->setup.nat[i].mapped;
	return *real;
}

struct ph_addr gateway_real(const struct gateway *g, const struct ph_addr *mapped)
{
	for (size_t i = 0; i < g->setup.n_nats; i++)
		if (addr_equal(&g->setup.nat[i].mapped, mapped))
			return g->setup.nat[i].real;
	return *mapped;
}

/* ---- the policy ------------------------------------------------------------- */

bool gateway_is_control_port(const struct gateway *g, __u16 port)
{
	if (!g->setup.n_ports && port == 21)
		return true;
	for (size_t i = 0; i < g->setup.n_ports; i++)
		if (g->setup.port[i] == port)
			return true;
	return port == g->setup.ftps && port;
}

/* Control connections only, from either side: what else passes has been let
 * through by inspection. */
static void write_port(FILE *out, const struct setup *setup, __u16 port)
{
	for (int v6 = 0; v6 <= 1; v6++) {
		fprintf(out, "access-list from_outside permit tcp any%d any%d eq %u\n",
			v6 ? 6 : 4, v6 ? 6 : 4, port);
		fprintf(out, "access-list from_inside permit tcp any%d any%d eq %u\n",
			v6 ? 6 : 4, v6 ? 6 : 4, port);
	}
	if (setup->own_fixups)
		return;
	if (port == setup->ftps)
		fprintf(out, "fixup protocol ftps %u\n", port);
	else
		fprintf(out, "fixup protocol ftp %s%u\n", setup->strict ? "strict " : "",
			port);
}

static void write_nat(FILE *out, const struct nat *nat, size_t i)
{
	char real[ADDR_TEXT_BYTES], mapped[ADDR_TEXT_BYTES];

	fprintf(out, "object network host%zu\n host %s\n nat (%s) static %s\n", i,
		addr_text(&nat->real, real),
		nat->outside ? "outside,inside" : "inside,outside",
		addr_text(&nat->mapped, mapped));
}

static void write_policy(const struct setup *setup, char *text)
{
	FILE *out = fmemopen(text, GATEWAY_TEXT_BYTES, "w");

	if (!out)
		TAP_BAIL("%s", strerror(errno));
	for (size_t i = 0; i < 2; i++)
		fprintf(out, "interface %s\n nameif %s\n security-level %d\n",
			sides[i].name, i ? "inside" : "outside", i ? 100 : 0);
	if (!setup->n_ports)
		write_port(out, setup, 21);
	for (size_t i = 0; i < setup->n_ports; i++)
		write_port(out, setup, setup->port[i]);
	if (setup->ftps)
		write_port(out, setup, setup->ftps);
	fputs("access-group from_outside in interface outside\n"
	      "access-group from_inside in interface inside\n",
	      out);
	fputs(setup->lines, out);
	for (size_t i = 0; i < setup->n_nats; i++)
		write_nat(out, &setup->nat[i], i);
	if (fclose(out))
		TAP_BAIL("the policy is too long");
}

/* The tests' own loading takes what does not compile for a broken test. */
static bool compiles(const char *text)
{
	struct policy_diags diags = {0};
	struct policy_image *image = NULL;
	struct policy *policy = NULL;
	bool ok = !policy_parse(text, strlen(text), &policy, &diags) &&
		  !policy_compile(policy, &image, &diags);

	for (size_t i = 0; !ok && i < diags.count; i++)
		fprintf(stderr, "policy, line %u: %s\n", diags.items[i].line,
			diags.items[i].message);
	policy_image_free(image);
	policy_free(policy);
	policy_diags_free(&diags);
	return ok;
}

bool gateway_begin(struct gateway *g)
{
	char text[GATEWAY_TEXT_BYTES] = "";
	__u64 findings[FTP_N_FINDINGS];

	if (g->setup.text && strlen(g->setup.text) >= sizeof(text))
		TAP_BAIL("the policy is too long");
	if (g->setup.text)
		memcpy(text, g->setup.text, strlen(g->setup.text) + 1);
	else
		write_policy(&g->setup, text);
	if (!compiles(text))
		return false;
	world_forget(&g->w);
	if (strcmp(text, g->text) != 0) {
		memcpy(g->text, text, sizeof(text));
		world_apply(&g->w, g->text, NULL);
	}
	world_counters(&g->w, &g->start);
	g->now = g->start;
	memset(g->findings_start, 0, sizeof(g->findings_start));
	gateway_findings(g, findings);
	memcpy(g->findings_start, findings, sizeof(findings));
	return true;
}

/* ---- packets ---------------------------------------------------------------- */

static void take_frame(struct outcome *out, const __u8 *bytes, size_t len)
{
	if (out->n == GATEWAY_MAX_FRAMES)
		TAP_BAIL("more than %d frames out of one", GATEWAY_MAX_FRAMES);
	memcpy(out->frame[out->n].bytes, bytes, len);
	out->frame[out->n++].len = len;
}

/* What the gateway has sent by itself. The kernel's own chatter is no TCP. */
static void collect(struct gateway *g, int wait_ms, struct outcome *out)
{
	__u8 bytes[FRAME_MAX_BYTES];

	for (size_t i = 0; i < 2; i++) {
		struct pollfd ready = {.fd = g->wire.fd[sides[i].dev], .events = POLLIN};

		while (poll(&ready, 1, wait_ms) > 0) {
			struct sockaddr_ll from = {.sll_pkttype = 0};
			socklen_t size = sizeof(from);
			struct segment s;
			ssize_t len = recvfrom(ready.fd, bytes, sizeof(bytes),
					       MSG_DONTWAIT, (struct sockaddr *)&from,
					       &size);

			if (len > ETH_HLEN && from.sll_pkttype != PACKET_OUTGOING &&
			    segment_parse(bytes + ETH_HLEN, (size_t)len - ETH_HLEN, &s,
					  NULL))
				take_frame(out, bytes, (size_t)len);
		}
	}
}

/* Return: false where XDP leaves it to TC. */
static bool feed_xdp(struct gateway *g, enum dev in, const __u8 *bytes, size_t len,
		     struct outcome *out)
{
	struct world_run run;
	int err = world_ingress(&g->w, HOOK_XDP, in, bytes, len, &run);

	if (err)
		TAP_BAIL("XDP: %s", strerror(-err));
	if (run.action == XDP_PASS)
		return false;
	if (run.action == XDP_REDIRECT || run.action == XDP_TX)
		take_frame(out, run.bytes, run.len);
	return true;
}

static void feed_tc(struct gateway *g, enum dev in, const __u8 *bytes, size_t len,
		    struct outcome *out)
{
	struct world_run run;
	int err = world_ingress(&g->w, HOOK_TC, in, bytes, len, &run);

	if (err)
		TAP_BAIL("TC: %s", strerror(-err));
	if (run.action == TC_ACT_REDIRECT)
		take_frame(out, run.bytes, run.len);
	out->to_box = run.action == TC_ACT_OK;
}

void gateway_feed(struct gateway *g, bool from_inside, const __u8 *bytes, size_t len,
		  struct outcome *out)
{
	struct counters before = g->now;
	enum dev in = sides[from_inside].dev;
	bool ended;

	out->dropped = 0;
	out->to_box = false;
	out->n = 0;
	if (!g->xdp || !feed_xdp(g, in, bytes, len, out))
		feed_tc(g, in, bytes, len, out);
	world_counters(&g->w, &g->now);
	for (int i = 0; i < PH_N_DROP_REASONS; i++)
		if (g->now.drops[i].packets != before.drops[i].packets)
			out->dropped = i + 1;
	ended = g->now.events[PH_EV_FTP_SESSION_RESET] !=
		before.events[PH_EV_FTP_SESSION_RESET];
	collect(g, ended ? SLOW_MS : 0, out);
}

/* ---- counters --------------------------------------------------------------- */

__u64 gateway_drops(const struct gateway *g, int index)
{
	return g->now.drops[index].packets - g->start.drops[index].packets;
}

__u64 gateway_events(const struct gateway *g, enum ph_event event)
{
	return g->now.events[event] - g->start.events[event];
}

void gateway_findings(const struct gateway *g, __u64 out[FTP_N_FINDINGS])
{
	struct bpf_map *map = g->w.skel->maps.ftp_findings;
	int n_cpus = libbpf_num_possible_cpus();
	__u64 values[1024];

	if (n_cpus < 1 || n_cpus > 1024)
		TAP_BAIL("%d processors", n_cpus);
	for (__u32 i = 0; i < FTP_N_FINDINGS; i++) {
		if (bpf_map_lookup_elem(bpf_map__fd(map), &i, values))
			TAP_BAIL("findings: %s", strerror(errno));
		out[i] = 0;
		for (int cpu = 0; cpu < n_cpus; cpu++)
			out[i] += values[cpu];
		out[i] -= g->findings_start[i];
	}
}

const char *gateway_finding_name(unsigned int finding)
{
	return finding_names[finding];
}

int gateway_finding_of(const char *name)
{
	for (int i = 0; i < FTP_N_FINDINGS; i++)
		if (!strcmp(finding_names[i], name))
			return i;
	return -1;
}

int gateway_drop_of(const char *name)
{
	for (unsigned int i = 0; i < PH_N_DROP_REASONS; i++)
		if (!strcmp(fw_drop_name(i), name))
			return (int)i;
	return -1;
}

int gateway_event_of(const char *name)
{
	for (unsigned int i = 0; i < PH_EV_END; i++)
		if (!strcmp(fw_event_name(i), name))
			return (int)i;
	return -1;
}
