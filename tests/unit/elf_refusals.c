/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Every refusal of libtwzelf: one damaged field of a good file, the exact error, and its place.
 * Each row runs on a source in memory and on one behind a callback.
 */
#include "test.h"

#include "elf_builder.h"

#include <stdio.h>

struct damage {
    const char *title;
    size_t offset; /* of the field */
    unsigned width;
    uint64_t value;
    enum twz_elf_error error;
    enum twz_elf_place place;
    uint64_t at;
    size_t offset2; /* another field, when width2 is not 0 */
    unsigned width2;
    uint64_t value2;
};

#define EHDR(field)    F_EHDR(field), sizeof(((Elf64_Ehdr *)0)->field)
#define IDENT(i)       (i), 1
#define PHDR(i, field) F_PHDR(i, field), sizeof(((Elf64_Phdr *)0)->field)
#define DYN(i)         F_DYN(i), 8
#define TAG(i)         F_DYN_TAG(i), 8
#define SYM(i, field)  F_SYM(i, field), sizeof(((Elf64_Sym *)0)->field)
#define RELA(i, field) F_RELA(i, field), 8
#define JMPREL(field)  F_JMPREL(field), 8
#define DEF(i, field)  F_VERDEF(i, field), sizeof(((Elf64_Verdef *)0)->field)
#define NEED(field)    F_VERNEED(field), sizeof(((Elf64_Verneed *)0)->field)
#define NAUX(field)    F_VERNAUX(field), sizeof(((Elf64_Vernaux *)0)->field)
#define ABI(field)     F_ABI(field), 4
#define GATE(field)    F_GATE(field), sizeof(((struct twz_elf_gate_record *)0)->field)
#define PARAM(i, f)    F_PARAM(i, f), sizeof(((struct twz_elf_gate_param *)0)->f)
#define IMPORT(field)  F_IMPORT(field), sizeof(((struct twz_elf_import_record *)0)->field)

#define E(error_, place_, at_) .error = TWZ_ELF_##error_, .place = TWZ_ELF_AT_##place_, .at = (at_)
#define TYPE(type, symbol)     (((uint64_t)(symbol) << 32) | (type))

static const struct damage rows[] = {
    /* ELF header */
    {"another magic number", IDENT(0), 0x7e, E(EHDR_MAGIC, OFFSET, 0)},
    {"a 32-bit file", IDENT(4), ELFCLASS32, E(EHDR_CLASS, OFFSET, 4)},
    {"class 0", IDENT(4), 0, E(EHDR_CLASS, OFFSET, 4)},
    {"big endian", IDENT(5), ELFDATA2MSB, E(EHDR_DATA, OFFSET, 5)},
    {"ident version 0", IDENT(6), 0, E(EHDR_VERSION, OFFSET, 6)},
    {"OS ABI of FreeBSD", IDENT(7), ELFOSABI_FREEBSD, E(EHDR_OSABI, OFFSET, 7)},
    {"version 2", EHDR(e_version), 2, E(EHDR_VERSION, OFFSET, 20)},
    {"an object file", EHDR(e_type), ET_REL, E(EHDR_TYPE, OFFSET, 16)},
    {"a core file", EHDR(e_type), ET_CORE, E(EHDR_TYPE, OFFSET, 16)},
    {"type 0", EHDR(e_type), 0, E(EHDR_TYPE, OFFSET, 16)},
    {"machine i386", EHDR(e_machine), EM_386, E(EHDR_MACHINE, OFFSET, 18)},
    {"machine riscv", EHDR(e_machine), EM_RISCV, E(EHDR_MACHINE, OFFSET, 18)},
    {"header size 0", EHDR(e_ehsize), 0, E(EHDR_EHSIZE, OFFSET, 52)},
    {"header size 65", EHDR(e_ehsize), 65, E(EHDR_EHSIZE, OFFSET, 52)},
    {"program header size 0", EHDR(e_phentsize), 0, E(EHDR_PHENTSIZE, OFFSET, 54)},
    {"program header size 32", EHDR(e_phentsize), 32, E(EHDR_PHENTSIZE, OFFSET, 54)},
    {"no program headers", EHDR(e_phnum), 0, E(EHDR_PHNUM, OFFSET, 56)},
    {"PN_XNUM without sections", EHDR(e_phnum), PN_XNUM, E(EHDR_XNUM, OFFSET, 56)},
    {"PN_XNUM with a small number", EHDR(e_phnum), PN_XNUM, E(EHDR_XNUM, OFFSET, 56),
     EHDR(e_shentsize), 64},
    {"too many program headers", EHDR(e_phnum), 0xfffe, E(EHDR_PHDRS, OFFSET, 32)},
    {"program headers past the end", EHDR(e_phoff), FILE_SIZE - 8, E(EHDR_PHDRS, OFFSET, 32)},
    {"program headers at the end of time", EHDR(e_phoff), UINT64_MAX - 8,
     E(EHDR_PHDRS, OFFSET, 32)},
    {"entry in data", EHDR(e_entry), DATA_VADDR(O_WORDS), E(EHDR_ENTRY, OFFSET, 24)},
    {"entry in read-only data", EHDR(e_entry), 0x1000, E(EHDR_ENTRY, OFFSET, 24)},
    {"entry nowhere", EHDR(e_entry), 0x800000, E(EHDR_ENTRY, OFFSET, 24)},
    {"entry one past the code", EHDR(e_entry), 0x3000, E(EHDR_ENTRY, OFFSET, 24)},

    /* program headers */
    {"file range past the end", PHDR(P_DATA, p_filesz), 0x1201, E(SEGMENT_FILE, PHDR, P_DATA)},
    {"file offset past the end", PHDR(P_DATA, p_offset), 0x10000, E(SEGMENT_FILE, PHDR, P_DATA)},
    {"file offset overflows", PHDR(P_DATA, p_offset), UINT64_MAX - 0xfff,
     E(SEGMENT_FILE, PHDR, P_DATA)},
    {"file size overflows", PHDR(P_TEXT, p_filesz), UINT64_MAX, E(SEGMENT_FILE, PHDR, P_TEXT)},
    {"memory range overflows", PHDR(P_DATA, p_memsz), UINT64_MAX, E(SEGMENT_MEMORY, PHDR, P_DATA)},
    {"address overflows", PHDR(P_DATA, p_vaddr), UINT64_MAX - 0xfff,
     E(SEGMENT_MEMORY, PHDR, P_DATA)},
    {"file size above memory size", PHDR(P_DATA, p_memsz), 0x10ff, E(SEGMENT_SIZE, PHDR, P_DATA)},
    {"alignment 3", PHDR(P_DATA, p_align), 3, E(SEGMENT_ALIGN, PHDR, P_DATA)},
    {"alignment of all ones", PHDR(P_CODE, p_align), UINT64_MAX, E(SEGMENT_ALIGN, PHDR, P_CODE)},
    {"address and offset disagree", PHDR(P_DATA, p_vaddr), 0x40001008,
     E(SEGMENT_CONGRUENCE, PHDR, P_DATA)},
    {"huge alignment disagrees", PHDR(P_CODE, p_align), UINT64_C(1) << 63,
     E(SEGMENT_CONGRUENCE, PHDR, P_CODE)},
    {"segments descend", PHDR(P_CODE, p_vaddr), 0, E(SEGMENT_ORDER, PHDR, P_CODE)},
    {"segments overlap", PHDR(P_TEXT, p_filesz), 0x1001, E(SEGMENT_OVERLAP, PHDR, P_CODE),
     PHDR(P_TEXT, p_memsz), 0x1001},
    {"the same segment twice", PHDR(P_CODE, p_vaddr), 0x1000, E(SEGMENT_OVERLAP, PHDR, P_CODE)},
    {"two dynamic sections", PHDR(P_TLS, p_type), PT_DYNAMIC, E(SEGMENT_TWICE, PHDR, P_TLS)},
    {"two TLS segments", PHDR(P_RELRO, p_type), PT_TLS, E(SEGMENT_TWICE, PHDR, P_RELRO)},
    {"two RELRO ranges", PHDR(P_STACK, p_type), PT_GNU_RELRO, E(SEGMENT_TWICE, PHDR, P_STACK)},
    {"two stack headers", PHDR(P_INTERP, p_type), PT_GNU_STACK, E(SEGMENT_TWICE, PHDR, P_INTERP)},
    {"two interpreters", PHDR(P_STACK, p_type), PT_INTERP, E(SEGMENT_TWICE, PHDR, P_INTERP)},
    {"dynamic section outside", PHDR(P_DYNAMIC, p_vaddr), 0x10000000,
     E(SEGMENT_OUTSIDE, PHDR, P_DYNAMIC)},
    {"dynamic section in bss", PHDR(P_DYNAMIC, p_vaddr), 0x40004000,
     E(SEGMENT_OUTSIDE, PHDR, P_DYNAMIC)},
    {"dynamic section overflows", PHDR(P_DYNAMIC, p_memsz), UINT64_MAX,
     E(SEGMENT_MEMORY, PHDR, P_DYNAMIC)},
    {"dynamic section past the file", PHDR(P_DYNAMIC, p_filesz), 0x100000,
     E(SEGMENT_FILE, PHDR, P_DYNAMIC)},
    {"dynamic offset disagrees", PHDR(P_DYNAMIC, p_offset), 0x2010,
     E(SEGMENT_OFFSET, PHDR, P_DYNAMIC)},
    {"TLS outside", PHDR(P_TLS, p_vaddr), 0x50000000, E(SEGMENT_OUTSIDE, PHDR, P_TLS)},
    {"TLS offset disagrees", PHDR(P_TLS, p_offset), 0x1000, E(SEGMENT_OFFSET, PHDR, P_TLS)},
    {"TLS too large", PHDR(P_TLS, p_memsz), UINT64_C(1) << 32, E(TLS_SIZE, PHDR, P_TLS)},
    {"TLS aligned too much", PHDR(P_TLS, p_align), UINT64_C(1) << 32, E(TLS_SIZE, PHDR, P_TLS)},
    {"TLS alignment 6", PHDR(P_TLS, p_align), 6, E(SEGMENT_ALIGN, PHDR, P_TLS)},
    {"TLS image above its memory", PHDR(P_TLS, p_memsz), 8, E(SEGMENT_SIZE, PHDR, P_TLS)},
    {"RELRO outside", PHDR(P_RELRO, p_vaddr), 0x60000000, E(SEGMENT_OUTSIDE, PHDR, P_RELRO)},
    {"RELRO past the segment", PHDR(P_RELRO, p_memsz), 0x6000, E(SEGMENT_OUTSIDE, PHDR, P_RELRO)},
    {"unwind table outside", PHDR(P_EH_FRAME, p_vaddr), 0x9000,
     E(SEGMENT_OUTSIDE, PHDR, P_EH_FRAME)},
    {"unwind table past the file", PHDR(P_EH_FRAME, p_offset), 0x10000,
     E(SEGMENT_FILE, PHDR, P_EH_FRAME)},
    {"interpreter without NUL", O_TEXTS + 0x84, 1, 'x', E(INTERP_TEXT, PHDR, P_INTERP)},
    {"empty interpreter", O_TEXTS + 0x80, 1, 0, E(INTERP_TEXT, PHDR, P_INTERP)},
    {"interpreter outside", PHDR(P_INTERP, p_vaddr), 0x9000, E(SEGMENT_OUTSIDE, PHDR, P_INTERP)},

    /* layout */
    {"text is writable", PHDR(P_TEXT, p_flags), PF_R | PF_W, E(LAYOUT_FIRST, PHDR, P_TEXT)},
    {"code is writable", PHDR(P_CODE, p_flags), PF_R | PF_W | PF_X, E(LAYOUT_WX, PHDR, P_CODE)},
    {"data is executable", PHDR(P_DATA, p_flags), PF_R | PF_W | PF_X, E(LAYOUT_WX, PHDR, P_DATA)},
    {"code is unreadable", PHDR(P_CODE, p_flags), PF_X, E(LAYOUT_RIGHTS, PHDR, P_CODE)},
    {"data is unreadable", PHDR(P_DATA, p_flags), PF_W, E(LAYOUT_RIGHTS, PHDR, P_DATA)},
    {"code with zero-filled memory", PHDR(P_CODE, p_memsz), 0x2000,
     E(LAYOUT_TEXT_BSS, PHDR, P_CODE)},
    {"code past the slot", PHDR(P_CODE, p_memsz), 0x3fffd001, E(LAYOUT_TEXT_END, PHDR, P_CODE)},
    {"data past its slot", PHDR(P_DATA, p_memsz), 0x3fffe001, E(LAYOUT_DATA_END, PHDR, P_DATA)},
    {"RELRO ends inside a page", PHDR(P_RELRO, p_memsz), 0x1001, E(LAYOUT_RELRO, PHDR, P_RELRO)},
    {"RELRO starts inside a page", PHDR(P_RELRO, p_vaddr), 0x40001100,
     E(LAYOUT_RELRO, PHDR, P_RELRO)},
    {"RELRO in text", PHDR(P_RELRO, p_vaddr), 0x2000, E(LAYOUT_RELRO, PHDR, P_RELRO),
     PHDR(P_RELRO, p_offset), 0x1000},
    {"executable stack", PHDR(P_STACK, p_flags), 7, E(LAYOUT_STACK, FILE, 0)},
    {"no stack header", PHDR(P_STACK, p_type), PT_NULL, E(LAYOUT_STACK, FILE, 0)},
    {"an executable without entry", EHDR(e_type), ET_EXEC, E(LAYOUT_ENTRY, OFFSET, 24),
     EHDR(e_entry), 0},
    {"a PIE without entry", DYN(D_FLAGS_1), DF_1_PIE | DF_1_NOW, E(LAYOUT_ENTRY, OFFSET, 24),
     EHDR(e_entry), 0},
    {"text relocations", DYN(D_FLAGS), DF_TEXTREL | DF_BIND_NOW,
     E(LAYOUT_TEXTREL, PHDR, P_DYNAMIC)},
    {"text relocations by tag", TAG(D_RUNPATH), DT_TEXTREL, E(LAYOUT_TEXTREL, PHDR, P_DYNAMIC)},
    {"lazy binding", DYN(D_FLAGS), 0, E(LAYOUT_LAZY, PHDR, P_DYNAMIC), DYN(D_FLAGS_1), 0},
    {"string table in data", DYN(D_STRTAB), DATA_VADDR(O_WORDS + 0x800),
     E(LAYOUT_TABLE, VADDR, DATA_VADDR(O_WORDS + 0x800))},
    {"relocations in data", DYN(D_RELA), DATA_VADDR(O_WORDS + 0x800),
     E(LAYOUT_TABLE, VADDR, DATA_VADDR(O_WORDS + 0x800))},

    /* dynamic section */
    {"size no multiple of 16", PHDR(P_DYNAMIC, p_filesz), D_COUNT * 16 - 1,
     E(DYNAMIC_SIZE, PHDR, P_DYNAMIC)},
    {"misaligned", PHDR(P_DYNAMIC, p_vaddr), DATA_VADDR(O_DATA + 4),
     E(DYNAMIC_TABLE_ALIGN, PHDR, P_DYNAMIC), PHDR(P_DYNAMIC, p_offset), O_DATA + 4},
    {"no DT_NULL", TAG(D_NULL), DT_DEBUG, E(DYNAMIC_END, PHDR, P_DYNAMIC)},
    {"a tag twice", TAG(D_RUNPATH), DT_SONAME, E(DYNAMIC_TWICE, DYNAMIC, D_RUNPATH)},
    {"DT_STRSZ missing", TAG(D_STRSZ), DT_DEBUG, E(DYNAMIC_MISSING, DYNAMIC, D_STRTAB)},
    {"DT_STRTAB missing", TAG(D_STRTAB), DT_DEBUG, E(DYNAMIC_MISSING, DYNAMIC, D_STRSZ)},
    {"DT_RELASZ missing", TAG(D_RELASZ), DT_DEBUG, E(DYNAMIC_MISSING, DYNAMIC, D_RELA)},
    {"DT_RELA missing", TAG(D_RELA), DT_DEBUG, E(DYNAMIC_MISSING, DYNAMIC, D_RELASZ)},
    {"DT_RELRSZ missing", TAG(D_RELRSZ), DT_DEBUG, E(DYNAMIC_MISSING, DYNAMIC, D_RELR)},
    {"DT_PLTREL missing", TAG(D_PLTREL), DT_DEBUG, E(DYNAMIC_MISSING, DYNAMIC, D_PLTRELSZ)},
    {"DT_JMPREL missing", TAG(D_JMPREL), DT_DEBUG, E(DYNAMIC_MISSING, DYNAMIC, D_PLTRELSZ)},
    {"DT_VERDEFNUM missing", TAG(D_VERDEFNUM), DT_DEBUG, E(DYNAMIC_MISSING, DYNAMIC, D_VERDEF)},
    {"DT_VERNEEDNUM missing", TAG(D_VERNEEDNUM), DT_DEBUG, E(DYNAMIC_MISSING, DYNAMIC, D_VERNEED)},
    {"DT_INIT_ARRAYSZ missing", TAG(D_INIT_ARRAYSZ), DT_DEBUG,
     E(DYNAMIC_MISSING, DYNAMIC, D_INIT_ARRAY)},
    {"DT_SYMTAB missing", TAG(D_SYMTAB), DT_DEBUG, E(DYNAMIC_MISSING, DYNAMIC, D_HASH)},
    {"symbol size", DYN(D_SYMENT), 16, E(DYNAMIC_ENTRY_SIZE, DYNAMIC, D_SYMENT)},
    {"RELA size", DYN(D_RELAENT), 16, E(DYNAMIC_ENTRY_SIZE, DYNAMIC, D_RELAENT)},
    {"RELR size", DYN(D_RELRENT), 4, E(DYNAMIC_ENTRY_SIZE, DYNAMIC, D_RELRENT)},
    {"RELA table size", DYN(D_RELASZ), 25, E(DYNAMIC_TABLE_SIZE, DYNAMIC, D_RELASZ)},
    {"RELR table size", DYN(D_RELRSZ), 12, E(DYNAMIC_TABLE_SIZE, DYNAMIC, D_RELRSZ)},
    {"JMPREL table size", DYN(D_PLTRELSZ), 16, E(DYNAMIC_TABLE_SIZE, DYNAMIC, D_PLTRELSZ)},
    {"init array size", DYN(D_INIT_ARRAYSZ), 9, E(DYNAMIC_TABLE_SIZE, DYNAMIC, D_INIT_ARRAYSZ)},
    {"string table outside", DYN(D_STRTAB), 0x9000, E(DYNAMIC_TABLE, DYNAMIC, D_STRTAB)},
    {"string table too large", DYN(D_STRSZ), 0x601, E(DYNAMIC_TABLE, DYNAMIC, D_STRTAB)},
    {"string table overflows", DYN(D_STRSZ), UINT64_MAX, E(DYNAMIC_TABLE, DYNAMIC, D_STRTAB)},
    {"RELA outside", DYN(D_RELA), 0x9000, E(DYNAMIC_TABLE, DYNAMIC, D_RELA)},
    {"RELA in bss", DYN(D_RELA), 0x40004000, E(DYNAMIC_TABLE, DYNAMIC, D_RELA)},
    {"RELA too large", DYN(D_RELASZ), 24 * 1000, E(DYNAMIC_TABLE, DYNAMIC, D_RELA)},
    {"RELA size overflows", DYN(D_RELASZ), UINT64_MAX / 24 * 24, E(DYNAMIC_TABLE, DYNAMIC, D_RELA)},
    {"RELR outside", DYN(D_RELR), 0x9000, E(DYNAMIC_TABLE, DYNAMIC, D_RELR)},
    {"JMPREL outside", DYN(D_JMPREL), 0x9000, E(DYNAMIC_TABLE, DYNAMIC, D_JMPREL)},
    {"init array outside", DYN(D_INIT_ARRAY), 0x9000, E(DYNAMIC_TABLE, DYNAMIC, D_INIT_ARRAY)},
    {"symbol table outside", DYN(D_SYMTAB), 0x9000, E(DYNAMIC_TABLE, DYNAMIC, D_SYMTAB)},
    {"symbol table crosses its end", DYN(D_SYMTAB), 0x1df8, E(DYNAMIC_TABLE, DYNAMIC, D_SYMTAB)},
    {"versions outside", DYN(D_VERSYM), 0x9000, E(DYNAMIC_TABLE, DYNAMIC, D_VERSYM)},
    {"version definitions outside", DYN(D_VERDEF), 0x9000, E(DYNAMIC_TABLE, DYNAMIC, D_VERDEF)},
    {"too many version definitions", DYN(D_VERDEFNUM), UINT64_MAX,
     E(DYNAMIC_TABLE, DYNAMIC, D_VERDEF)},
    {"version needs outside", DYN(D_VERNEED), 0x9000, E(DYNAMIC_TABLE, DYNAMIC, D_VERNEED)},
    {"hash table outside", DYN(D_HASH), 0x9000, E(DYNAMIC_TABLE, DYNAMIC, D_HASH)},
    {"GNU hash table outside", DYN(D_GNU_HASH), 0x9000, E(DYNAMIC_TABLE, DYNAMIC, D_GNU_HASH)},
    {"symbol table misaligned", DYN(D_SYMTAB), 0x1504, E(DYNAMIC_TABLE_ALIGN, DYNAMIC, D_SYMTAB)},
    {"RELA misaligned", DYN(D_RELA), 0x1901, E(DYNAMIC_TABLE_ALIGN, DYNAMIC, D_RELA)},
    {"hash table misaligned", DYN(D_HASH), 0x1682, E(DYNAMIC_TABLE_ALIGN, DYNAMIC, D_HASH)},
    {"GNU hash table misaligned", DYN(D_GNU_HASH), 0x1604,
     E(DYNAMIC_TABLE_ALIGN, DYNAMIC, D_GNU_HASH)},
    {"versions misaligned", DYN(D_VERSYM), 0x1701, E(DYNAMIC_TABLE_ALIGN, DYNAMIC, D_VERSYM)},
    {"version definitions misaligned", DYN(D_VERDEF), 0x1722,
     E(DYNAMIC_TABLE_ALIGN, DYNAMIC, D_VERDEF)},
    {"PLTREL 0", DYN(D_PLTREL), 0, E(DYNAMIC_PLTREL, DYNAMIC, D_PLTREL)},
    {"DT_INIT in data", DYN(D_INIT), DATA_VADDR(O_WORDS), E(DYNAMIC_FUNCTION, DYNAMIC, D_INIT)},
    {"DT_FINI nowhere", DYN(D_FINI), 0x7000, E(DYNAMIC_FUNCTION, DYNAMIC, D_FINI)},
    {"string table without NUL", DYN(D_STRSZ), 3, E(STRTAB_NUL, DYNAMIC, D_STRTAB)},
    {"soname past the strings", DYN(D_SONAME), 0x400, E(STRING_OFFSET, DYNAMIC, D_SONAME)},
    {"runpath past the strings", DYN(D_RUNPATH), UINT64_MAX, E(STRING_OFFSET, DYNAMIC, D_RUNPATH)},
    {"needed past the strings", DYN(D_NEEDED2), 0x400, E(STRING_OFFSET, DYNAMIC, D_NEEDED2)},
    {"needed by 2^32", DYN(D_NEEDED), UINT64_C(1) << 32, E(STRING_OFFSET, DYNAMIC, D_NEEDED)},

    /* hash tables and symbols */
    {"too many buckets", O_HASH, 4, 0x1000, E(HASH_SIZE, DYNAMIC, D_HASH)},
    {"all buckets", O_HASH, 4, UINT32_MAX, E(HASH_SIZE, DYNAMIC, D_HASH)},
    {"too many chains", O_HASH + 4, 4, UINT32_MAX, E(HASH_SIZE, DYNAMIC, D_HASH)},
    {"fewer chains than GNU symbols", O_HASH + 4, 4, 3, E(SYMBOL_INDEX, DYNAMIC, D_GNU_HASH)},
    {"bucket past the symbols", O_HASH + 8, 4, S_COUNT, E(HASH_INDEX, HASH, 0)},
    {"chain past the symbols", O_HASH + 12 + S_DELTA * 4, 4, 999, E(HASH_INDEX, HASH, 0)},
    {"chain that loops", O_HASH + 12 + S_DELTA * 4, 4, S_ALPHA, E(HASH_LOOP, HASH, 0)},
    {"chain to itself", O_HASH + 12 + S_ALPHA * 4, 4, S_ALPHA, E(HASH_LOOP, HASH, 0)},
    {"too many GNU buckets", O_GNU_HASH, 4, 0x1000, E(GNU_HASH_SIZE, DYNAMIC, D_GNU_HASH)},
    {"too many filter words", O_GNU_HASH + 8, 4, 0x80000000, E(GNU_HASH_SIZE, DYNAMIC, D_GNU_HASH)},
    {"no filter words", O_GNU_HASH + 8, 4, 0, E(GNU_HASH_BLOOM, DYNAMIC, D_GNU_HASH)},
    {"three filter words", O_GNU_HASH + 8, 4, 3, E(GNU_HASH_BLOOM, DYNAMIC, D_GNU_HASH)},
    {"filter shift 32", O_GNU_HASH + 12, 4, 32, E(GNU_HASH_BLOOM, DYNAMIC, D_GNU_HASH)},
    {"GNU bucket below the first symbol", O_GNU_HASH + 24, 4, S_MAYBE,
     E(GNU_HASH_BUCKET, GNU_HASH, 0)},
    {"GNU bucket far away", O_GNU_HASH + 24, 4, 0x10000000, E(GNU_HASH_CHAIN, DYNAMIC, D_GNU_HASH)},
    {"name past the strings", SYM(S_BETA, st_name), 0x400, E(SYMBOL_NAME, SYMBOL, S_BETA)},
    {"undefined name past the strings", SYM(S_GETENV, st_name), UINT32_MAX,
     E(SYMBOL_NAME, SYMBOL, S_GETENV)},
    {"value in no segment", SYM(S_ALPHA, st_value), 0x5000, E(SYMBOL_VALUE, SYMBOL, S_ALPHA)},
    {"value past the data", SYM(S_BETA, st_value), 0x40001000 + DATA_MEMSZ + 1,
     E(SYMBOL_VALUE, SYMBOL, S_BETA)},
    {"TLS value past the block", SYM(S_GAMMA, st_value), 0x19, E(SYMBOL_TLS, SYMBOL, S_GAMMA)},
    {"TLS size overflows", SYM(S_GAMMA, st_size), UINT64_MAX, E(SYMBOL_TLS, SYMBOL, S_GAMMA)},

    /* versions */
    {"definition revision 2", DEF(1, vd_version), 2, E(VERSION_REVISION, VERDEF, 1)},
    {"definition without name", DEF(0, vd_cnt), 0, E(VERSION_COUNT, VERDEF, 0)},
    {"definitions end early", DEF(0, vd_next), 0, E(VERSION_COUNT, VERDEF, 0)},
    {"definitions go on", DEF(1, vd_next), 28, E(VERSION_COUNT, VERDEF, 1)},
    {"definition misaligned", DEF(0, vd_next), 30, E(VERSION_RECORD, VERDEF, 1)},
    {"definition far away", DEF(0, vd_next), UINT32_MAX - 3, E(VERSION_RECORD, VERDEF, 1)},
    {"definition's name record far away", DEF(1, vd_aux), 0x10000, E(VERSION_RECORD, VERDEF, 1)},
    {"definition's name past the strings", F_VERDAUX(1, vda_name), 4, 0x400,
     E(VERSION_NAME, VERDEF, 1)},
    {"definition's hash", DEF(1, vd_hash), 1, E(VERSION_HASH, VERDEF, 1)},
    {"need revision 0", NEED(vn_version), 0, E(VERSION_REVISION, VERNEED, 0)},
    {"needs go on", NEED(vn_next), 32, E(VERSION_COUNT, VERNEED, 0)},
    {"need's record far away", NEED(vn_aux), 0x10000, E(VERSION_RECORD, VERNEED, 0)},
    {"need's file past the strings", NEED(vn_file), 0x400, E(VERSION_NAME, VERNEED, 0)},
    {"need's versions end early", NEED(vn_cnt), 2, E(VERSION_COUNT, VERNEED, 0)},
    {"need's versions go on", NAUX(vna_next), 16, E(VERSION_COUNT, VERNEED, 0)},
    {"need's name past the strings", NAUX(vna_name), 0x400, E(VERSION_NAME, VERNEED, 0)},
    {"need's hash", NAUX(vna_hash), 1, E(VERSION_HASH, VERNEED, 0)},
    {"symbol with an undefined version", O_VERSYM + S_ALPHA * 2, 2, 4,
     E(VERSION_INDEX, VERSYM, S_ALPHA)},
    {"symbol with a hidden undefined version", O_VERSYM + S_BETA * 2, 2, 0xffff,
     E(VERSION_INDEX, VERSYM, S_BETA)},

    /* relocations */
    {"type unknown", RELA(1, r_info), TYPE(99, S_BETA), E(RELOC_TYPE, RELA, 1)},
    {"static type GOTPCREL", RELA(1, r_info), TYPE(R_X86_64_GOTPCREL, S_BETA),
     E(RELOC_TYPE, RELA, 1)},
    {"huge type", RELA(1, r_info), TYPE(UINT32_MAX, S_BETA), E(RELOC_TYPE, RELA, 1)},
    {"target in text", RELA(0, r_offset), 0x1000, E(RELOC_TARGET, RELA, 0)},
    {"target in code", RELA(1, r_offset), 0x2000, E(RELOC_TARGET, RELA, 1)},
    {"target nowhere", RELA(2, r_offset), 0x30000000, E(RELOC_TARGET, RELA, 2)},
    {"target before the data", RELA(2, r_offset), 0x40000ff9, E(RELOC_TARGET, RELA, 2)},
    {"target across the data's end", RELA(0, r_offset), 0x40001000 + DATA_MEMSZ - 7,
     E(RELOC_TARGET, RELA, 0)},
    {"target wraps", RELA(0, r_offset), UINT64_MAX - 3, E(RELOC_TARGET, RELA, 0)},
    {"descriptor across the data's end", RELA(3, r_offset), 0x40001000 + DATA_MEMSZ - 8,
     E(RELOC_TARGET, RELA, 3), RELA(3, r_info), TYPE(R_X86_64_TLSDESC, S_GAMMA)},
    {"symbol past the table", RELA(1, r_info), TYPE(R_X86_64_64, S_COUNT),
     E(RELOC_SYMBOL, RELA, 1)},
    {"huge symbol", RELA(1, r_info), TYPE(R_X86_64_64, UINT32_MAX), E(RELOC_SYMBOL, RELA, 1)},
    {"RELATIVE with a symbol", RELA(0, r_info), TYPE(R_X86_64_RELATIVE, S_BETA),
     E(RELOC_SYMBOL_UNUSED, RELA, 0)},
    {"JMPREL target in code", JMPREL(r_offset), 0x2000, E(RELOC_TARGET, JMPREL, 0)},
    {"JMPREL type", JMPREL(r_info), TYPE(50, S_GETENV), E(RELOC_TYPE, JMPREL, 0)},
    {"RELR starts with a bitmap", O_RELR, 8, 3, E(RELR_BITMAP, RELR, 0)},
    {"RELR address misaligned", O_RELR, 8, DATA_VADDR(O_INIT_ARRAY) + 4, E(RELR_ALIGN, RELR, 0)},
    {"RELR address in text", O_RELR, 8, 0x2000, E(RELOC_TARGET, RELR, 0)},
    {"RELR bitmap past the data", O_RELR, 8, 0x40001000 + DATA_MEMSZ - 8, E(RELOC_TARGET, RELR, 1)},
    {"RELR second address misaligned", O_RELR + 8, 8, 0x40001002, E(RELR_ALIGN, RELR, 1)},
    {"RELR address wraps", O_RELR, 8, UINT64_MAX - 7, E(RELOC_TARGET, RELR, 0)},

    /* notes */
    {"note name past its segment", O_NOTES, 4, 0x1000, E(NOTE_SIZE, NOTE, 0)},
    {"note name of all ones", O_NOTES, 4, UINT32_MAX, E(NOTE_SIZE, NOTE, 0)},
    {"note descriptor past its segment", O_NOTES + 4, 4, 0x1000, E(NOTE_SIZE, NOTE, 0)},
    {"second note cut", PHDR(P_NOTE, p_filesz), 36 + 8, E(NOTE_SIZE, NOTE, 1)},
    {"notes aligned to 16", PHDR(P_NOTE, p_align), 16, E(NOTE_ALIGN, PHDR, P_NOTE)},
    {"notes past the file", PHDR(P_NOTE, p_offset), 0x10000, E(SEGMENT_FILE, PHDR, P_NOTE)},
    {"TWZ note too small", O_TWZ_NOTE + 4, 4, 28, E(ABI_SIZE, NOTE, 1)},
    {"two TWZ notes", O_PROPERTIES, 4, 4, E(ABI_TWICE, NOTE, 2), O_PROPERTIES + 8, 8,
     0x005a575400000001},
    {"isolation 4", ABI(min_isolation), 4, E(ABI_ISOLATION, NOTE, 1)},
    {"gates outside", ABI(gates_rel), 0x100000, E(ABI_RANGE, NOTE, 1)},
    {"gates below address 0", ABI(gates_rel), 0x80000000, E(ABI_RANGE, NOTE, 1)},
    {"gates too large", ABI(gates_size), 0x1000, E(ABI_RANGE, NOTE, 1)},
    {"imports outside", ABI(imports_rel), 0x100000, E(ABI_RANGE, NOTE, 1)},
    {"imports of all ones", ABI(imports_size), UINT32_MAX, E(ABI_RANGE, NOTE, 1)},
    {"imports in data", ABI(imports_rel), 0x40000000, E(ABI_RANGE, NOTE, 1)},

    /* gates */
    {"gate version 2", GATE(version), 2, E(GATE_VERSION_UNKNOWN, GATE, 0)},
    {"gate size 0", GATE(size), 0, E(GATE_SIZE, GATE, 0)},
    {"gate size too large", GATE(size), 72, E(GATE_SIZE, GATE, 0)},
    {"gate size without a parameter", GATE(size), 40, E(GATE_SIZE, GATE, 0)},
    {"gate cut", ABI(gates_size), 23, E(GATE_SIZE, GATE, 0)},
    {"gate followed by crumbs", ABI(gates_size), 24 + 32 + 4, E(GATE_SIZE, GATE, 1)},
    {"gate isolation 4", GATE(isolation), 4, E(GATE_ISOLATION, GATE, 0)},
    {"gate name outside", GATE(name_rel), 0x7fffffff, E(GATE_NAME, GATE, 0)},
    {"gate name in data", GATE(name_rel), 0x40000400, E(GATE_NAME, GATE, 0)},
    {"gate name empty", O_TEXTS, 1, 0, E(GATE_NAME, GATE, 0)},
    {"gate signature outside", GATE(signature_rel), 0x80000000, E(GATE_SIGNATURE, GATE, 0)},
    {"gate entry in data", GATE(entry_rel), 0x40000400, E(GATE_ENTRY, GATE, 0)},
    {"gate entry in rodata", GATE(entry_rel), 0, E(GATE_ENTRY, GATE, 0)},
    {"gate with 7 registers", GATE(register_args), 7, E(GATE_PARAM, GATE, 0)},
    {"gate with 9 vector registers", GATE(vector_args), 9, E(GATE_PARAM, GATE, 0)},
    {"gate with 200 parameters", GATE(param_count), 200, E(GATE_SIZE, GATE, 0)},
    {"parameter kind 7", PARAM(0, kind), 7, E(GATE_PARAM, GATE, 0)},
    {"parameter beyond the registers", PARAM(1, reg), 3, E(GATE_PARAM, GATE, 0)},
    {"buffer's length beyond the registers", PARAM(0, reg), 2, E(GATE_PARAM, GATE, 0)},
    {"parameters share a register", PARAM(1, reg), 1, E(GATE_PARAM, GATE, 0)},
    {"parameter in register 255", PARAM(1, reg), 255, E(GATE_PARAM, GATE, 0)},
    {"float without vector registers", PARAM(1, type), TWZ_ELF_GATE_TYPE_FLOAT | 8,
     E(GATE_PARAM, GATE, 0)},
    {"import version 0", IMPORT(version), 0, E(GATE_VERSION_UNKNOWN, IMPORT, 0)},
    {"import size 16", IMPORT(size), 16, E(GATE_SIZE, IMPORT, 0)},
    {"import cut", ABI(imports_size), 11, E(GATE_SIZE, IMPORT, 0)},
    {"import name outside", IMPORT(name_rel), 0x100000, E(GATE_NAME, IMPORT, 0)},
    {"import signature outside", IMPORT(signature_rel), 0x100000, E(GATE_SIGNATURE, IMPORT, 0)},
};

enum { ROWS = sizeof rows / sizeof rows[0] };

static struct elf_image image;

static void break_and_open(const struct damage *row, bool direct)
{
    static struct twz_elf_module module;
    struct twz_elf_bytes bytes;
    struct twz_elf_diag diag = {0};
    build_elf(&image, EM_X86_64);
    put_number(&image, row->offset, row->value, row->width);
    if (row->width2)
        put_number(&image, row->offset2, row->value2, row->width2);
    elf_bytes(&bytes, &image, direct);
    const enum twz_elf_error error = twz_elf_module_open(&module, &bytes, EM_X86_64, &diag);
    char line[TWZ_ELF_LINE];
    assert_true(twz_elf_format(&diag.first, line, sizeof line) < sizeof line);
    if (error != row->error || diag.first.place != row->place || diag.first.at != row->at)
        print_error("expected %s at %u/%#lx, got %s: %s\n", twz_elf_error_name(row->error),
                    row->place, (unsigned long)row->at, twz_elf_error_name(error), line);
    assert_int_equal(error, row->error);
    assert_int_equal(diag.count, 1);
    assert_int_equal(diag.first.error, error);
    assert_int_equal(diag.first.place, row->place);
    assert_int_equal(diag.first.at, row->at);
    assert_null(strchr(line, '{'));
    assert_string_not_equal(twz_elf_error_cure(error), "?");
}

static void refused(void **state)
{
    const struct damage *row = *state;
    break_and_open(row, true);
    break_and_open(row, false);
}

/* Each error of the table that a file can cause has a row here, or is one that takes more than one
 * field or no file at all (elf_layout.c, elf_file.c, elf_reloc.c, elf_note.c). */
static void every_error_has_a_row(void **state)
{
    static const enum twz_elf_error elsewhere[] = {
        TWZ_ELF_READ,
        TWZ_ELF_EHDR_SIZE,
        TWZ_ELF_SEGMENT_COUNT,
        TWZ_ELF_SEGMENT_NONE,
        TWZ_ELF_LAYOUT_MACHINE,
        TWZ_ELF_LAYOUT_TEXT_AFTER_DATA,
        TWZ_ELF_LAYOUT_RANGES,
        TWZ_ELF_LAYOUT_DATA_TWICE,
        TWZ_ELF_LAYOUT_PAGE_SHARED,
        TWZ_ELF_DYNAMIC_NONE,
        TWZ_ELF_PROPERTY_SIZE,
        TWZ_ELF_VERSION_NAMES,
        TWZ_ELF_NOTE_COUNT,
        TWZ_ELF_ABI_NONE,
        TWZ_ELF_RELOC_KIND,
        TWZ_ELF_RELOC_IFUNC,
        TWZ_ELF_RELOC_OVERFLOW,
        TWZ_ELF_RELOC_UNRESOLVED,
        TWZ_ELF_LAYOUT_TEXT_VADDR,
        TWZ_ELF_LAYOUT_DATA_VADDR,
        TWZ_ELF_LAYOUT_DATA_OFFSET,
        TWZ_ELF_RELOC_REFUSED,
        TWZ_ELF_LAYOUT_CODE_ALIGN,
    };
    (void)state;
    for (unsigned error = TWZ_ELF_NO_ROOM + 1; error < TWZ_ELF_ERROR_COUNT; error++) {
        bool found = false;
        for (unsigned i = 0; i < ROWS; i++)
            found |= rows[i].error == error;
        for (unsigned i = 0; i < sizeof elsewhere / sizeof elsewhere[0]; i++)
            found |= elsewhere[i] == error;
        if (!found)
            print_error("no row for %s\n", twz_elf_error_name(error));
        assert_true(found);
    }
}

static void good_file_is_accepted(void **state)
{
    static struct twz_elf_module module;
    (void)state;
    for (unsigned direct = 0; direct < 2; direct++) {
        struct twz_elf_bytes bytes;
        struct twz_elf_diag diag = {0};
        build_elf(&image, EM_X86_64);
        elf_bytes(&bytes, &image, direct);
        assert_int_equal(twz_elf_module_open(&module, &bytes, EM_X86_64, &diag), TWZ_ELF_OK);
        assert_int_equal(diag.count, 0);
    }
}

int main(void)
{
    static struct CMUnitTest tests[ROWS + 2];
    static char titles[ROWS][96];
    for (unsigned i = 0; i < ROWS; i++) {
        snprintf(titles[i], sizeof titles[i], "refuses: %s (%s)", rows[i].title,
                 twz_elf_error_name(rows[i].error));
        tests[i] = (struct CMUnitTest){
            .name = titles[i], .test_func = refused, .initial_state = (void *)(uintptr_t)&rows[i]};
    }
    tests[ROWS] = (struct CMUnitTest)T(every_error_has_a_row, "every error has a test");
    tests[ROWS + 1] = (struct CMUnitTest)T(good_file_is_accepted, "the undamaged file is accepted");
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return _cmocka_run_group_tests("elf_refusals", tests, ROWS + 2, NULL, NULL);
}
