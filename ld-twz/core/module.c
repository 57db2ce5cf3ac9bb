/* SPDX-License-Identifier: BSD-2-Clause */
#include "module.h"
#include "diag.h"
#include "text.h"
#include <twz/rt/version.h>
#include <twz/sys/syscall.h>

#define VERSIONS_MAX 0x8000u

/* Turns what libtwzelf says into reports about one file. */
struct elf_reports {
    struct twz_elf_diag diag; /* first: the callback gets a pointer to it */
    const struct ld_options *options;
    const char *path;
    enum ld_error error; /* what such a problem means here */
    enum ld_error stopped;
};

static bool on_problem(struct twz_elf_diag *diag, const struct twz_elf_problem *problem)
{
    struct elf_reports *reports = (struct elf_reports *)(void *)diag;
    char line[TWZ_ELF_LINE];
    (void)twz_elf_format(problem, line, sizeof line);
    const struct ld_memory *memory = &reports->options->memory;
    const char *message = ld_sentence(memory, "%s: %s", reports->path, line);
    if (!message) {
        reports->stopped = LD_ENOMEM;
        return false;
    }
    struct ld_report report = {.error = reports->error,
                               .severity = LD_REFUSED,
                               .file = reports->path,
                               .offset = problem->at,
                               .has_offset = problem->place == TWZ_ELF_AT_OFFSET,
                               .message = message,
                               .cure = twz_elf_error_cure(problem->error)};
    reports->stopped = ld_tell(reports->options->diag, &report);
    return false; /* one reason is enough to refuse a file */
}

static enum ld_error refuse(const struct elf_reports *reports, enum ld_error error,
                            const char *message, const char *cure)
{
    struct ld_report report = {.error = error,
                               .severity = LD_REFUSED,
                               .file = reports->path,
                               .message = message ? message : ld_error_text(error),
                               .cure = cure};
    enum ld_error told = ld_tell(reports->options->diag, &report);
    return told ? told : error;
}

static const char *string_at(const struct ld_module *module, uint32_t offset)
{
    return offset == TWZ_ELF_NONE ? NULL : twz_elf_string(&module->dynamic, offset, NULL, 0);
}

static enum ld_error read_needed(const struct ld_memory *memory, struct ld_module *module)
{
    module->needed = ld_zeroed(memory, module->dynamic.needed_count, sizeof *module->needed);
    if (!module->needed)
        return LD_ENOMEM;
    uint32_t cursor = 0, offset;
    while (module->needed_count < module->dynamic.needed_count &&
           twz_elf_needed_next(&module->dynamic, &cursor, &offset) == TWZ_ELF_OK) {
        const char *name = string_at(module, offset);
        if (name)
            module->needed[module->needed_count++] = name;
    }
    return LD_OK;
}

static enum ld_error read_filtees(const struct ld_memory *memory, struct ld_module *module)
{
    uint32_t capacity = 0;
    Elf64_Dyn entry;
    for (uint32_t i = 0; twz_elf_dynamic_entry(&module->dynamic, i, &entry) == TWZ_ELF_OK; i++) {
        if (entry.d_tag != DT_FILTER && entry.d_tag != DT_AUXILIARY)
            continue;
        const char *name = twz_elf_string(&module->dynamic, entry.d_un.d_val, NULL, 0);
        if (!name)
            continue;
        struct ld_filtee *filtees =
            ld_grow(memory, module->filtees, module->filtee_count, &capacity, sizeof *filtees);
        if (!filtees)
            return LD_ENOMEM;
        module->filtees = filtees;
        filtees[module->filtee_count++] =
            (struct ld_filtee){.name = name, .optional = entry.d_tag == DT_AUXILIARY};
    }
    return LD_OK;
}

static enum ld_error keep_version(const struct ld_memory *memory, struct ld_module *module,
                                  uint32_t *capacity, const struct twz_elf_version *version)
{
    uint32_t index = version->index & 0x7fffu;
    if (version->flags & VER_FLG_BASE || index < 1)
        return LD_OK;
    if (index >= *capacity) {
        uint32_t larger = index < 32 ? 32 : index * 2 > VERSIONS_MAX ? VERSIONS_MAX : index * 2;
        struct ld_version *versions = ld_zeroed(memory, larger, sizeof *versions);
        if (!versions)
            return LD_ENOMEM;
        if (module->version_count)
            __builtin_memcpy(versions, module->versions, module->version_count * sizeof *versions);
        module->versions = versions;
        *capacity = larger;
    }
    if (index >= module->version_count)
        module->version_count = index + 1;
    module->versions[index] = (struct ld_version){
        .name = string_at(module, version->name),
        .file = version->file == TWZ_ELF_NONE ? NULL : string_at(module, version->file),
        .hash = version->hash,
        .hidden = version->hidden,
        .weak = (version->flags & VER_FLG_WEAK) != 0};
    return LD_OK;
}

/* Lookups ask for the versions of symbols; libtwzelf then need not read the records each time. */
static enum ld_error keep_records(const struct ld_memory *memory, struct ld_module *module)
{
    uint32_t count = twz_elf_versions_count(&module->dynamic);
    struct twz_elf_version *records = count ? ld_zeroed(memory, count, sizeof *records) : NULL;
    if (records)
        twz_elf_versions_keep(&module->dynamic, records, count);
    return count && !records ? LD_ENOMEM : LD_OK;
}

static enum ld_error read_versions(const struct ld_memory *memory, struct ld_module *module)
{
    struct twz_elf_version_cursor needs = {0}, definitions = {0};
    struct twz_elf_version version;
    uint32_t capacity = 0;
    enum ld_error error = LD_OK;
    while (!error && twz_elf_verneed_next(&module->dynamic, &needs, &version) == TWZ_ELF_OK)
        error = keep_version(memory, module, &capacity, &version);
    while (!error && twz_elf_verdef_next(&module->dynamic, &definitions, &version) == TWZ_ELF_OK) {
        version.file = TWZ_ELF_NONE;
        error = keep_version(memory, module, &capacity, &version);
    }
    return error;
}

static enum ld_error read_imports(const struct ld_memory *memory, struct ld_module *module,
                                  struct elf_reports *reports)
{
    struct twz_elf_gate_cursor cursor = {0};
    struct twz_elf_import import;
    uint32_t capacity = 0;
    enum twz_elf_error problem;
    while ((problem = twz_elf_import_next(&module->elf, &module->abi, &cursor, &import,
                                          &reports->diag)) == TWZ_ELF_OK) {
        struct ld_import *imports =
            ld_grow(memory, module->imports, module->import_count, &capacity, sizeof *imports);
        if (!imports)
            return LD_ENOMEM;
        module->imports = imports;
        imports[module->import_count++] = (struct ld_import){
            twz_elf_text_at(&module->elf, import.name, NULL, TWZ_ELF_GATE_NAME_MAX),
            twz_elf_text_at(&module->elf, import.signature, NULL, TWZ_ELF_SIGNATURE_MAX)};
    }
    return problem == TWZ_ELF_END ? LD_OK : reports->stopped ? reports->stopped : LD_EELF;
}

/* Everything that a file of the project's layout promises: checked at once, before it is used. */
static bool check_contents(const struct ld_module *module, struct twz_elf_diag *diag)
{
    return !module->has_dynamic ||
           (twz_elf_symbols_check(&module->dynamic, diag) == TWZ_ELF_OK &&
            twz_elf_versions_check(&module->dynamic, diag) == TWZ_ELF_OK &&
            twz_elf_relocs_check(&module->dynamic, TWZ_ELF_ACCEPT_ALL, diag) == TWZ_ELF_OK);
}

static enum ld_error open_abi(struct ld_module *module, struct elf_reports *reports)
{
    enum twz_elf_error problem = twz_elf_abi_open(&module->abi, &module->elf, &reports->diag);
    if (problem == TWZ_ELF_ABI_NONE)
        return LD_OK;
    if (problem != TWZ_ELF_OK)
        return reports->stopped ? reports->stopped : LD_EELF;
    module->has_abi = true;
    if (!TWZ_RT_ABI_FITS(module->abi.major, module->abi.minor))
        return refuse(
            reports, LD_EABI,
            ld_sentence(&reports->options->memory,
                        "%s was built for version %u.%u of the runtime ABI; this is %u.%u",
                        reports->path, module->abi.major, module->abi.minor, TWZ_RT_ABI_MAJOR,
                        TWZ_RT_ABI_MINOR),
            "build it with the twz-cc of this version");
    return LD_OK;
}

/* A file with a TWZ note, or any file where the layout is required, must be laid out right. */
static enum ld_error open_layout(struct ld_module *module, struct elf_reports *reports)
{
    if (!module->has_abi && !reports->options->require_layout)
        return LD_OK;
    reports->error = LD_ELAYOUT;
    if (twz_elf_plan_make(&module->plan, &module->elf,
                          module->has_dynamic ? &module->dynamic : NULL, EM_NONE,
                          &reports->diag) != TWZ_ELF_OK)
        return reports->stopped ? reports->stopped : LD_ELAYOUT;
    module->laid_out = true;
    reports->error = LD_EELF;
    if (!check_contents(module, &reports->diag))
        return reports->stopped ? reports->stopped : LD_EELF;
    return LD_OK;
}

static enum ld_error open_parts(struct ld_module *module, struct elf_reports *reports)
{
    const struct ld_memory *memory = &reports->options->memory;
    if (twz_elf_file_open(&module->elf, &module->bytes, TWZ_ELF_VIEW_FILE, &reports->diag) !=
        TWZ_ELF_OK)
        return reports->stopped ? reports->stopped : LD_EELF;
    enum twz_elf_error problem =
        twz_elf_dynamic_open(&module->dynamic, &module->elf, &reports->diag);
    if (problem != TWZ_ELF_OK && problem != TWZ_ELF_DYNAMIC_NONE)
        return reports->stopped ? reports->stopped : LD_EELF;
    module->has_dynamic = problem == TWZ_ELF_OK;
    if (twz_elf_has(&module->elf.interp) && module->elf.interp.filesz)
        module->interpreter =
            twz_elf_direct(&module->bytes, module->elf.interp.offset, module->elf.interp.filesz);
    enum ld_error error = open_abi(module, reports);
    if (!error)
        error = open_layout(module, reports);
    if (!error && module->has_dynamic) {
        module->soname = string_at(module, module->dynamic.soname);
        module->soname_hash = module->soname ? twz_elf_name_of(module->soname).gnu : 0;
        module->runpath = string_at(module, module->dynamic.runpath);
        module->rpath = module->runpath ? NULL : string_at(module, module->dynamic.rpath);
        error = read_needed(memory, module);
        if (!error)
            error = read_filtees(memory, module);
    }
    if (!error && module->has_dynamic)
        error = read_versions(memory, module);
    if (!error && module->has_dynamic)
        error = keep_records(memory, module);
    if (!error && module->has_abi)
        error = read_imports(memory, module, reports);
    return error;
}

/* What is wrong with a gate is told when gates are collected. */
static uint8_t demand_of(const struct ld_module *module)
{
    struct twz_elf_gate_cursor cursor = {0};
    struct twz_elf_gate gate;
    uint32_t demand = module->has_abi ? module->abi.min_isolation : 0;
    while (module->has_abi &&
           twz_elf_gate_next(&module->elf, &module->abi, &cursor, &gate, NULL) == TWZ_ELF_OK)
        demand |= gate.record.isolation;
    return (uint8_t)demand;
}

enum ld_error ld_module_open(const struct ld_options *options, const struct ld_file *file,
                             struct ld_module **module)
{
    struct elf_reports reports = {
        .diag = {.report = on_problem}, .options = options, .path = file->path, .error = LD_EELF};
    struct ld_module *opened = ld_zeroed(&options->memory, 1, sizeof *opened);
    *module = NULL;
    if (!opened)
        return LD_ENOMEM;
    opened->file = *file;
    twz_elf_bytes_memory(&opened->bytes, file->bytes, file->size);
    enum ld_error error = open_parts(opened, &reports);
    if (error)
        return error;
    opened->name =
        opened->soname && *opened->soname ? opened->soname : ld_base_name(opened->file.path);
    opened->demand = demand_of(opened);
    *module = opened;
    return LD_OK;
}

static void classify(const struct twz_elf_rule *rule, int64_t addend,
                     struct ld_reference *reference)
{
    const uint16_t tls =
        TWZ_ELF_RULE_DTPMOD | TWZ_ELF_RULE_DTPOFF | TWZ_ELF_RULE_TPOFF | TWZ_ELF_RULE_TLSDESC;
    if (rule->flags & TWZ_ELF_RULE_COPY) {
        reference->class = LD_CLASS_COPY;
        reference->uses = LD_USE_COPY;
    } else if (rule->flags & tls) {
        reference->class = LD_CLASS_CALL;
        reference->uses = LD_USE_TLS;
    } else {
        bool address = rule->flags & TWZ_ELF_RULE_SLOT ||
                       (rule->flags & TWZ_ELF_RULE_S && !(rule->flags & TWZ_ELF_RULE_P) &&
                        rule->width == 8 && !addend);
        reference->class = rule->flags & TWZ_ELF_RULE_SLOT ? LD_CLASS_CALL : LD_CLASS_DATA;
        reference->uses = address ? LD_USE_ADDRESS : LD_USE_OFFSET;
    }
}

static enum ld_error add_reference(const struct ld_memory *memory, struct ld_module *module,
                                   uint32_t *capacity, const struct ld_reference *reference)
{
    uint32_t **of = &module->reference_of[reference->class];
    if (!*of && !(*of = ld_zeroed(memory, module->dynamic.symbol_count, sizeof **of)))
        return LD_ENOMEM;
    uint32_t known = (*of)[reference->symbol];
    if (known) {
        module->references[known - 1].uses |= reference->uses;
        return LD_OK;
    }
    struct ld_reference *references =
        ld_grow(memory, module->references, module->reference_count, capacity, sizeof *references);
    if (!references)
        return LD_ENOMEM;
    module->references = references;
    references[module->reference_count++] = *reference;
    (*of)[reference->symbol] = module->reference_count;
    return LD_OK;
}

/* How many entries at the front of DT_RELA are RELATIVE, as DT_RELACOUNT has it: most of most files
 * of the system, whose own linker takes this number for granted as well. */
static uint64_t without_symbols(const struct ld_module *module)
{
    const struct twz_elf_dynamic *dynamic = &module->dynamic;
    uint64_t count = dynamic->rela.size / sizeof(Elf64_Rela);
    return module->laid_out ? 0 : dynamic->relacount < count ? dynamic->relacount : count;
}

uint32_t ld_module_references_max(const struct ld_module *module)
{
    const struct twz_elf_dynamic *dynamic = &module->dynamic;
    if (!module->has_dynamic)
        return 0;
    uint64_t skipped = dynamic->rel.size ? 0 : without_symbols(module);
    uint64_t entries = dynamic->rela.size / sizeof(Elf64_Rela) - skipped +
                       (dynamic->rel.size + dynamic->jmprel.size) / sizeof(Elf64_Rel);
    return entries < dynamic->symbol_count ? (uint32_t)entries : dynamic->symbol_count;
}

/* Room for the references, as many as there can be: most symbols have one. */
static bool make_room(const struct ld_memory *memory, struct ld_module *module, uint32_t *capacity)
{
    *capacity = ld_module_references_max(module);
    if (!*capacity)
        *capacity = 1;
    module->references =
        memory->allocate(memory->context, *capacity * sizeof *module->references, 16);
    return module->references != NULL;
}

enum ld_error ld_module_references(const struct ld_options *options, struct ld_module *module)
{
    struct elf_reports reports = {.diag = {.report = on_problem},
                                  .options = options,
                                  .path = module->file.path,
                                  .error = LD_EELF};
    if (!module->has_dynamic || module->references)
        return LD_OK;
    struct twz_elf_reloc_cursor cursor = {0};
    if (!module->dynamic.rela.size && !module->dynamic.rel.size && !module->dynamic.jmprel.size)
        return LD_OK;
    cursor.table = TWZ_ELF_TABLE_REL; /* RELR has no symbols */
    if (!module->dynamic.rel.size) {
        cursor.table = TWZ_ELF_TABLE_RELA;
        cursor.index = without_symbols(module);
    }
    uint32_t capacity;
    if (!make_room(&options->memory, module, &capacity))
        return LD_ENOMEM;
    struct twz_elf_reloc reloc;
    enum twz_elf_error problem;
    while ((problem = twz_elf_reloc_next(&module->dynamic, &cursor, &reloc)) == TWZ_ELF_OK) {
        if (!reloc.symbol)
            continue;
        const struct twz_elf_rule *rule = twz_elf_rule(module->elf.arch, reloc.type);
        if (!rule || reloc.symbol >= module->dynamic.symbol_count)
            return refuse(&reports, LD_ERELOC,
                          ld_sentence(&options->memory,
                                      !rule ? "%s: relocation %u of table %u has the unknown "
                                              "type %u"
                                            : "%s: relocation %u of table %u has no symbol",
                                      module->file.path, (uint32_t)reloc.index,
                                      (uint32_t)reloc.table, reloc.type),
                          "the file is damaged; rebuild");
        if (rule->flags & TWZ_ELF_RULE_NONE)
            continue;
        struct ld_reference reference = {.symbol = reloc.symbol};
        classify(rule, reloc.addend, &reference);
        enum ld_error error = add_reference(&options->memory, module, &capacity, &reference);
        if (error)
            return error;
    }
    if (problem != TWZ_ELF_END)
        return refuse(
            &reports, LD_ERELOC,
            ld_sentence(&options->memory, "%s: the relocations cannot be read", module->file.path),
            "the file is damaged; rebuild");
    return LD_OK;
}

const char *ld_module_symbol_name(const struct ld_module *module,
                                  const struct twz_elf_symbol *symbol)
{
    const char *name = twz_elf_symbol_name(&module->dynamic, symbol, NULL, 0);
    return name ? name : "";
}

const struct ld_version *ld_module_symbol_version(const struct ld_module *module, uint32_t symbol,
                                                  bool *hidden)
{
    uint16_t index;
    if (!module->version_count || twz_elf_versym(&module->dynamic, symbol, &index) != TWZ_ELF_OK)
        return NULL;
    if (hidden)
        *hidden = (index & 0x8000u) != 0;
    index &= 0x7fffu;
    return index < module->version_count && module->versions[index].name ? &module->versions[index]
                                                                         : NULL;
}

bool ld_module_defines_version(const struct ld_module *module, const char *name)
{
    for (uint32_t i = 0; i < module->version_count; i++)
        if (module->versions[i].name && !module->versions[i].file &&
            ld_equal(module->versions[i].name, name))
            return true;
    return false;
}

const char *ld_module_import(const struct ld_module *module, const char *name)
{
    for (uint32_t i = 0; i < module->import_count; i++)
        if (ld_equal(module->imports[i].name, name))
            return module->imports[i].signature;
    return NULL;
}
