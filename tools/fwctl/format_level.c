// SPDX-License-Identifier: GPL-2.0
/* format_level.c - which log lines are wanted. See format_level.h. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "format_level.h"

static const char asa[] = "%ASA-";
static const char own[] = "%PINHOLE-";

/* The digit of a line's level; NULL: it has none. */
static const char *level_of(const char *text)
{
	const char *digit = NULL;

	if (!strncmp(text, asa, sizeof(asa) - 1))
		digit = text + sizeof(asa) - 1;
	else if (!strncmp(text, own, sizeof(own) - 1))
		digit = text + sizeof(own) - 1;
	return digit && *digit >= '0' && *digit <= '7' && digit[1] == '-' ? digit : NULL;
}

unsigned int format_level_number(const char *text)
{
	const char *digit = level_of(text);
	unsigned int number = 0;

	return digit && sscanf(digit + 2, "%6u:", &number) == 1 ? number : 0;
}

int format_level_of(const char *text)
{
	const char *digit = level_of(text);

	return digit ? *digit - '0' : -1;
}

static const struct policy_log_message *
find_message(const struct policy_log_filter *filter, unsigned int number)
{
	for (size_t i = 0; number && i < filter->n_messages; i++)
		if (filter->messages[i].number == number)
			return &filter->messages[i];
	return NULL;
}

bool format_level_pass(char *text, const struct policy_log_filter *filter)
{
	const struct policy_log_message *message;
	const char *level = level_of(text);
	char *digit;

	if (!level)
		return true;
	digit = text + (level - text);
	message = find_message(filter, format_level_number(text));
	if (message && message->off)
		return false;
	if (message && message->level != POLICY_LOG_LEVEL_OWN)
		*digit = (char)('0' + message->level);
	return !filter->by_level || *digit - '0' <= filter->level;
}

int format_level_from(const char *text)
{
	if (text[0] >= '0' && text[0] <= '7' && !text[1])
		return text[0] - '0';
	for (int i = 0; policy_log_level_words[i]; i++)
		if (!strcasecmp(text, policy_log_level_words[i]))
			return i;
	return -1;
}
