// SPDX-License-Identifier: GPL-2.0
/*
 * format_ftp.c - what FTP inspection tells, as log lines. See format_ftp.h.
 *
 * Why it exists: the bytes in these lines were chosen by whoever is being
 * refused. They reach a terminal and log analysers only in a form that can
 * neither steer the one nor begin a line of its own in the other.
 *
 * An ASA has messages of its own for a low port, a foreign address, an unknown
 * command and a match; all other resets are its 507003. What is refused without
 * a reset has none, and is %PINHOLE-4-FTP.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <util/text.h>

#include "format_ftp.h"

#define CLIENT 0
#define SERVER 1

#define COMMAND_SHOWN_BYTES 32

#define ENDS (FTP_ACTION_RESET | FTP_ACTION_DROP)

/* ---- bytes made safe ---------------------------------------------------------- */

/* Text that grows in a buffer and never beyond it. */
struct buffer {
	char *at;
	size_t left; /* NUL included */
};

static __attribute__((format(printf, 2, 3))) void add(struct buffer *buffer,
						      const char *format, ...)
{
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(buffer->at, buffer->left, format, args);
	va_end(args);
	if (len < 0)
		return;
	if ((size_t)len >= buffer->left)
		len = (int)buffer->left - 1;
	buffer->at += len;
	buffer->left -= (size_t)len;
}

static void add_byte(struct buffer *buffer, unsigned char byte)
{
	switch (byte) {
	case '\r':
		add(buffer, "\\r");
		break;
	case '\n':
		add(buffer, "\\n");
		break;
	case '\t':
		add(buffer, "\\t");
		break;
	case '"':
	case '\\':
		add(buffer, "\\%c", byte);
		break;
	default:
		if (byte >= 0x20 && byte < 0x7f)
			add(buffer, "%c", byte);
		else
			add(buffer, "\\x%02x", byte);
		break;
	}
}

/* ASCII, and UTF-8 (RFC 2640) whose characters are harmless, go through. */
static void add_safe(struct buffer *buffer, const char *text, size_t len)
{
	size_t at = 0;

	while (at < len) {
		size_t n = text_safe_sequence(text + at, len - at);

		if (n > 1)
			add(buffer, "%.*s", (int)n, text + at);
		else
			add_byte(buffer, (unsigned char)text[at]);
		at += n > 1 ? n : 1;
	}
}

/* The length up to which a line may be shown that begins here; 0: it carries no
 * password. A command may follow blanks and Telnet's bytes. */
static size_t password_word(const char *text, size_t len)
{
	size_t at = 0;

	while (at < len && !isalpha((unsigned char)text[at]) && text[at] != '\n')
		at++;
	if (len - at < 4 || (strncasecmp(text + at, "PASS", 4) != 0 &&
			     strncasecmp(text + at, "ACCT", 4) != 0 &&
			     strncasecmp(text + at, "ADAT", 4) != 0))
		return 0;
	at += 4;
	return at < len && isalpha((unsigned char)text[at]) ? 0 : at;
}

static bool begins_line(const char *text, size_t at)
{
	return !at || text[at - 1] == '\n' || text[at - 1] == '\r' || !text[at - 1];
}

/* How much of a client's line may be shown, as a lone LF may hide a second line in
 * it. */
static size_t without_password(const char *text, size_t len)
{
	for (size_t at = 0; at < len; at++) {
		size_t shown = begins_line(text, at) ? password_word(text + at, len - at)
						     : 0;

		if (shown)
			return at + shown;
	}
	return len;
}

static size_t text_len(const struct ftp_record *record)
{
	return record->text_len < FTP_RECORD_TEXT_BYTES ? record->text_len
							: FTP_RECORD_TEXT_BYTES;
}

char *format_ftp_text(char out[FORMAT_FTP_TEXT_BYTES], const struct ftp_record *record)
{
	struct buffer buffer = {out, FORMAT_FTP_TEXT_BYTES};
	const char *text = (const char *)record->text;
	size_t len = text_len(record);
	bool cut = record->text_len >= FTP_RECORD_TEXT_BYTES;
	size_t shown = len;

	out[0] = '\0';
	if (record->kind == PH_RECORD_FTP && !record->server) {
		if (record->verb == FTP_VERB_PASS || record->verb == FTP_VERB_ACCT ||
		    record->verb == FTP_VERB_ADAT) {
			add(&buffer, "%s", format_ftp_verb(record->verb));
			return out;
		}
		shown = without_password(text, len);
		cut |= shown < len;
	}
	if (!cut && shown && text[shown - 1] == '\n')
		shown--;
	if (!cut && shown && text[shown - 1] == '\r')
		shown--;
	add_safe(&buffer, text, shown);
	if (cut)
		add(&buffer, "...");
	return out;
}

char *format_ftp_name(char out[FORMAT_FTP_TEXT_BYTES], const char *name, size_t size)
{
	struct buffer buffer = {out, FORMAT_FTP_TEXT_BYTES};

	out[0] = '\0';
	add_safe(&buffer, name, strnlen(name, size));
	return out;
}

const char *format_ftp_verb(unsigned int verb)
{
	static const char *const verbs[FTP_VERB_END] = {
#define X(NAME) [FTP_VERB_##NAME] = #NAME,
		FTP_VERBS(X)
#undef X
	};

	return verb < FTP_VERB_END && verbs[verb] ? verbs[verb] : "";
}

bool format_ftp_is_refusal(unsigned int finding)
{
	return finding <= FTP_FOUND_SESSION_ENDING || finding == FTP_FOUND_DATA_LIMIT ||
	       finding == FTP_FOUND_NO_TRANSLATION;
}

const char *format_ftp_action(const struct ftp_record *record)
{
	if (record->action & FTP_ACTION_RESET)
		return "reset";
	if (record->action & FTP_ACTION_DROP)
		return "drop";
	if (record->action & FTP_ACTION_LOG)
		return "log";
	return format_ftp_is_refusal(record->finding) ? "hole-refused" : "noted";
}

/* ---- lines ------------------------------------------------------------------------ */

struct side {
	const char *interface;
	char address[FORMAT_ADDRESS_BYTES];
	unsigned int port;
};

int format_ftp_client_end(const struct ftp_record *record)
{
	return record->conn_flags & CONN_F_INITIATOR_1 ? 1 : 0;
}

static void read_sides(const struct ftp_record *record,
		       const struct format_ftp_names *names, struct side out[2])
{
	for (int which = CLIENT; which <= SERVER; which++) {
		int at = format_ftp_client_end(record) ^ which;

		format_address(out[which].address, &record->key.addr[at]);
		out[which].port = ntohs(record->key.port[at]);
	}
	out[CLIENT].interface = names->client_interface;
	out[SERVER].interface = names->server_interface;
}

/* "from IF:IP/port to IF:IP/port" */
static void add_sides(struct buffer *line, const struct side sides[2])
{
	add(line, "from %s:%s/%u to %s:%s/%u", sides[CLIENT].interface,
	    sides[CLIENT].address, sides[CLIENT].port, sides[SERVER].interface,
	    sides[SERVER].address, sides[SERVER].port);
}

static void add_file(struct buffer *line, const struct ftp_record *record,
		     const struct side sides[2])
{
	char user[FORMAT_FTP_TEXT_BYTES];
	char path[FORMAT_FTP_TEXT_BYTES];

	format_ftp_name(user, record->user, sizeof(record->user));
	add(line, "%%ASA-6-303002: FTP connection ");
	add_sides(line, sides);
	add(line, ", user %s %s file %s", user[0] ? user : "unknown",
	    record->finding == FTP_STORED ? "Stored" : "Retrieved",
	    format_ftp_text(path, record));
}

/* The first word of the line. */
static void add_command(struct buffer *line, const struct ftp_record *record)
{
	const char *text = (const char *)record->text;
	size_t len = text_len(record);
	size_t n = 0;

	while (n < len && n < COMMAND_SHOWN_BYTES && !isspace((unsigned char)text[n]))
		n++;
	add_safe(line, text, n);
}

static void add_match(struct buffer *line, const struct ftp_record *record,
		      const struct format_ftp_names *names)
{
	static const char word[] = "match ";
	const char *match = names->match ? names->match : "?";

	if (!strncmp(match, word, sizeof(word) - 1))
		match += sizeof(word) - 1;
	add(line, "%%ASA-5-303005: Strict FTP inspection matched %s in policy-map %s, ",
	    match, names->map ? names->map : "?");
	if (record->action & FTP_ACTION_RESET)
		add(line, "Reset connection ");
	else
		add(line, record->action & FTP_ACTION_DROP ? "Drop connection " : "Log ");
}

bool format_ftp_has_address(const struct ftp_record *record)
{
	const struct ph_addr *address = &record->address;

	return address->word[0] || address->word[1] || address->word[2] ||
	       address->word[3];
}

/* Announcements: who spoke, and what he announced, to whom. */
static void add_announcement(struct buffer *line, const struct ftp_record *record,
			     const struct side sides[2])
{
	const struct side *speaker = &sides[record->server ? SERVER : CLIENT];
	const struct side *other = &sides[record->server ? CLIENT : SERVER];
	char announced[FORMAT_ADDRESS_BYTES] = "?";

	if (format_ftp_has_address(record))
		format_address(announced, &record->address);
	if (record->finding == FTP_FOUND_LOW_PORT)
		add(line,
		    "%%ASA-4-406001: FTP port command low port: %s/%u to %s on interface "
		    "%s",
		    speaker->address, record->port, other->address, speaker->interface);
	else
		add(line,
		    "%%ASA-4-406002: FTP port command different address: %s(%s) to %s on "
		    "interface %s",
		    speaker->address, announced, other->address, speaker->interface);
}

/* The ASA's line about a finding, where it has one of its own. */
static void add_asa(struct buffer *line, const struct ftp_record *record,
		    const struct format_ftp_names *names, const struct side sides[2])
{
	switch (record->finding) {
	case FTP_FOUND_LOW_PORT:
	case FTP_FOUND_FOREIGN_ADDRESS:
		add_announcement(line, record, sides);
		break;
	case FTP_FOUND_UNKNOWN_COMMAND:
		if (!(record->action & ENDS))
			break;
		add(line, "%%ASA-5-303004: FTP ");
		add_command(line, record);
		add(line, " command unsupported - failed strict inspection, terminating "
			  "connection ");
		add_sides(line, sides);
		break;
	case FTP_FOUND_MATCH:
		add_match(line, record, names);
		add_sides(line, sides);
		break;
	default:
		break;
	}
}

static void add_reason(struct buffer *line, const struct ftp_record *record,
		       const struct format_ftp_names *names)
{
	char text[FORMAT_FTP_TEXT_BYTES];

	add(line, "%s", names->finding ? names->finding : "unknown finding");
	if (record->text_len)
		add(line, ", %s said \"%s\"", record->server ? "server" : "client",
		    format_ftp_text(text, record));
}

static void add_own(struct buffer *line, const struct ftp_record *record,
		    const struct format_ftp_names *names, const struct side sides[2])
{
	if (record->action & ENDS) {
		add(line, "%%ASA-3-507003: tcp flow ");
		add_sides(line, sides);
		add(line, " terminated by inspection engine, reason - FTP ");
	} else {
		add(line, "%%PINHOLE-4-FTP: %s ",
		    format_ftp_is_refusal(record->finding) ? "FTP hole refused"
							   : "FTP finding");
		add_sides(line, sides);
		add(line, ", reason - ");
	}
	add_reason(line, record, names);
}

static void add_tls(struct buffer *line, const struct ftp_record *record,
		    const struct side sides[2])
{
	char name[FORMAT_FTP_TEXT_BYTES];

	add(line, "%%PINHOLE-6-FTP: FTP over TLS ");
	add_sides(line, sides);
	add(line, ", server name \"%s\"", format_ftp_text(name, record));
}

void format_ftp_log(struct format_ftp_lines *out, const struct ftp_record *record,
		    const struct format_ftp_names *names)
{
	struct buffer asa = {out->asa, sizeof(out->asa)};
	struct buffer own = {out->own, sizeof(out->own)};
	struct side sides[2];

	out->asa[0] = out->own[0] = '\0';
	read_sides(record, names, sides);
	if (record->kind == PH_RECORD_FTP_FILE) {
		add_file(&asa, record, sides);
		return;
	}
	if (record->kind == PH_RECORD_FTP_TLS) {
		add_tls(&own, record, sides);
		return;
	}
	add_asa(&asa, record, names, sides);
	/* 303004 and 303005 say themselves what was done; the others do not. */
	if (!out->asa[0] || record->finding == FTP_FOUND_LOW_PORT ||
	    record->finding == FTP_FOUND_FOREIGN_ADDRESS)
		add_own(&own, record, names, sides);
}

/* ---- how a policy inspects -------------------------------------------------------- */

char *format_ftp_inspection(char *out, size_t size,
			    const struct policy_image_fixup *fixup)
{
	const struct fixup_value *value = &fixup->value;
	struct buffer line = {out, size};

	add(&line, "%s on port %u", value->kind == FIXUP_FTPS ? "ftps" : "ftp",
	    ntohs(fixup->key.port));
	add(&line, "%s", value->flags & FIXUP_F_STRICT ? ", strict" : "");
	if (value->flags & FIXUP_F_TLS_DENY)
		add(&line, ", tls deny");
	if (value->flags & FIXUP_F_TLS_REQUIRE)
		add(&line, ", tls require");
	if (value->flags & FIXUP_F_DATA_PORTS)
		add(&line, ", data-ports %u-%u", value->data_low, value->data_high);
	if ((value->flags & FIXUP_F_DATA_PORTS) && value->data_limit)
		add(&line, " limit %u", value->data_limit);
	if (value->flags & FIXUP_F_SOURCE_PORT)
		add(&line, ", source-port");
	if (value->flags & FIXUP_F_MASK_BANNER)
		add(&line, ", mask-banner");
	if (value->flags & FIXUP_F_MASK_SYST)
		add(&line, ", mask-syst-reply");
	if (fixup->map[0])
		add(&line, ", policy-map %s", fixup->map);
	if (value->n_rules)
		add(&line, " (%u match%s)", value->n_rules,
		    value->n_rules == 1 ? "" : "es");
	return out;
}
