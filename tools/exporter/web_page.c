// SPDX-License-Identifier: GPL-2.0
/*
 * web_page.c - what a browser is shown at /. See web_page.h.
 *
 * Why it exists: whoever comes to a port that they do not know wants to see what it is,
 * whether it is well, and where its metrics are. No script, nothing from elsewhere.
 */
#include <inttypes.h>

#include "web_page.h"

static const char head[] =
	"<!DOCTYPE html>\n"
	"<html lang=\"en\">\n"
	"<head>\n"
	"<meta charset=\"utf-8\">\n"
	"<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	"<title>Pinhole exporter</title>\n"
	"<link rel=\"icon\" href=\"data:,\">\n"
	"<style>\n"
	":root { color-scheme: light dark }\n"
	"body { font: 1rem/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem "
	"auto; padding: 0 1rem }\n"
	"h1 { font-size: 1.5rem; margin-bottom: 0 }\n"
	"nav { display: flex; gap: 1.5rem; margin: 1rem 0 }\n"
	".state { border-left: .35rem solid; padding: .25rem 1rem; margin: 1.5rem 0 }\n"
	".up { border-color: #2a8a3e } .down { border-color: #c0392b }\n"
	"table { border-collapse: collapse; width: 100% }\n"
	"th, td { text-align: left; padding: .3rem .8rem .3rem 0; border-bottom: 1px "
	"solid #8886 }\n"
	".n { text-align: right; font-variant-numeric: tabular-nums }\n"
	"footer { margin-top: 2rem; opacity: .7; font-size: .9rem }\n"
	"</style>\n"
	"</head>\n"
	"<body>\n";

/* Safe as text and between double quotes. */
static void put_safe(struct strbuf *out, const char *text)
{
	for (; *text; text++) {
		switch (*text) {
		case '&':
			strbuf_puts(out, "&amp;");
			break;
		case '<':
			strbuf_puts(out, "&lt;");
			break;
		case '>':
			strbuf_puts(out, "&gt;");
			break;
		case '"':
			strbuf_puts(out, "&quot;");
			break;
		default:
			strbuf_putc(out, *text);
		}
	}
}

static void put_link(struct strbuf *out, const char *path, const char *id,
		     const char *text)
{
	strbuf_printf(out, "<a id=\"%s\" href=\"", id);
	put_safe(out, path);
	strbuf_printf(out, "\">%s</a>\n", text);
}

static void put_number(struct strbuf *out, uint64_t number)
{
	strbuf_printf(out, "<td class=\"n\">%" PRIu64 "</td>", number);
}

static void put_cell(struct strbuf *out, const char *text)
{
	strbuf_puts(out, "<td>");
	put_safe(out, text);
	strbuf_puts(out, "</td>");
}

static void put_interfaces(const struct web_page *page, struct strbuf *out)
{
	strbuf_puts(out, "<table>\n<caption>Packets since the policy was first applied"
			 "</caption>\n<tr><th>Interface</th><th>Device</th><th>Mode</th>"
			 "<th class=\"n\">Received</th><th class=\"n\">Sent</th>"
			 "<th class=\"n\">Dropped</th></tr>\n");
	for (size_t i = 0; i < page->n_interfaces; i++) {
		const struct web_page_interface *interface = &page->interfaces[i];

		strbuf_puts(out, "<tr>");
		put_cell(out, interface->name);
		put_cell(out, interface->device);
		put_cell(out, interface->mode);
		put_number(out, interface->received);
		put_number(out, interface->sent);
		put_number(out, interface->dropped);
		strbuf_puts(out, "</tr>\n");
	}
	strbuf_puts(out, "</table>\n");
}

static void put_state(const struct web_page *page, struct strbuf *out)
{
	if (page->is_up) {
		strbuf_printf(out,
			      "<p id=\"state\" class=\"state up\"><strong>In force"
			      "</strong>: policy %" PRIu32 " on %zu interface%s</p>\n",
			      page->generation, page->n_interfaces,
			      page->n_interfaces == 1 ? "" : "s");
		put_interfaces(page, out);
		return;
	}
	strbuf_puts(out, "<p id=\"state\" class=\"state down\"><strong>Not in force"
			 "</strong>: ");
	put_safe(out, page->reason);
	if (page->hint[0]) {
		strbuf_puts(out, "<br>");
		put_safe(out, page->hint);
	}
	strbuf_puts(out, "</p>\n");
}

void web_page_put(const struct web_page *page, struct strbuf *out)
{
	strbuf_puts(out, head);
	strbuf_puts(out, "<h1>Pinhole exporter</h1>\n<p>Counters of the Pinhole firewall "
			 "for Prometheus.</p>\n<nav>\n");
	put_link(out, page->telemetry_path, "metrics", "Metrics");
	put_link(out, page->healthy_path, "health", "Health");
	strbuf_puts(out, "</nav>\n");
	put_state(page, out);
	strbuf_puts(out, "<footer>fw-exporter " PINHOLE_VERSION
			 ". What each metric means: fw-exporter(8), pinhole(7)."
			 "</footer>\n</body>\n</html>\n");
}
