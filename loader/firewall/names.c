// SPDX-License-Identifier: GPL-2.0
/*
 * names.c - the ABI's X-macro lists as text.
 *
 * Why it exists: names of drop reasons, events, findings and modes are shown by several
 * tools and must be the same everywhere; they come from the lists of the ABI.
 */
#include "internal.h"

struct named {
	const char *name;
	const char *help;
};

static const struct named drops[] = {
#define X(NAME, TEXT, HELP) {TEXT, HELP},
	PH_DROP_REASONS(X)
#undef X
};

static const struct named events[] = {
#define X(NAME, TEXT, HELP) {TEXT, HELP},
	PH_EVENTS(X)
#undef X
};

static const struct named findings[] = {
#define X(NAME, TEXT, HELP) {TEXT, HELP},
	FTP_FINDINGS(X)
#undef X
};

const char *const fw_map_names[FW_N_MAPS] = {
#define X(NAME, TEXT) [FW_MAP_##NAME] = (TEXT),
	FW_MAPS(X)
#undef X
};

_Static_assert(sizeof(drops) / sizeof(drops[0]) == PH_N_DROP_REASONS, "drop reasons");
_Static_assert(sizeof(events) / sizeof(events[0]) == PH_EV_END, "events");
_Static_assert(sizeof(findings) / sizeof(findings[0]) == FTP_N_FINDINGS, "findings");

const char *fw_drop_name(unsigned int index)
{
	return index < PH_N_DROP_REASONS ? drops[index].name : NULL;
}

const char *fw_drop_help(unsigned int index)
{
	return index < PH_N_DROP_REASONS ? drops[index].help : NULL;
}

const char *fw_event_name(unsigned int index)
{
	return index < PH_EV_END ? events[index].name : NULL;
}

const char *fw_event_help(unsigned int index)
{
	return index < PH_EV_END ? events[index].help : NULL;
}

const char *fw_finding_name(unsigned int index)
{
	return index < FTP_N_FINDINGS ? findings[index].name : NULL;
}

const char *fw_finding_help(unsigned int index)
{
	return index < FTP_N_FINDINGS ? findings[index].help : NULL;
}

const char *fw_mode_name(enum fw_mode mode)
{
	switch (mode) {
	case FW_MODE_AUTO:
		return "auto";
	case FW_MODE_XDP:
		return "xdp";
	case FW_MODE_GENERIC:
		return "generic";
	case FW_MODE_TC:
		return "tc";
	}
	return NULL;
}
