/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool.h"

#include "../host/text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct {
    json_t *document;
    json_t *problems;
    bool json;
    bool failed; /* the document is incomplete */
} report;

void report_start(const char *command, bool json)
{
    report.json = json;
    if (!json)
        return;
    report.document = json_object();
    report.problems = json_array();
    report.failed = !report.document || !report.problems;
    report_set(report.document, "command", json_string(command));
}

json_t *report_document(void)
{
    return report.document;
}

void report_set(json_t *object, const char *key, json_t *value)
{
    if (!report.json)
        json_decref(value);
    else if (json_object_set_new(object, key, value) != 0)
        report.failed = true;
}

void report_append(json_t *array, json_t *value)
{
    if (!report.json)
        json_decref(value);
    else if (json_array_append_new(array, value) != 0)
        report.failed = true;
}

static bool coloured(FILE *stream)
{
    const char *no_color = getenv("NO_COLOR");
    const char *term = getenv("TERM");

    return !(no_color && *no_color) && term && strcmp(term, "dumb") != 0 && isatty(fileno(stream));
}

const char *say_word(bool good, const char *word)
{
    static char text[64];

    if (!coloured(stdout))
        return word;
    snprintf(text, sizeof(text), "\x1b[%dm%s\x1b[0m", good ? 32 : 31, word);
    return text;
}

void say_text(const char *text)
{
    if (!report.json)
        text_print(stdout, text);
}

json_t *report_text(const char *text)
{
    json_t *value = json_string(text);
    char *copy;

    if (value || !report.json)
        return value;
    copy = text_utf8(text); /* which is all that JSON can hold */
    value = copy ? json_string(copy) : NULL;
    free(copy);
    return value;
}

void report_problem(const struct problem *problem)
{
    if (report.json) {
        json_t *entry = json_object();

        report_set(entry, "file", report_text(problem->file));
        if (problem->place)
            report_set(entry, "place", json_string(problem->place));
        if (problem->section)
            report_set(entry, "section", report_text(problem->section));
        report_set(entry, "error", json_string(problem->error));
        report_set(entry, "expected", report_text(problem->expected));
        if (problem->found)
            report_set(entry, "found", report_text(problem->found));
        if (problem->cure)
            report_set(entry, "cure", json_string(problem->cure));
        report_append(report.problems, entry);
        return;
    }
    progress_clear();
    fflush(stdout);
    fprintf(stderr, "objtool: ");
    text_print(stderr, problem->file);
    if (problem->place)
        fprintf(stderr, ": %s", problem->place);
    if (problem->section) {
        fputs(problem->place ? " in " : ": ", stderr);
        text_print(stderr, problem->section);
    }
    fputs(coloured(stderr) ? ": \x1b[31m" : ": ", stderr);
    text_print(stderr, problem->expected);
    fputs(coloured(stderr) ? "\x1b[0m" : "", stderr);
    if (problem->found) {
        fputs(", found ", stderr);
        text_print(stderr, problem->found);
    }
    if (problem->cure)
        fprintf(stderr, "; %s", problem->cure);
    fputc('\n', stderr);
}

int report_refusal(const char *file, const struct obj_diag *diag)
{
    char place[32], expected[256], found[32];
    bool values = diag->expected != diag->found;

    snprintf(place, sizeof(place), "offset 0x%" PRIx64, diag->place);
    snprintf(found, sizeof(found), "0x%" PRIx64, diag->found);
    if (values)
        snprintf(expected, sizeof(expected), "expected %s (0x%" PRIx64 ")",
                 obj_error_expected(diag->error), diag->expected);
    else
        snprintf(expected, sizeof(expected), "expected %s", obj_error_expected(diag->error));
    report_problem(&(struct problem){.file = file,
                                     .place = place,
                                     .error = obj_error_name(diag->error),
                                     .expected = expected,
                                     .found = values ? found : NULL,
                                     .cure = obj_error_cure(diag->error)});
    return STATUS_INPUT;
}

static const char *cure_of(int error)
{
    switch (error) {
    case ENOENT:
    case ENOTDIR:
    case ELOOP:
    case ENAMETOOLONG:
        return "check the name, and that its folder is there";
    case EACCES:
    case EPERM:
        return "check whose it is, and its permissions";
    case EISDIR:
        return "name a file";
    case EEXIST:
        return "choose another name";
    case EROFS:
        return "choose a folder that can be written";
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
        return "make room, or choose another disk";
    case ENOMEM:
        return "give it more memory";
    default:
        return "try again, and look at the disk if it stays";
    }
}

int report_errno(const char *file, const char *action)
{
    int error = errno;
    char text[256];

    snprintf(text, sizeof(text), "cannot %s: %s", action, strerror(error));
    report_problem(&(struct problem){
        .file = file, .error = "E_SYSTEM", .expected = text, .cure = cure_of(error)});
    return STATUS_INPUT;
}

int report_no_memory(const char *file)
{
    errno = ENOMEM;
    return report_errno(file, "hold it");
}

void say(const char *format, ...)
{
    va_list arguments;

    if (report.json)
        return;
    progress_clear();
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
}

void text_field(const char *key, const char *value)
{
    say("%-12s ", key);
    say_text(value);
    say("\n");
    report_set(report_document(), key, report_text(value));
}

void number_field(const char *key, uint64_t value)
{
    say("%-12s %" PRIu64 "\n", key, value);
    report_set(report_document(), key, json_integer((json_int_t)value));
}

int report_end(int status)
{
    progress_clear();
    if (report.json) {
        report_set(report.document, "ok", json_boolean(status == STATUS_FINE));
        report_set(report.document, "problems", report.problems);
        if (!report.failed &&
            json_dumpf(report.document, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII) != 0)
            report.failed = true;
        if (!report.failed)
            putchar('\n');
        json_decref(report.document);
    }
    if (fflush(stdout) != 0 || ferror(stdout) || report.failed) {
        fprintf(stderr, "objtool: cannot write the report: %s\n",
                report.failed ? strerror(ENOMEM) : strerror(errno));
        return STATUS_INPUT;
    }
    return status;
}
