/* SPDX-License-Identifier: BSD-2-Clause */
#include <twzelf/diag.h>

static const struct {
    const char *name, *text, *cure;
} errors[] = {
#define X(name, text, cure) [TWZ_ELF_##name] = {#name, text, cure},
    TWZ_ELF_ERRORS(X)
#undef X
        [TWZ_ELF_OK] = {"OK", "no problem", ""},
    [TWZ_ELF_END] = {"END", "nothing more", ""},
    [TWZ_ELF_NO_ROOM] = {"NO_ROOM", "the buffer is too small", "give more room"},
};

static const char *const places[] = {
#define X(name, text) text,
    TWZ_ELF_PLACES(X)
#undef X
};

bool twz_elf_report(struct twz_elf_diag *diag, const struct twz_elf_problem *problem)
{
    if (!diag)
        return false;
    if (diag->count++ == 0)
        diag->first = *problem;
    return diag->report && diag->report(diag, problem);
}

const char *twz_elf_error_name(enum twz_elf_error error)
{
    return (unsigned)error < TWZ_ELF_ERROR_COUNT ? errors[error].name : "?";
}

const char *twz_elf_error_cure(enum twz_elf_error error)
{
    return (unsigned)error < TWZ_ELF_ERROR_COUNT ? errors[error].cure : "?";
}

struct line {
    char *buffer;
    size_t size;
    size_t length; /* of the whole line, whether or not it fits */
};

static void put(struct line *line, char c)
{
    if (line->length + 1 < line->size)
        line->buffer[line->length] = c;
    line->length++;
}

static void put_text(struct line *line, const char *text)
{
    while (*text)
        put(line, *text++);
}

static void put_number(struct line *line, uint64_t value, unsigned base)
{
    char digits[20]; /* 2^64 has 20 decimal digits */
    unsigned count = 0;
    do {
        digits[count++] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value);
    if (base == 16)
        put_text(line, "0x");
    while (count)
        put(line, digits[--count]);
}

/* Fills in {0} {1} {2}, and {d0} {d1} {d2} in decimal. */
static void put_template(struct line *line, const char *text, const uint64_t value[3])
{
    while (*text) {
        if (*text != '{') {
            put(line, *text++);
            continue;
        }
        const bool decimal = *++text == 'd';
        text += decimal;
        put_number(line, value[*text - '0'], decimal ? 10 : 16);
        text += 2;
    }
}

size_t twz_elf_format(const struct twz_elf_problem *problem, char *buffer, size_t size)
{
    struct line line = {buffer, size, 0};
    const unsigned place = (unsigned)problem->place;
    if (place < TWZ_ELF_PLACE_COUNT) {
        put_text(&line, places[place]);
        if (place == TWZ_ELF_AT_OFFSET || place == TWZ_ELF_AT_VADDR)
            put_number(&line, problem->at, 16);
        else if (place != TWZ_ELF_AT_FILE)
            put_number(&line, problem->at, 10);
        put_text(&line, ": ");
    }
    if ((unsigned)problem->error < TWZ_ELF_ERROR_COUNT)
        put_template(&line, errors[problem->error].text, problem->value);
    if (size)
        buffer[line.length < size ? line.length : size - 1] = 0;
    return line.length;
}
