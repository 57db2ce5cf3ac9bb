/* SPDX-License-Identifier: BSD-2-Clause */
/* How reports are printed: text that cannot disturb a terminal, colour, JSON. */
#ifndef HOST_OUT_H
#define HOST_OUT_H

#include "session.h"
#include <jansson.h>

enum out_style { OUT_PLAIN, OUT_BOLD, OUT_DIM, OUT_GOOD, OUT_BAD };

/* text_print() of host/text.h; NULL is `?`. */
void out_text(FILE *stream, const char *text);
/* The same, in a style when the session has colour. */
void out_styled(const struct session *session, FILE *stream, enum out_style style,
                const char *text);
/* Text for standard output, collected: reports that have hundred thousands of lines. */
struct out_lines {
    size_t used;
    char bytes[1 << 16];
};
/* Adds text as out_text() prints it. */
void out_lines_text(struct out_lines *lines, const char *text);
void out_lines_byte(struct out_lines *lines, char byte);
void out_lines_flush(struct out_lines *lines);
/* A JSON string; bytes that are no UTF-8 become \xNN. NULL gives null. */
json_t *out_string(const char *text);
/* json_object_set_new() that takes over `value` and ends the process without memory. */
void out_set(json_t *object, const char *key, json_t *value);
void out_append(json_t *array, json_t *value);
json_t *out_object(void);
json_t *out_array(void);

/* Prints a JSON document and releases it. False: that failed. */
bool out_json(json_t *document);

/* "libx.so", or "compartment:libx.so" outside main. Malloc'ed. */
char *out_instance(const struct ld_program *program, uint32_t instance);
/* "symbol" or "symbol@version"; malloc'ed. */
char *out_symbol(const struct ld_instance *instance, uint32_t symbol);

/* One report as text lines, and as JSON. */
void out_report(const struct session *session, FILE *stream, const struct ld_report *report);
json_t *out_report_json(const struct ld_report *report);
/* All reports: "reports": [...], "refused": N. */
void out_reports_json(const struct session *session, json_t *document);

const char *out_isolation(unsigned level);

/* Commands: each returns an exit status. */
enum host_status command_inspect(const struct session_options *, int count, char **arguments);
enum host_status command_check(const struct session_options *, int count, char **arguments);
enum host_status command_bindings(const struct session_options *, int count, char **arguments);
enum host_status command_why(const struct session_options *, int count, char **arguments);
enum host_status command_map(const struct session_options *, int count, char **arguments);
enum host_status command_graph(const struct session_options *, int count, char **arguments);
enum host_status command_suggest(const struct session_options *, int count, char **arguments);
enum host_status command_diff(const struct session_options *, int count, char **arguments);
enum host_status command_top(const struct session_options *, int count, char **arguments);
enum host_status command_policy(const struct session_options *, int count, char **arguments);

#endif
