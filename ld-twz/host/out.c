/* SPDX-License-Identifier: BSD-2-Clause */
#include "out.h"
#include "../../host/text.h"
#include <stdlib.h>
#include <string.h>

void out_text(FILE *stream, const char *text)
{
    text_print(stream, text ? text : "?");
}

void out_lines_flush(struct out_lines *lines)
{
    fwrite_unlocked(lines->bytes, 1, lines->used, stdout);
    lines->used = 0;
}

void out_lines_byte(struct out_lines *lines, char byte)
{
    if (lines->used == sizeof lines->bytes)
        out_lines_flush(lines);
    lines->bytes[lines->used++] = byte;
}

/* Copies eight bytes; whether one of them is no printable ASCII. */
static bool copy_eight(char *to, const char *from)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), high = ones << 7;
    uint64_t word, del;
    memcpy(&word, from, sizeof word);
    memcpy(to, &word, sizeof word);
    del = word ^ ones * 0x7f;
    return ((word - ones * 0x20) | (del - ones) | word) & high;
}

void out_lines_text(struct out_lines *lines, const char *text)
{
    if (!text)
        text = "?";
    size_t length = strlen(text), done = 0;
    if (length > sizeof lines->bytes - lines->used)
        out_lines_flush(lines);
    bool clean = length <= sizeof lines->bytes;
    char *to = lines->bytes + lines->used;
    for (; clean && length - done >= 8; done += 8)
        clean = !copy_eight(to + done, text + done);
    if (clean && length > 8 && done < length) { /* the end, and some bytes once more */
        clean = !copy_eight(to + length - 8, text + length - 8);
        done = length;
    }
    for (; clean && done < length; done++) {
        to[done] = text[done];
        clean = text[done] >= 0x20 && text[done] < 0x7f;
    }
    if (clean) {
        lines->used += length;
        return;
    }
    out_lines_flush(lines);
    out_text(stdout, text);
}

void out_styled(const struct session *session, FILE *stream, enum out_style style, const char *text)
{
    static const char *const codes[] = {"", "\033[1m", "\033[2m", "\033[32m", "\033[31m"};
    bool colour = session->options->colour && style != OUT_PLAIN && *text;
    if (colour)
        fputs(codes[style], stream);
    out_text(stream, text);
    if (colour)
        fputs("\033[0m", stream);
}

json_t *out_string(const char *text)
{
    if (!text)
        return json_null();
    json_t *string = json_string(text);
    if (string)
        return string;
    char *clean = text_utf8(text);
    if (!clean)
        host_out_of_memory();
    string = json_string(clean);
    free(clean);
    if (!string)
        host_out_of_memory();
    return string;
}

void out_set(json_t *object, const char *key, json_t *value)
{
    if (!value || json_object_set_new(object, key, value) != 0)
        host_out_of_memory();
}

void out_append(json_t *array, json_t *value)
{
    if (!value || json_array_append_new(array, value) != 0)
        host_out_of_memory();
}

json_t *out_object(void)
{
    json_t *object = json_object();
    if (!object)
        host_out_of_memory();
    return object;
}

json_t *out_array(void)
{
    json_t *array = json_array();
    if (!array)
        host_out_of_memory();
    return array;
}

bool out_json(json_t *document)
{
    bool fine = json_dumpf(document, stdout, JSON_INDENT(2) | JSON_ENSURE_ASCII) == 0 &&
                putchar('\n') != EOF;
    json_decref(document);
    return fine;
}

char *out_instance(const struct ld_program *program, uint32_t instance)
{
    const struct ld_instance *found = program->instances[instance];
    return found->compartment
               ? host_format("%s:%s", program->compartments[found->compartment].name, found->name)
               : host_copy(found->name);
}

char *out_symbol(const struct ld_instance *instance, uint32_t symbol)
{
    struct ld_symbol_name name;
    if (!ld_symbol_name(instance, symbol, &name))
        return host_copy("?");
    return name.version ? host_format("%s@%s", name.name, name.version) : host_copy(name.name);
}

static void line(const struct session *session, FILE *stream, const char *key, const char *text)
{
    if (!text)
        return;
    fputs("  ", stream);
    out_styled(session, stream, OUT_DIM, key);
    out_text(stream, text);
    fputc('\n', stream);
}

void out_report(const struct session *session, FILE *stream, const struct ld_report *report)
{
    static const char *const words[] = {"note: ", "warning: ", "refused: "};
    out_styled(session, stream, report->severity == LD_REFUSED ? OUT_BAD : OUT_BOLD,
               words[report->severity]);
    out_text(stream, report->message);
    fputc('\n', stream);
    if (report->referrer && report->compartment) {
        char *who = host_format("%s in compartment %s%s%s", report->referrer, report->compartment,
                                report->version ? ", version " : "",
                                report->version ? report->version : "");
        line(session, stream, "by    ", who);
        free(who);
    }
    line(session, stream, "rule  ", report->rule);
    line(session, stream, "cure  ", report->cure);
}

json_t *out_report_json(const struct ld_report *report)
{
    static const char *const words[] = {"note", "warning", "refused"};
    json_t *object = out_object();
    out_set(object, "severity", out_string(words[report->severity]));
    out_set(object, "error", out_string(ld_error_text(report->error)));
    out_set(object, "message", out_string(report->message));
    out_set(object, "referrer", out_string(report->referrer));
    out_set(object, "compartment", out_string(report->compartment));
    out_set(object, "symbol", out_string(report->symbol));
    out_set(object, "version", out_string(report->version));
    out_set(object, "definer", out_string(report->definer));
    out_set(object, "definer_compartment", out_string(report->definer_compartment));
    out_set(object, "rule", out_string(report->rule));
    out_set(object, "file", out_string(report->file));
    out_set(object, "cure", out_string(report->cure));
    return object;
}

void out_reports_json(const struct session *session, json_t *document)
{
    json_t *array = out_array();
    for (uint32_t i = 0; i < session->report_count; i++)
        out_append(array, out_report_json(&session->reports[i]));
    out_set(document, "reports", array);
    out_set(document, "refused", json_integer(session->diag.refusals));
}

const char *out_isolation(unsigned level)
{
    static const char *const words[] = {"none", "callee", "caller", "both"};
    return level < 4 ? words[level] : "?";
}
