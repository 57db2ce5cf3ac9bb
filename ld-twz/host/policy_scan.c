/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The words of a policy and where they stand. libconfuse reads what is valid; it knows lines, and
 * not of all things. So the grammar is checked here first, word by word, and every error has its
 * place, what was expected there, and the nearest valid word.
 *
 *   file    = { "compartment" NAME "{" { option } "}" | "defaults" "{" { option } "}"
 *             | "include" "(" TEXT ")" }
 *   option  = WORD "=" value | WORD "=" "{" [ value { "," value } ] "}"
 *             | "import" NAME "{" { option } "}"
 */
#include "policy_scan.h"
#include "host.h"
#include "policy_text.h"
#include <ld/policy.h>
#include <stdlib.h>
#include <string.h>

#define IMPORTS_MAX 4096u /* sections of one compartment: no program has more gates */

enum kind { END, WORD, TEXT, MARK, OPEN_TEXT /* has no end */ };

struct scanner {
    const char *text, *end, *at;
    uint32_t line;
    const char *line_start;
    enum kind kind; /* of the word at hand */
    const char *start;
    size_t length;
    uint32_t word_line, word_column;
    struct policy_scan *scan;
    struct policy_error *error;
};

static const char *const top_words[] = {"compartment", "defaults", "include", NULL};
static const char *const compartment_words[] = {"libraries", "imports",  "exports", "first-dibs",
                                                "import",    "heap",     "stack",   "after-fault",
                                                "isolation", "deadline", "output",  NULL};
static const char *const import_words[] = {"isolation", "deadline", NULL};
static const char *const default_words[] = {"heap",     "stack",  "after-fault", "isolation",
                                            "deadline", "output", NULL};

static void skip_line(struct scanner *s)
{
    s->line++;
    s->line_start = s->at;
}

/* Takes the next word in hand. */
static void advance(struct scanner *s)
{
    while (s->at < s->end && strchr(" \t\r\n\f\v", *s->at) && *s->at)
        if (*s->at++ == '\n')
            skip_line(s);
    s->start = s->at;
    s->word_line = s->line;
    s->word_column = (uint32_t)(s->at - s->line_start) + 1;
    s->kind = END;
    if (s->at == s->end) {
        s->length = 0;
        return;
    }
    if (*s->at && strchr("{}(),=", *s->at)) {
        s->kind = MARK;
        s->at++;
    } else if (*s->at == '"' || *s->at == '\'') {
        char quote = *s->at++;
        s->kind = OPEN_TEXT;
        while (s->at < s->end && s->kind == OPEN_TEXT) {
            char byte = *s->at++;
            if (byte == '\\' && s->at < s->end)
                byte = *s->at++;
            else if (byte == quote)
                s->kind = TEXT;
            if (byte == '\n')
                skip_line(s);
        }
    } else {
        s->kind = WORD;
        while (s->at < s->end && !strchr(" \t\r\n\f\v{}(),=\"'", *s->at))
            s->at++;
        if (s->at == s->start) /* NUL */
            s->at++;
    }
    s->length = (size_t)(s->at - s->start);
}

static bool is_mark(const struct scanner *s, char mark)
{
    return s->kind == MARK && *s->start == mark;
}

static bool is_value(const struct scanner *s)
{
    return s->kind == WORD || s->kind == TEXT;
}

static bool is_word(const struct scanner *s, const char *word)
{
    return s->kind == WORD && strlen(word) == s->length && memcmp(word, s->start, s->length) == 0;
}

static bool fail_at(const struct scanner *s, uint32_t line, uint32_t column, char *message,
                    char *expected)
{
    s->error->line = line;
    s->error->column = column;
    s->error->message = message;
    s->error->expected = expected;
    return false;
}

/* The word at hand is none that may stand here. */
static bool unexpected(const struct scanner *s, const char *expected)
{
    char *what =
        s->kind == END ? host_copy("the file ends too early")
        : s->kind == OPEN_TEXT
            ? host_copy("a text has no end")
            : host_format("unexpected `%.*s`", (int)(s->length < 40 ? s->length : 40), s->start);
    return fail_at(s, s->word_line, s->word_column, what,
                   host_copy(s->kind == OPEN_TEXT ? "a quote at its end" : expected));
}

static bool expect_mark(struct scanner *s, char mark, const char *expected)
{
    if (!is_mark(s, mark))
        return unexpected(s, expected);
    advance(s);
    return true;
}

static bool unknown(const struct scanner *s, const char *const *words)
{
    char *list = host_copy("one of "), *word = strndup(s->start, s->length);
    uint32_t best = 4;
    if (!word)
        host_out_of_memory();
    for (unsigned i = 0; words[i]; i++) {
        char *longer = host_format("%s%s%s", list, i ? ", " : "", words[i]);
        free(list);
        list = longer;
        uint32_t distance = host_distance(word, words[i], best);
        if (distance < best && distance < s->length) {
            best = distance;
            free(s->error->nearest);
            s->error->nearest = host_copy(words[i]);
        }
    }
    fail_at(s, s->word_line, s->word_column, host_format("no such option '%s'", word), list);
    free(word);
    return false;
}

/* Remembers where the value at hand stands. */
static void keep(struct scanner *s, bool title)
{
    struct policy_scan *scan = s->scan;
    if ((scan->count & (scan->count - 1)) == 0) /* 0 or a power of two: it is full */
        scan->places =
            host_realloc(scan->places, scan->count ? scan->count * 2 : 1, sizeof *scan->places);
    size_t quote = s->kind == TEXT;
    char *text = title ? strndup(s->start + quote, s->length - 2 * quote) : NULL;
    if (title && !text)
        host_out_of_memory();
    scan->places[scan->count++] = (struct policy_place){
        .title = text, .line = s->word_line, .column = s->word_column + (uint32_t)quote};
}

/* A value; of a section's title the text is kept as well as the place. */
static bool take(struct scanner *s, bool title, const char *expected)
{
    if (!is_value(s))
        return unexpected(s, expected);
    keep(s, title);
    advance(s);
    return true;
}

static bool take_list(struct scanner *s)
{
    advance(s);
    while (!is_mark(s, '}')) {
        if (!take(s, false, "a value, or `}`"))
            return false;
        if (is_mark(s, ','))
            advance(s);
        else if (!is_mark(s, '}'))
            return unexpected(s, "`,` or `}`");
    }
    keep(s, false);
    s->scan->places[s->scan->count - 1].end = true;
    advance(s);
    return true;
}

/* WORD = VALUE, or for lists WORD = { VALUE, ... }. */
static bool take_assignment(struct scanner *s)
{
    bool list = is_word(s, "libraries") || is_word(s, "imports") || is_word(s, "exports") ||
                is_word(s, "first-dibs");
    advance(s);
    if (!expect_mark(s, '=', "`=`"))
        return false;
    return list && is_mark(s, '{') ? take_list(s)
                                   : take(s, false, list ? "a list in braces" : "a value");
}

/* What stands in braces; nothing nests deeper than an import in a compartment. */
static bool take_section(struct scanner *s, const char *const *words)
{
    uint32_t line = s->word_line, column = s->word_column, imports = 0;
    if (!expect_mark(s, '{', "`{`"))
        return false;
    while (!is_mark(s, '}')) {
        bool known = false;
        if (s->kind == END)
            return fail_at(s, line, column, host_copy("this brace is not closed"),
                           host_copy("`}`"));
        if (s->kind != WORD)
            return unexpected(s, "an option, or `}`");
        for (unsigned i = 0; words[i]; i++)
            known |= is_word(s, words[i]);
        if (!known)
            return unknown(s, words);
        if (words == compartment_words && is_word(s, "import")) {
            advance(s);
            if (is_value(s) && ++imports > IMPORTS_MAX)
                return fail_at(
                    s, s->word_line, s->word_column + (s->kind == TEXT),
                    host_format("there are more than %u import sections here", IMPORTS_MAX),
                    host_copy("a pattern that stands for many gates"));
            if (!take(s, true, "\"COMPARTMENT:GATE\"") || !take_section(s, import_words))
                return false;
        } else if (!take_assignment(s)) {
            return false;
        }
    }
    advance(s);
    return true;
}

static bool take_top(struct scanner *s)
{
    if (is_word(s, "compartment")) {
        advance(s);
        if (is_value(s) && !(*s->scan->compartments)--)
            return fail_at(
                s, s->word_line, s->word_column + (s->kind == TEXT),
                host_format("there are more than %u compartments", LD_POLICY_COMPARTMENTS_MAX),
                host_copy("fewer compartments, with more libraries in each"));
        return take(s, true, "the name of a compartment") && take_section(s, compartment_words);
    }
    if (is_word(s, "defaults")) {
        advance(s);
        return take_section(s, default_words);
    }
    if (is_word(s, "include")) {
        advance(s);
        if (!expect_mark(s, '(', "`(`"))
            return false;
        if (!take(s, true, "the name of a file"))
            return false;
        return expect_mark(s, ')', "`)`");
    }
    return s->kind == WORD ? unknown(s, top_words)
                           : unexpected(s, "one of compartment, defaults, include");
}

bool policy_scan(const char *text, size_t size, struct policy_scan *scan,
                 struct policy_error *error)
{
    struct scanner s = {.text = text,
                        .end = text + size,
                        .at = text,
                        .line = 1,
                        .line_start = text,
                        .scan = scan,
                        .error = error};
    for (advance(&s); s.kind != END;)
        if (!take_top(&s))
            return false;
    return true;
}

const struct policy_place *policy_scan_value(struct policy_scan *scan)
{
    while (scan->next < scan->count && scan->places[scan->next].title)
        scan->next++;
    return scan->next < scan->count ? &scan->places[scan->next++] : NULL;
}

const struct policy_place *policy_scan_next_title(struct policy_scan *scan, const char *title)
{
    for (size_t i = scan->next_title; i < scan->count; i++)
        if (scan->places[i].title && strcmp(scan->places[i].title, title) == 0) {
            scan->next_title = i + 1;
            return &scan->places[i];
        }
    return NULL;
}

const struct policy_place *policy_scan_title(const struct policy_scan *scan, const char *title,
                                             uint32_t line)
{
    for (size_t i = scan->count; i-- > 0;)
        if (scan->places[i].title && scan->places[i].line <= line &&
            strcmp(scan->places[i].title, title) == 0)
            return &scan->places[i];
    return NULL;
}

void policy_scan_free(struct policy_scan *scan)
{
    for (size_t i = 0; i < scan->count; i++)
        free(scan->places[i].title);
    free(scan->places);
    memset(scan, 0, sizeof *scan);
}
