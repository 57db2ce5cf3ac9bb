/* SPDX-License-Identifier: BSD-2-Clause */
/* The text language of policies (twz-policy(5)), compiled into the binary form. */
#ifndef HOST_POLICY_TEXT_H
#define HOST_POLICY_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define POLICY_TEXT_MAX (1u << 20) /* bytes of one file */

/* What is wrong and where. Texts are malloc'ed or NULL. */
struct policy_error {
    char *file;
    uint32_t line;   /* from 1; 0: the file as a whole */
    uint32_t column; /* from 1; 0: not known */
    char *message;
    char *expected;
    char *nearest; /* a valid word that is close */
};

/* Compiles the file `path` (and what it includes). Returns a malloc'ed policy that ld_policy_read()
 * accepts, or NULL with *error filled. */
void *policy_text_compile(const char *path, size_t *size, struct policy_error *error);

/* Replaces comments and semicolons by spaces; everything else stays where it is. False: the comment
 * that starts at *line and *column is not closed. */
bool policy_blank_comments(char *text, size_t size, uint32_t *line, uint32_t *column);

/* "FILE:LINE:COLUMN: message; expected ...; did you mean `...`?" on one line, malloc'ed. */
char *policy_error_line(const struct policy_error *error);
void policy_error_free(struct policy_error *error);

/* Bytes, with k, M or G behind the number; false: none, or more than fits into an object. */
bool policy_size(const char *text, uint64_t *size);
/* A number with ms or s; false: none, or more than 32 bits of milliseconds. */
bool policy_duration(const char *text, uint32_t *milliseconds);

#endif
