/* SPDX-License-Identifier: BSD-2-Clause */
/* The typed entries of a library: what its gate descriptors say, and what its debug information
 * says about the functions that it exports and that could become gates. */
#include "key.h"

#include <dwarf.h>
#include <elfutils/libdw.h>
#include <stdlib.h>
#include <string.h>
#include <twzelf/load.h>

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

static void describe_function(const struct twz_elf_module *module, Dwarf_Die *function,
                              json_t *array)
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
    add(&text, text.bytes[text.length - 1] == '*' ? "" : " ");
    add(&text, name);
    add(&text, "(");
    add_parameters(&text, function);
    add(&text, ")");
    say("function     ");
    say_text(text.bytes);
    say("\n");
    if (array)
        report_append(array, report_text(text.bytes));
}

static void describe_functions(const struct twz_elf_module *module, uint8_t *bytes, uint64_t size)
{
    json_t *array = report_document() ? json_array() : NULL;
    Elf *elf = elf_version(EV_CURRENT) == EV_NONE ? NULL : elf_memory((char *)bytes, size);
    Dwarf *dwarf = elf ? dwarf_begin_elf(elf, DWARF_C_READ, NULL) : NULL;
    Dwarf_CU *unit = NULL;
    Dwarf_Die root, child;
    unsigned left = DIE_MAX;

    while (dwarf && left > 0 && dwarf_get_units(dwarf, unit, &unit, NULL, NULL, &root, NULL) == 0) {
        bool more = dwarf_child(&root, &child) == 0;

        for (; more && left > 0; left--, more = dwarf_siblingof(&child, &child) == 0)
            if (dwarf_tag(&child) == DW_TAG_subprogram)
                describe_function(module, &child, array);
    }
    if (dwarf)
        dwarf_end(dwarf);
    elf_end(elf);
    report_set(report_document(), "functions", array);
}

static bool is_object(const struct input *input)
{
    return input_is_image(input) || (input->size >= 8 && memcmp(input->bytes, OBJ_MAGIC, 8) == 0);
}

static int describe(const char *path, uint8_t *bytes, uint64_t size)
{
    static struct twz_elf_module module;
    struct twz_elf_bytes source;
    int status = elf_check(path, bytes, size, false);

    if (status != STATUS_FINE)
        return STATUS_INPUT;
    twz_elf_bytes_memory(&source, bytes, size);
    if (twz_elf_module_open(&module, &source, EM_X86_64, NULL) != TWZ_ELF_OK)
        return STATUS_INPUT;
    elf_describe_gates(&module);
    describe_functions(&module, bytes, size);
    return STATUS_FINE;
}

static int gates(const struct input *input, const char *name)
{
    struct obj object;
    struct packed packed;
    uint64_t offset;
    int status;

    if (!is_object(input))
        return describe(input->path, input->bytes, input->size);
    status = object_open(input, name, &object, &offset);
    if (status == STATUS_FINE)
        status = packed_expand(&packed, &object, input->path, offset);
    if (status != STATUS_FINE)
        return STATUS_INPUT;
    status =
        describe(input->path, packed.bytes + TWZ_OBJECT_BASE, packed.object.header->payload_length);
    packed_free(&packed);
    return status;
}

static int run(int argc, char **argv)
{
    static const struct option options[] = {
        {"json", no_argument, NULL, 'j'}, {"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
    struct input input;
    bool json = false;
    int letter, status;

    while ((letter = option_next(&command_gates, argc, argv, ":h", options, &json)) != -1)
        return letter == 'h' ? report_end(STATUS_FINE) : STATUS_USAGE;
    if (argc - optind != 1 && argc - optind != 2)
        return usage_error(&command_gates, "an ELF file, an object or an image is needed");
    report_start("gates", json);
    report_set(report_document(), "file", report_text(argv[optind]));
    status = input_read(&input, argv[optind], UINT64_MAX);
    if (status == STATUS_FINE) {
        status = gates(&input, argv[optind + 1]);
        input_free(&input);
    }
    return report_end(status);
}

const struct command command_gates = {
    .name = "gates",
    .summary = "list the typed entries of a library",
    .help = "Usage: objtool gates ELF|OBJ [--json]\n"
            "       objtool gates IMG NAME [--json]\n"
            "\n"
            "`gate`: what other compartments may call, from the descriptors. `function`: what the\n"
            "library exports besides, from its debug information; it could become a gate.\n"
            "\n"
            "Examples:\n"
            "  objtool gates libcodec.so\n"
            "  objtool gates --json demo.img libcodec.so | jq -r '.gates[]'\n",
    .run = run,
};
