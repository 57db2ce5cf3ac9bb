/* SPDX-License-Identifier: BSD-2-Clause */
/* Extensions from the command line: TAG=TABLE, where the table is in the payload. */
#include "tool.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <twzelf/load.h>

static int refuse(const char *text, const char *expected, const char *cure)
{
    report_problem(&(struct problem){
        .file = text, .error = "E_EXTENSION", .expected = expected, .cure = cure});
    return STATUS_INPUT;
}

/* Decimal, or with 0x; a 0 in front says nothing. */
static bool parse_number(const char *text, unsigned long long *number, char **end)
{
    bool hex = text[0] == '0' && (text[1] == 'x' || text[1] == 'X');

    if (*text < '0' || *text > '9')
        return false;
    *number = strtoull(text, end, hex ? 16 : 10);
    return true;
}

/* OFFSET:COUNT */
static bool parse_place(const char *text, struct obj_extension *extension)
{
    unsigned long long offset, count;
    char *end;

    if (!parse_number(text, &offset, &end) || *end != ':' || !parse_number(end + 1, &count, &end) ||
        *end || count > UINT32_MAX)
        return false;
    extension->table = offset;
    extension->count = (uint32_t)count;
    return true;
}

/* A symbol of the ELF file: an array of pointers, of which the file holds all bytes. */
static bool find_symbol(const char *name, const struct input *payload,
                        struct obj_extension *extension)
{
    static struct twz_elf_module module;
    struct twz_elf_name wanted = twz_elf_name(name, strlen(name));
    struct twz_elf_want want = {0};
    struct twz_elf_symbol symbol;
    struct twz_elf_bytes bytes;
    uint64_t position;

    twz_elf_bytes_memory(&bytes, payload->bytes, payload->size);
    if (twz_elf_module_open(&module, &bytes, EM_X86_64, NULL) != TWZ_ELF_OK ||
        !module.has_dynamic ||
        twz_elf_lookup(&module.dynamic, &wanted, &want, &symbol) != TWZ_ELF_OK ||
        symbol.sym.st_size / 8 > UINT32_MAX ||
        !twz_elf_position(&module.file, symbol.sym.st_value, symbol.sym.st_size, &position))
        return false;
    extension->table = TWZ_OBJECT_BASE + position;
    extension->count = (uint32_t)(symbol.sym.st_size / 8);
    return true;
}

static int check_place(const char *text, const struct input *payload,
                       const struct obj_extension *extension)
{
    char expected[128];

    if (extension->table % 8 == 0 &&
        twz_elf_within(extension->table, extension->count * (uint64_t)8, TWZ_OBJECT_BASE,
                       payload->size))
        return STATUS_FINE;
    snprintf(expected, sizeof(expected),
             "expected entries of 8 bytes between 0x%x and 0x%" PRIx64 ", at a multiple of 8",
             (unsigned)TWZ_OBJECT_BASE, (uint64_t)TWZ_OBJECT_BASE + payload->size);
    return refuse(text, expected,
                  "offsets count from the object's start, one page before the payload");
}

static int parse(const char *text, const struct input *payload, struct obj_extension *extension)
{
    const char *equals = strchr(text, '=');
    char tag[OBJ_ID_TEXT] = "";

    if (equals && equals - text == OBJ_ID_TEXT - 1)
        memcpy(tag, text, OBJ_ID_TEXT - 1);
    if (!obj_id_parse(tag, &extension->tag))
        return refuse(text, "expected TAG=SYMBOL or TAG=OFFSET:COUNT",
                      "a tag has 32 hexadecimal digits");
    if (parse_place(equals + 1, extension))
        return check_place(text, payload, extension);
    if (find_symbol(equals + 1, payload, extension))
        return STATUS_FINE;
    return refuse(text, "expected OFFSET:COUNT, or an exported array with bytes in the file",
                  "see `readelf --dyn-syms`");
}

void extension_describe(const struct obj_extension *e, json_t *array)
{
    char tag[OBJ_ID_TEXT];

    obj_id_format(e->tag, tag);
    say("extension    %s table 0x%" PRIx64 " functions %u\n", tag, e->table, e->count);
    if (array)
        report_append(array, json_pack("{s:s, s:I, s:I}", "tag", tag, "table", (json_int_t)e->table,
                                       "functions", (json_int_t)e->count));
}

int extension_by_tag(const void *a, const void *b)
{
    const struct obj_extension *x = a, *y = b;

    return obj_id_compare(x->tag, y->tag);
}

int extensions_make(char *const *texts, uint32_t count, const struct input *payload,
                    struct obj_extension **extensions)
{
    int status = STATUS_FINE;

    *extensions = calloc(count ? count : 1, sizeof(**extensions));
    if (!*extensions)
        return report_no_memory(payload->path);
    for (uint32_t i = 0; i < count && status == STATUS_FINE; i++)
        status = parse(texts[i], payload, &(*extensions)[i]);
    qsort(*extensions, count, sizeof(**extensions), extension_by_tag);
    return status;
}
