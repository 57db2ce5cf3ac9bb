/* SPDX-License-Identifier: BSD-2-Clause */
/* Which section a finding is about: places of the ELF reader in the words of compilers and linkers.
 * Sections may be missing or wrong, and then so is the name; nothing else depends on it. */
#include "tool.h"

#include <gelf.h>
#include <string.h>
#include <twzelf/load.h>

/* Where a section stands, for those that are tables of one kind. */
static uint32_t type_at(enum twz_elf_place place)
{
    switch (place) {
    case TWZ_ELF_AT_DYNAMIC:
        return SHT_DYNAMIC;
    case TWZ_ELF_AT_SYMBOL:
        return SHT_DYNSYM;
    case TWZ_ELF_AT_HASH:
        return SHT_HASH;
    case TWZ_ELF_AT_GNU_HASH:
        return SHT_GNU_HASH;
    case TWZ_ELF_AT_VERDEF:
        return SHT_GNU_verdef;
    case TWZ_ELF_AT_VERNEED:
        return SHT_GNU_verneed;
    case TWZ_ELF_AT_VERSYM:
        return SHT_GNU_versym;
    case TWZ_ELF_AT_NOTE:
        return SHT_NOTE;
    case TWZ_ELF_AT_RELR:
        return 19; /* SHT_RELR, which is not in every <elf.h> */
    default:
        return SHT_NULL;
    }
}

static const char *name_at(enum twz_elf_place place)
{
    return place == TWZ_ELF_AT_GATE     ? ".twz.gates"
           : place == TWZ_ELF_AT_IMPORT ? ".twz.imports"
                                        : NULL;
}

/* What a relocation changes, which says more than where it stands. */
static uint64_t relocated(const struct elf_findings *findings,
                          const struct twz_elf_problem *problem)
{
    const struct twz_elf_dynamic *d = &findings->module->dynamic;
    const struct twz_elf_table *table = problem->place == TWZ_ELF_AT_RELA  ? &d->rela
                                        : problem->place == TWZ_ELF_AT_REL ? &d->rel
                                                                           : &d->jmprel;
    const uint64_t entry = problem->place == TWZ_ELF_AT_REL ||
                                   (problem->place == TWZ_ELF_AT_JMPREL && !d->jmprel_is_rela)
                               ? sizeof(Elf64_Rel)
                               : sizeof(Elf64_Rela);
    uint64_t target = 0;

    if (table->size / entry > problem->at && table->position <= findings->size &&
        table->size <= findings->size - table->position)
        memcpy(&target, findings->bytes + table->position + problem->at * entry, sizeof(target));
    return target;
}

/* The run of memory, or else of the file, that the finding is about. */
static struct twz_elf_span span_of(const struct elf_findings *findings,
                                   const struct twz_elf_problem *problem)
{
    struct twz_elf_span span = {.vaddr = 0, .size = 0};
    GElf_Phdr phdr;

    switch (problem->place) {
    case TWZ_ELF_AT_VADDR:
    case TWZ_ELF_AT_OFFSET:
        span = (struct twz_elf_span){problem->at, 1};
        break;
    case TWZ_ELF_AT_PHDR:
        if (problem->at < INT32_MAX && gelf_getphdr(findings->elf, (int)problem->at, &phdr))
            span = (struct twz_elf_span){phdr.p_vaddr, phdr.p_memsz};
        break;
    case TWZ_ELF_AT_RELA:
    case TWZ_ELF_AT_REL:
    case TWZ_ELF_AT_JMPREL:
        span = (struct twz_elf_span){relocated(findings, problem), 1};
        break;
    default:
        break;
    }
    return span;
}

/* Whether a section begins in the span or the span in it; empty ones mark places and are skipped.
 */
static bool touches(const GElf_Shdr *shdr, uint64_t start, const struct twz_elf_span *span)
{
    return shdr->sh_size > 0 && span->size > 0 &&
           (start >= span->vaddr ? start - span->vaddr < span->size
                                 : span->vaddr - start < shdr->sh_size);
}

static bool fits(const GElf_Shdr *shdr, const char *name, const struct twz_elf_problem *problem,
                 const struct twz_elf_span *span, uint64_t *left)
{
    const uint32_t type = type_at(problem->place);
    const char *wanted = name_at(problem->place);

    if (wanted)
        return name && strcmp(name, wanted) == 0;
    if (type == SHT_NOTE && shdr->sh_type == SHT_NOTE)
        return (*left)-- == 0; /* one note each, as linkers make them */
    if (type != SHT_NULL)
        return shdr->sh_type == type;
    if (problem->place == TWZ_ELF_AT_OFFSET)
        return shdr->sh_type != SHT_NOBITS && touches(shdr, shdr->sh_offset, span);
    return (shdr->sh_flags & SHF_ALLOC) &&
           !((shdr->sh_flags & SHF_TLS) && shdr->sh_type == SHT_NOBITS) &&
           touches(shdr, shdr->sh_addr, span);
}

/* Looking through all sections for each of a million findings would take hours. */
#define NAMED_MAX 1000

const char *section_of(struct elf_findings *findings, const struct twz_elf_problem *problem)
{
    uint64_t left = problem->at;
    struct twz_elf_span span;
    Elf_Scn *section = NULL;
    GElf_Shdr shdr;
    size_t names;

    if (findings->count > NAMED_MAX)
        return NULL;
    if (!findings->elf && elf_version(EV_CURRENT) != EV_NONE)
        findings->elf = elf_memory((char *)(uintptr_t)findings->bytes, findings->size);
    if (!findings->elf || elf_getshdrstrndx(findings->elf, &names) != 0)
        return NULL;
    span = span_of(findings, problem);
    while ((section = elf_nextscn(findings->elf, section)) && gelf_getshdr(section, &shdr)) {
        const char *name = elf_strptr(findings->elf, names, shdr.sh_name);

        if (fits(&shdr, name, problem, &span, &left))
            return name && *name ? name : NULL;
    }
    return NULL;
}
