/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Texts of others (names in files, arguments) on their way to people: they may hold anything, and
 * must neither drive a terminal nor look like something else.
 */
#ifndef TWZ_TEXT_H
#define TWZ_TEXT_H

#include <stddef.h>
#include <stdio.h>

/* The number of bytes, 1 to 4, of the character that `text` begins with, if it is UTF-8 (RFC 3629)
 * and can be shown as it is. 0: the end, no UTF-8, a control character (C0, DEL, C1), or one that
 * turns the direction of writing (Unicode Standard Annex 9). */
size_t text_shown(const char *text);

/* Prints `text`, and \xNN for each byte that text_shown() does not let pass. */
void text_print(FILE *stream, const char *text);

/* A copy in which bytes that are no UTF-8 are \xNN, so that JSON can hold it; malloc'ed, NULL
 * without memory. */
char *text_utf8(const char *text);

#endif
