/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a library's debug information says about the functions that it exports: they could become
 * gates. libdw ends its process when memory is out, and was not made for files of enemies, so it
 * works in a process of its own, which tells us line by line.
 */
#include "tool.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <twzelf/load.h>
#include <unistd.h>

#define READER_SECONDS 60

#define TYPE_DEPTH 16 /* const, pointers and typedefs around a name */
#define DIE_MAX    (1u << 20)

struct text {
    char bytes[512];
    size_t length;
};

static void add(struct text *text, const char *more)
{
    size_t length = strlen(more), room = sizeof(text->bytes) - 1 - text->length;

    if (length > room)
        length = room;
    memcpy(text->bytes + text->length, more, length);
    text->length += length;
    text->bytes[text->length] = '\0';
}

static bool type_of(Dwarf_Die *die, Dwarf_Die *type)
{
    Dwarf_Attribute attribute;

    return dwarf_attr_integrate(die, DW_AT_type, &attribute) && dwarf_formref_die(&attribute, type);
}

/* A type in words of C, read from the outside in: what is said about a pointer comes last. */
static void add_type(struct text *text, Dwarf_Die *typed)
{
    static const char *const nothing[] = {"", "struct ", "union ", "enum "};
    const char *suffix[TYPE_DEPTH];
    unsigned suffixes = 0, kind = 0;
    const char *name = "void";
    bool constant = false;
    Dwarf_Die type = *typed, inner;

    for (unsigned depth = 0; depth < TYPE_DEPTH; depth++, type = inner) {
        int tag = type_of(&type, &inner) ? dwarf_tag(&inner) : DW_TAG_unspecified_type;

        if (tag == DW_TAG_pointer_type || tag == DW_TAG_array_type) {
            suffix[suffixes++] = constant ? "*const" : "*";
            constant = false;
        } else if (tag == DW_TAG_const_type) {
            constant = true;
        } else if (tag != DW_TAG_volatile_type && tag != DW_TAG_restrict_type) {
            kind = tag == DW_TAG_structure_type     ? 1
                   : tag == DW_TAG_union_type       ? 2
                   : tag == DW_TAG_enumeration_type ? 3
                                                    : 0;
            if (tag == DW_TAG_subroutine_type)
                name = "(function)";
            else if (tag != DW_TAG_unspecified_type)
                name = dwarf_diename(&inner) ? dwarf_diename(&inner) : "(unnamed)";
            break;
        }
    }
    add(text, constant ? "const " : "");
    add(text, nothing[kind]);
    add(text, name);
    for (unsigned i = suffixes; i > 0; i--) {
        add(text, i == suffixes ? " " : "");
        add(text, suffix[i - 1]);
    }
}

static void add_parameters(struct text *text, Dwarf_Die *function)
{
    Dwarf_Die child;
    const char *before = "";
    bool more = dwarf_child(function, &child) == 0;

    for (unsigned n = 0; more && n < 64; n++, more = dwarf_siblingof(&child, &child) == 0) {
        int tag = dwarf_tag(&child);

        if (tag == DW_TAG_formal_parameter) {
            add(text, before);
            add_type(text, &child);
            before = ", ";
        } else if (tag == DW_TAG_unspecified_parameters) {
            add(text, before);
            add(text, "...");
        }
    }
    add(text, *before ? "" : "void");
}

static bool exported(const struct twz_elf_module *module, const char *name)
{
    struct twz_elf_name wanted = twz_elf_name(name, strlen(name));
    struct twz_elf_symbol symbol;

    return module->has_dynamic &&
           twz_elf_lookup(&module->dynamic, &wanted, NULL, &symbol) == TWZ_ELF_OK &&
           twz_elf_symbol_type(&symbol) == STT_FUNC;
}

static void write_function(FILE *stream, const struct twz_elf_module *module, Dwarf_Die *function)
{
    Dwarf_Attribute attribute;
    bool external = false;
    const char *name = dwarf_diename(function);
    struct text text = {.length = 0};

    /* A function that is also inlined stands there twice. */
    if (!name || dwarf_hasattr(function, DW_AT_declaration) ||
        dwarf_hasattr(function, DW_AT_inline) ||
        !dwarf_attr_integrate(function, DW_AT_external, &attribute) ||
        dwarf_formflag(&attribute, &external) != 0 || !external || !exported(module, name))
        return;
    add_type(&text, function);
    add(&text, text.length > 0 && text.bytes[text.length - 1] == '*' ? "" : " ");
    add(&text, name);
    add(&text, "(");
    add_parameters(&text, function);
    add(&text, ")");
    for (char *c = text.bytes; *c; c++)
        fputc(*c == '\n' ? '?' : *c, stream);
    fputc('\n', stream);
}

static void write_functions(FILE *stream, const struct twz_elf_module *module, uint8_t *bytes,
                            uint64_t size)
{
    Elf *elf = elf_version(EV_CURRENT) == EV_NONE ? NULL : elf_memory((char *)bytes, size);
    Dwarf *dwarf = elf ? dwarf_begin_elf(elf, DWARF_C_READ, NULL) : NULL;
    Dwarf_CU *unit = NULL;
    Dwarf_Die root, child;
    unsigned left = DIE_MAX;

    while (dwarf && left > 0 && dwarf_get_units(dwarf, unit, &unit, NULL, NULL, &root, NULL) == 0) {
        bool more = dwarf_child(&root, &child) == 0;

        for (; more && left > 0; left--, more = dwarf_siblingof(&child, &child) == 0)
            if (dwarf_tag(&child) == DW_TAG_subprogram)
                write_function(stream, module, &child);
    }
}

/* libdw's process: it ends with 0 when it has come to the end of the file. */
static _Noreturn void be_the_reader(int fd, const struct twz_elf_module *module, uint8_t *bytes,
                                    uint64_t size)
{
    FILE *stream = fdopen(fd, "w");
    int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

    alarm(READER_SECONDS);
    if (null >= 0) /* what libdw says when it gives up */
        dup2(null, STDERR_FILENO);
    if (!stream)
        _exit(STATUS_INPUT);
    write_functions(stream, module, bytes, size);
    _exit(fclose(stream) == 0 ? STATUS_FINE : STATUS_INPUT);
}

static int cannot_read(const char *path)
{
    report_problem(&(struct problem){.file = path,
                                     .error = "E_DWARF",
                                     .expected = "cannot read the debug information",
                                     .cure = "compile again with -g, or strip it with -g"});
    return STATUS_INPUT;
}

static int take_lines(FILE *stream, const char *path, json_t *array)
{
    char line[sizeof(((struct text *)0)->bytes) + 2];

    while (fgets(line, sizeof(line), stream)) {
        line[strcspn(line, "\n")] = '\0';
        progress("reading the debug information of", path, 0, 0);
        say("function     ");
        say_text(line);
        say("\n");
        if (array)
            report_append(array, report_text(line));
    }
    return ferror(stream) ? STATUS_INPUT : STATUS_FINE;
}

int elf_describe_functions(const char *path, const struct twz_elf_module *module, uint8_t *bytes,
                           uint64_t size)
{
    json_t *array = report_document() ? json_array() : NULL;
    FILE *stream;
    pid_t child;
    int ends[2], state = -1, status;

    fflush(stdout);
    if (pipe2(ends, O_CLOEXEC) != 0)
        return report_errno(path, "make a pipe");
    child = fork();
    if (child == 0)
        be_the_reader(ends[1], module, bytes, size);
    close(ends[1]);
    stream = child > 0 ? fdopen(ends[0], "r") : NULL;
    status = stream ? take_lines(stream, path, array) : STATUS_INPUT;
    if (stream)
        fclose(stream);
    else
        close(ends[0]);
    while (child > 0 && waitpid(child, &state, 0) < 0 && errno == EINTR)
        ;
    report_set(report_document(), "functions", array);
    return status == STATUS_FINE && state == 0 ? STATUS_FINE : cannot_read(path);
}
