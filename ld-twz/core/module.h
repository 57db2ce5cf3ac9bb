/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One ELF file as the linker sees it: opened through libtwzelf, its names, versions, gates and
 * references decoded once, however many compartments hold an instance of it.
 */
#ifndef LD_MODULE_H
#define LD_MODULE_H

#include <ld/program.h>
#include <ld/resolve.h>
#include <twzelf/load.h>

/* A version index of the file: what DT_VERSYM's numbers stand for. */
struct ld_version {
    const char *name; /* NULL: none, or the base version */
    const char *file; /* needed from this library; NULL: defined here */
    uint32_t hash;
    bool hidden;
    bool weak;
};

/* How the relocations of the file use one symbol. */
enum ld_use {
    LD_USE_ADDRESS = 1u << 0, /* a slot that holds just the address: a gate may stand there */
    LD_USE_OFFSET = 1u << 1,  /* address plus something, or relative to something */
    LD_USE_TLS = 1u << 2,
    LD_USE_COPY = 1u << 3
};

struct ld_reference {
    uint32_t symbol;
    uint8_t class; /* enum ld_reference_class */
    uint8_t uses;  /* enum ld_use */
};

struct ld_import {
    const char *name;
    const char *signature;
};

/* A library that is searched right before the module: DT_FILTER, DT_AUXILIARY. */
struct ld_filtee {
    const char *name;
    bool optional; /* DT_AUXILIARY: may be missing */
};

struct ld_module {
    const struct ld_late *late; /* the load at run time that opened it, or NULL */
    struct ld_file file;
    struct twz_elf_bytes bytes;
    struct twz_elf_file elf;
    struct twz_elf_dynamic dynamic;
    struct twz_elf_abi abi;
    struct twz_elf_plan plan; /* valid when laid_out */
    bool has_dynamic;
    bool has_abi;
    bool laid_out;
    uint8_t demand;   /* enum twz_isolation: of the library and all of its gates */
    const char *name; /* DT_SONAME or the last part of the path */
    const char *soname;
    uint32_t soname_hash; /* GNU hash */
    const char *runpath;
    const char *rpath;
    const char *interpreter;
    const char **needed;
    uint32_t needed_count;
    struct ld_filtee *filtees;
    uint32_t filtee_count;
    struct ld_version *versions; /* by index */
    uint32_t version_count;
    struct ld_import *imports;
    uint32_t import_count;
    struct ld_reference *references; /* in the order of relocations */
    uint32_t reference_count;
    uint32_t *reference_of[3]; /* by class and symbol: index in references + 1, or 0 */
};

/* Opens `file`. Reports what is wrong with it, naming `file->path`. */
enum ld_error ld_module_open(const struct ld_options *options, const struct ld_file *file,
                             struct ld_module **module) __attribute__((warn_unused_result));

/* Fills `references` on first use. */
enum ld_error ld_module_references(const struct ld_options *options, struct ld_module *module)
    __attribute__((warn_unused_result));

/* How many references there are at most, without reading them. */
uint32_t ld_module_references_max(const struct ld_module *module);

/* Dynamic symbol `index`; false when there is none. The whole file is in memory. */
static inline bool ld_module_symbol(const struct ld_module *module, uint32_t index,
                                    struct twz_elf_symbol *symbol)
{
    if (index >= module->dynamic.symbol_count)
        return false;
    symbol->index = index;
    __builtin_memcpy(&symbol->sym,
                     (const unsigned char *)module->dynamic.symtab.direct +
                         (size_t)index * sizeof symbol->sym,
                     sizeof symbol->sym);
    return true;
}
/* Its name; "" when it has none. */
const char *ld_module_symbol_name(const struct ld_module *module,
                                  const struct twz_elf_symbol *symbol);
/* The version of a symbol, or NULL. *hidden: not the default. */
const struct ld_version *ld_module_symbol_version(const struct ld_module *module, uint32_t symbol,
                                                  bool *hidden);
/* Whether the module defines version `name`. */
bool ld_module_defines_version(const struct ld_module *module, const char *name);
/* The signature that the module's import records state for `name`; NULL: none. */
const char *ld_module_import(const struct ld_module *module, const char *name);

/* Says that dynamic symbol `index` will be read soon, and then, a little later, its name. */
static inline void ld_module_expect(const struct ld_module *module, uint32_t index)
{
    __builtin_prefetch((const Elf64_Sym *)module->dynamic.symtab.direct + index);
    if (module->dynamic.versym.direct)
        __builtin_prefetch((const uint16_t *)module->dynamic.versym.direct + index);
}

static inline void ld_module_expect_name(const struct ld_module *module, uint32_t index)
{
    struct twz_elf_symbol symbol;
    if (ld_module_symbol(module, index, &symbol) &&
        symbol.sym.st_name < module->dynamic.strtab.size)
        __builtin_prefetch((const char *)module->dynamic.strtab.direct + symbol.sym.st_name);
}

/* Whether references to the symbol never leave the module. */
static inline bool ld_symbol_is_own(const struct twz_elf_symbol *symbol)
{
    unsigned visibility = twz_elf_symbol_visibility(symbol);
    return twz_elf_symbol_binding(symbol) == STB_LOCAL || visibility == STV_HIDDEN ||
           visibility == STV_INTERNAL;
}

#endif
