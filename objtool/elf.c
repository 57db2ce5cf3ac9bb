/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool.h"

#include <gelf.h>
#include <string.h>
#include <twz/rt/version.h>
#include <twzelf/load.h>

static bool report_finding(struct twz_elf_diag *diag, const struct twz_elf_problem *problem)
{
    struct elf_findings *findings = diag->context;
    char line[TWZ_ELF_LINE];
    char *text;

    findings->count++;
    twz_elf_format(problem, line, sizeof(line));
    text = strstr(line, ": ");
    if (text)
        *text = '\0';
    report_problem(&(struct problem){.file = findings->file,
                                     .place = text ? line : NULL,
                                     .section = section_of(findings, problem),
                                     .error = twz_elf_error_name(problem->error),
                                     .expected = text ? text + 2 : line,
                                     .cure = twz_elf_error_cure(problem->error)});
    return true;
}

/* A reader stops where the layout is wrong; whoever mends a file wants to know the rest as well. */
static void check_tables(const struct twz_elf_module *module, struct twz_elf_diag *diag)
{
    if (twz_elf_symbols_check(&module->dynamic, diag) != TWZ_ELF_OK ||
        twz_elf_versions_check(&module->dynamic, diag) != TWZ_ELF_OK ||
        twz_elf_relocs_check(&module->dynamic, TWZ_ELF_ACCEPT_SLOT, diag) != TWZ_ELF_OK)
        return; /* all is reported */
}

static void scan_code(struct elf_findings *findings)
{
    const struct twz_elf_file *elf = &findings->module->file;

    for (uint32_t i = 0; i < elf->load_count; i++) {
        const struct twz_elf_segment *s = &elf->loads[i];

        if ((s->flags & PF_X) && elf->machine == EM_X86_64)
            scan_segment_operands(findings, s->offset, s->filesz, s->vaddr);
    }
}

/* The runtime ABI that the file was built for. */
static bool check_version(const char *file, const struct twz_elf_abi *abi)
{
    char found[64];

    if (TWZ_RT_ABI_FITS(abi->major, abi->minor))
        return true;
    snprintf(found, sizeof(found), "built for version %u.%u", abi->major, abi->minor);
    report_problem(&(struct problem){.file = file,
                                     .place = "note",
                                     .error = "ABI_VERSION",
                                     .expected = "version " TWZ_RT_ABI_TEXT " of the runtime ABI",
                                     .found = found,
                                     .cure = "build it with the twz-cc of this version"});
    return false;
}

int elf_check(const char *file, const uint8_t *bytes, uint64_t size, bool scan)
{
    static struct twz_elf_module module;
    struct elf_findings findings = {.file = file, .bytes = bytes, .size = size, .module = &module};
    struct twz_elf_diag diag = {.report = report_finding, .context = &findings};
    struct twz_elf_bytes source;
    enum twz_elf_error error;
    bool elf;

    twz_elf_bytes_memory(&source, bytes, size);
    error = twz_elf_module_open(&module, &source, EM_X86_64, &diag);
    elf = diag.first.error != TWZ_ELF_EHDR_SIZE && diag.first.error != TWZ_ELF_EHDR_MAGIC;
    if (error == TWZ_ELF_OK && !module.has_abi)
        report_finding(
            &diag, &(struct twz_elf_problem){.error = TWZ_ELF_ABI_NONE, .place = TWZ_ELF_AT_FILE});
    if (error == TWZ_ELF_OK && module.has_abi)
        findings.count += !check_version(file, &module.abi);
    if (error >= TWZ_ELF_LAYOUT_MACHINE && error <= TWZ_ELF_LAYOUT_ENTRY && module.has_dynamic)
        check_tables(&module, &diag);
    /* Code is looked at whatever else is wrong, if only it is known where it stands. */
    if (scan && twz_elf_file_open(&module.file, &source, TWZ_ELF_VIEW_FILE, NULL) == TWZ_ELF_OK)
        scan_code(&findings);
    elf_end(findings.elf);
    if (!elf)
        return STATUS_INPUT;
    return error == TWZ_ELF_OK && findings.count == 0 ? STATUS_FINE : STATUS_NO;
}

static void say_line(const char *key, const char *text, json_t *array)
{
    say("%-12s ", key);
    say_text(text);
    say("\n");
    if (array)
        report_append(array, report_text(text));
}

static void describe_needed(const struct twz_elf_dynamic *dynamic)
{
    json_t *array = report_document() ? json_array() : NULL;
    uint32_t cursor = 0, name;

    while (twz_elf_needed_next(dynamic, &cursor, &name) == TWZ_ELF_OK) {
        const char *text = twz_elf_string(dynamic, name, NULL, 0);

        if (!text)
            continue;
        say_line("needed", text, array);
    }
    report_set(report_document(), "needed", array);
}

void elf_describe_gates(const struct twz_elf_module *module)
{
    json_t *array = report_document() ? json_array() : NULL;
    struct twz_elf_gate_cursor cursor = {0};
    struct twz_elf_gate gate;

    while (module->has_abi &&
           twz_elf_gate_next(&module->file, &module->abi, &cursor, &gate, NULL) == TWZ_ELF_OK) {
        const char *signature =
            twz_elf_text_at(&module->file, gate.signature, NULL, TWZ_ELF_SIGNATURE_MAX);

        if (!signature)
            continue;
        say_line("gate", signature, array);
    }
    report_set(report_document(), "gates", array);
}

void elf_describe(const uint8_t *bytes, uint64_t size)
{
    static struct twz_elf_module module;
    static const char *const kinds[] = {[TWZ_ELF_KIND_LIBRARY] = "library",
                                        [TWZ_ELF_KIND_PIE] = "pie",
                                        [TWZ_ELF_KIND_EXEC] = "exec"};
    const char *soname;
    struct twz_elf_bytes source;

    twz_elf_bytes_memory(&source, bytes, size);
    if (twz_elf_module_open(&module, &source, EM_X86_64, NULL) != TWZ_ELF_OK) {
        text_field("content", "data");
        return;
    }
    /* A program with a replaceable runtime is linked as a library is, but it can be started. */
    text_field("content", module.plan.kind == TWZ_ELF_KIND_LIBRARY && module.plan.entry != 0
                              ? "program"
                              : kinds[module.plan.kind]);
    if (module.has_dynamic) {
        soname = module.dynamic.soname == TWZ_ELF_NONE
                     ? NULL
                     : twz_elf_string(&module.dynamic, module.dynamic.soname, NULL, 0);
        if (soname)
            text_field("soname", soname);
        describe_needed(&module.dynamic);
    }
    elf_describe_gates(&module);
}
