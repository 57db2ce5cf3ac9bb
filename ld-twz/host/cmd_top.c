/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * top: the live table that the monitor prints (twz_rt_report(), and at the end of every run), read
 * from a serial log. The last whole table counts. Text is what the monitor printed; JSON has its
 * parts.
 */
#include "out.h"
#include <stdlib.h>
#include <string.h>

#define FIRST_LINE "--- compartments ---"
#define LAST_LINE  "--- end ---"

struct table {
    char **lines;
    size_t count;
};

static void forget(struct table *table)
{
    for (size_t i = 0; i < table->count; i++)
        free(table->lines[i]);
    free(table->lines);
    *table = (struct table){0};
}

/* The last whole table of a log. */
static struct table read_table(FILE *stream)
{
    struct table last = {0}, open = {0};
    char *line = NULL;
    size_t room = 0;
    bool inside = false;
    ssize_t length;
    while ((length = getline(&line, &room, stream)) >= 0) {
        while (length > 0 && (line[length - 1] == '\n' || line[length - 1] == '\r'))
            line[--length] = '\0';
        if (strcmp(line, FIRST_LINE) == 0) {
            forget(&open);
            inside = true;
        } else if (inside && strcmp(line, LAST_LINE) == 0) {
            forget(&last);
            last = open;
            open = (struct table){0};
            inside = false;
        } else if (inside) {
            open.lines = host_realloc(open.lines, open.count + 1, sizeof *open.lines);
            open.lines[open.count++] = host_copy(line);
        }
    }
    forget(&open);
    free(line);
    return last;
}

/* The number behind `key` in a line, or -1. */
static json_int_t number_after(const char *line, const char *key)
{
    const char *at = strstr(line, key);
    char *end;
    if (!at)
        return -1;
    at += strlen(key);
    unsigned long long value = strtoull(at, &end, 10);
    return end == at ? -1 : (json_int_t)value;
}

static void set_number(json_t *object, const char *name, const char *line, const char *key)
{
    json_int_t value = number_after(line, key);
    if (value >= 0)
        out_set(object, name, json_integer(value));
}

static void set_part(json_t *object, const char *name, const char *start, size_t length)
{
    char *text = host_format("%.*s", (int)length, start);
    out_set(object, name, out_string(text));
    free(text);
}

/* "name: live, calls in 2, faults 0, capabilities 8, page-table pages 12, private pages 30, threads
 * 1, context 12ab..." */
static json_t *compartment(const char *line)
{
    json_t *object = out_object();
    const char *colon = strstr(line, ": ");
    const char *state = colon + 2, *context = strstr(line, "context ");
    set_part(object, "name", line, (size_t)(colon - line));
    set_part(object, "state", state, strcspn(state, ","));
    set_number(object, "calls_in", line, "calls in ");
    set_number(object, "faults", line, "faults ");
    set_number(object, "restarts", line, "restarts ");
    set_number(object, "capabilities", line, "capabilities ");
    set_number(object, "page_table_pages", line, "page-table pages ");
    set_number(object, "private_pages", line, "private pages ");
    set_number(object, "threads", line, "threads ");
    if (context)
        out_set(object, "context", out_string(context + strlen("context ")));
    out_set(object, "slots", out_array());
    out_set(object, "gates", out_array());
    return object;
}

/* "  libz.so.1   slot 0x23    object 5f77...  pages r-- 2, r-x 2" */
static void add_slot(json_t *owner, const char *line)
{
    const char *slot = strstr(line, " slot 0x"), *object = strstr(line, " object ");
    const char *pages = strstr(line, " pages "), *name = line + strspn(line, " ");
    size_t length = (size_t)(slot - name);
    json_t *entry = out_object();
    while (length && name[length - 1] == ' ')
        length--;
    set_part(entry, "name", name, length);
    out_set(entry, "slot", json_integer((json_int_t)strtoull(slot + strlen(" slot "), NULL, 16)));
    if (object)
        set_part(entry, "object", object + strlen(" object "), 32);
    if (pages)
        out_set(entry, "pages", out_string(pages + strlen(" pages ")));
    out_append(json_object_get(owner, "slots"), entry);
}

/* "  gate 10  calls 4      i64 side_count() <- main, other" */
static void add_gate(json_t *owner, const char *line)
{
    json_t *entry = out_object(), *callers = out_array();
    const char *signature = strstr(line, "calls "), *arrow = strstr(line, " <- ");
    set_number(entry, "number", line, "gate ");
    set_number(entry, "calls", line, "calls ");
    if (signature) {
        signature += strlen("calls ");
        signature += strcspn(signature, " ");
        signature += strspn(signature, " ");
        set_part(entry, "signature", signature,
                 arrow > signature ? (size_t)(arrow - signature) : strlen(signature));
    }
    for (const char *at = arrow ? arrow + strlen(" <- ") : ""; *at;) {
        char *text = host_format("%.*s", (int)strcspn(at, ","), at);
        out_append(callers, out_string(text));
        free(text);
        at += strcspn(at, ",");
        at += strspn(at, ", ");
    }
    out_set(entry, "callers", callers);
    out_append(json_object_get(owner, "gates"), entry);
}

static json_t *machine(const char *line)
{
    json_t *object = out_object();
    set_number(object, "frames_free", line, "frames free ");
    set_number(object, "frames", line, " of ");
    set_number(object, "objects", line, "objects ");
    set_number(object, "threads", line, "threads ");
    set_number(object, "switches", line, "switches ");
    return object;
}

static json_t *to_json(const struct table *table)
{
    json_t *document = out_object(), *all = out_array(), *current = NULL;
    for (size_t i = 0; i < table->count; i++) {
        const char *line = table->lines[i];
        if (strncmp(line, "machine: ", 9) == 0) {
            out_set(document, "machine", machine(line));
        } else if (*line != ' ' && strstr(line, ": ")) {
            current = compartment(line);
            out_append(all, current);
        } else if (current && strncmp(line, "  gate ", 7) == 0) {
            add_gate(current, line);
        } else if (current && strstr(line, " slot 0x")) {
            add_slot(current, line);
        }
    }
    out_set(document, "compartments", all);
    return document;
}

enum host_status command_top(const struct session_options *options, int count, char **arguments)
{
    const char *path = options->serial ? options->serial : "-";
    (void)count;
    (void)arguments;
    FILE *stream = strcmp(path, "-") == 0 ? stdin : fopen(path, "r");
    if (!stream) {
        host_complain("%s: cannot be opened", path);
        return HOST_BAD_INPUT;
    }
    struct table table = read_table(stream);
    enum host_status status = HOST_FINE;
    if (stream != stdin)
        fclose(stream);
    if (!table.lines) {
        host_complain("%s: no whole table of compartments, which begins with `%s` and ends with "
                      "`%s`; is this the serial log of an image?",
                      path, FIRST_LINE, LAST_LINE);
        status = HOST_BAD_INPUT;
    } else if (options->json) {
        status = out_json(to_json(&table)) ? HOST_FINE : HOST_BAD_INPUT;
    } else {
        for (size_t i = 0; i < table.count; i++) {
            out_text(stdout, table.lines[i]);
            putchar('\n');
        }
    }
    forget(&table);
    return status;
}
