/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Diagnostics. Each refusal is one enum value, a typed place and up to three values that disagree.
 * A diagnostics object decides whether checking goes on after a problem, so that a kernel stops at
 * the first while a tool lists all of them. Text is made by twz_elf_format() into the caller's
 * buffer, only when somebody wants to read it.
 *
 *     struct twz_elf_diag diag = {0};            // stop at the first problem and keep it
 *     if (twz_elf_file_open(&file, &bytes, TWZ_ELF_VIEW_FILE, &diag) != TWZ_ELF_OK) {
 *         char line[TWZ_ELF_LINE];
 *         twz_elf_format(&diag.first, line, sizeof line);
 */
#ifndef TWZELF_DIAG_H
#define TWZELF_DIAG_H

#include <twzelf/base.h>

/*
 * X(name, text, cure). In a text, {0} {1} {2} are the problem's values in hexadecimal and {d0} {d1}
 * {d2} in decimal. The text follows the place: "program header 3: <text>".
 */
#define TWZ_ELF_ERRORS(X)                                                                          \
    /* reading */                                                                                  \
    X(READ, "{1} bytes at {0} cannot be read", "check that the file is whole and readable")        \
    /* ELF header: gABI 4 "ELF Header" */                                                          \
    X(EHDR_SIZE, "the file has {d0} bytes, an ELF header needs {d1}", "is this an ELF file?")      \
    X(EHDR_MAGIC, "magic number {0} instead of {1} (\\177ELF)", "is this an ELF file?")            \
    X(EHDR_CLASS, "file class {d0} instead of {d1} (64 bits)", "compile and link with -m64")       \
    X(EHDR_DATA, "data encoding {d0} instead of {d1} (little endian)",                             \
      "build for a little-endian target: --target=x86_64-linux-gnu")                               \
    X(EHDR_VERSION, "ELF version {d0} instead of {d1}", "build with a current toolchain")          \
    X(EHDR_OSABI, "OS ABI {d0} is neither System V (0) nor GNU (3)",                               \
      "build for a System V or GNU target")                                                        \
    X(EHDR_TYPE, "file type {d0} is neither an executable (2) nor a shared object (3)",            \
      "link it with -shared or -pie: objects (1) and cores (4) cannot be loaded")                  \
    X(EHDR_MACHINE, "machine {d0} is neither x86_64 (62) nor aarch64 (183)",                       \
      "compile and link with --target=x86_64-linux-gnu")                                           \
    X(EHDR_EHSIZE, "ELF header size {d0} instead of {d1}", "the header is damaged; rebuild")       \
    X(EHDR_PHENTSIZE, "program header size {d0} instead of {d1}",                                  \
      "the header is damaged; rebuild")                                                            \
    X(EHDR_PHNUM, "there are no program headers", "link it with -shared or -pie")                  \
    X(EHDR_XNUM, "the extended number of program headers ({d0}) cannot be right",                  \
      "the header is damaged; rebuild")                                                            \
    X(EHDR_PHDRS, "{d1} program headers at {0} end past the end of the file ({2})",                \
      "the file is truncated; copy or build it again")                                             \
    X(EHDR_ENTRY, "entry point {0} is in no executable segment",                                   \
      "define the entry symbol in .text, or give -e")                                              \
    /* program headers: gABI 5 "Program Header" */                                                 \
    X(SEGMENT_FILE, "file range {0}+{1} ends past the end of the file ({2})",                      \
      "the file is truncated; copy or build it again")                                             \
    X(SEGMENT_MEMORY, "memory range {0}+{1} ends past the end of the address space",               \
      "the header is damaged; rebuild")                                                            \
    X(SEGMENT_SIZE, "file size {0} is larger than memory size {1}",                                \
      "the header is damaged; rebuild")                                                            \
    X(SEGMENT_ALIGN, "alignment {0} is not a power of two", "the header is damaged; rebuild")      \
    X(SEGMENT_CONGRUENCE, "address {0} and file offset {1} differ modulo the alignment {2}",       \
      "do not strip or edit with tools that move segments; rebuild")                               \
    X(SEGMENT_ORDER, "address {0} is below that of the segment before ({1})",                      \
      "PT_LOAD entries must ascend; check the linker script's PHDRS")                              \
    X(SEGMENT_OVERLAP, "address {0} is inside the segment before, which ends at {1}",              \
      "check the linker script's addresses")                                                       \
    X(SEGMENT_COUNT, "more than {d0} loadable segments", "merge segments in the linker script")    \
    X(SEGMENT_NONE, "there is no loadable segment", "link it with -shared or -pie")                \
    X(SEGMENT_TWICE, "a second header of type {0}; the first is {d1}",                             \
      "keep one PT_DYNAMIC, PT_TLS, PT_INTERP, PT_GNU_RELRO, PT_GNU_STACK, PT_GNU_EH_FRAME")       \
    X(SEGMENT_OUTSIDE, "range {0}+{1} of this header is in no loadable segment",                   \
      "give its section a loadable segment in the linker script")                                  \
    X(SEGMENT_OFFSET, "file offset {0} disagrees with the loadable segment, which has {1} there",  \
      "the header is damaged; rebuild")                                                            \
    X(TLS_SIZE, "thread-local storage of {0} bytes aligned to {1} is larger than {2}",             \
      "reduce thread-local data")                                                                  \
    X(INTERP_TEXT, "the interpreter's name is empty or not NUL-terminated",                        \
      "the file is damaged; rebuild")                                                              \
    /* the two-slot layout: twz-linkscripts(7) */                                                  \
    X(LAYOUT_MACHINE, "machine {d0} instead of {d1}", "build for the machine that loads it")       \
    X(LAYOUT_FIRST, "the first segment starts at address {0}, offset {1} instead of 0x1000, 0",    \
      "link with twz-cc or -T twz-lib.ld")                                                         \
    X(LAYOUT_WX, "the segment is writable and executable",                                         \
      "link with twz-cc or -T twz-lib.ld; do not use -N or --omagic")                              \
    X(LAYOUT_RIGHTS, "the segment's flags {0} do not include read (4)",                            \
      "link with twz-cc or -T twz-lib.ld")                                                         \
    X(LAYOUT_TEXT_VADDR, "address {0} is not file offset {1} + 0x1000",                            \
      "link with twz-cc or -T twz-lib.ld")                                                         \
    X(LAYOUT_TEXT_BSS, "read-only memory size {1} is not the file size {0}",                       \
      "link with twz-cc or -T twz-lib.ld; there is no zero-filled text")                           \
    X(LAYOUT_TEXT_END, "read-only part ends at {0}, past the text slot's {1}",                     \
      "split the library: a slot holds 1 GiB")                                                     \
    X(LAYOUT_TEXT_AFTER_DATA, "a read-only segment follows the data segment",                      \
      "link with twz-cc or -T twz-lib.ld")                                                         \
    X(LAYOUT_PAGE_SHARED, "address {0} shares a page with the segment before, of other rights",    \
      "link with twz-cc or -T twz-lib.ld; code starts on a page of its own")                       \
    X(LAYOUT_CODE_ALIGN, "code starts at {0}, in the middle of a page",                            \
      "link with twz-cc or -T twz-lib.ld")                                                         \
    X(LAYOUT_RANGES, "more than {d0} runs of pages with different rights",                         \
      "merge segments in the linker script")                                                       \
    X(LAYOUT_DATA_TWICE, "a second writable segment", "link with twz-cc or -T twz-lib.ld")         \
    X(LAYOUT_DATA_VADDR, "data starts at {0} instead of {1}", "link with twz-cc or -T twz-lib.ld") \
    X(LAYOUT_DATA_OFFSET, "data at file offset {0} is not page aligned",                           \
      "link with twz-cc or -T twz-lib.ld")                                                         \
    X(LAYOUT_DATA_END, "data ends at {0}, past the data slot's {1}",                               \
      "reduce static data: a slot holds 1 GiB")                                                    \
    X(LAYOUT_RELRO, "RELRO range {0}+{1} is not whole pages of the data segment",                  \
      "link with twz-cc or -T twz-lib.ld")                                                         \
    X(LAYOUT_STACK, "the stack is executable", "link with -z noexecstack")                         \
    X(LAYOUT_TEXTREL, "the file asks for relocations in its text",                                 \
      "compile with -fPIC; link with -z text")                                                     \
    X(LAYOUT_TABLE, "the table at {0}+{1} is writable", "link with twz-cc or -T twz-lib.ld")       \
    X(LAYOUT_LAZY, "the file does not ask for immediate binding", "link with -z now")              \
    X(LAYOUT_ENTRY, "an executable without an entry point", "link with an entry symbol or -e")     \
    /* dynamic section: gABI 5 "Dynamic Section" */                                                \
    X(DYNAMIC_NONE, "there is no dynamic section", "link with -shared or -pie")                    \
    X(DYNAMIC_SIZE, "size {0} is not a multiple of {d1}", "the file is damaged; rebuild")          \
    X(DYNAMIC_END, "the section ends without DT_NULL", "the file is damaged; rebuild")             \
    X(DYNAMIC_TWICE, "a second entry with tag {0}", "the file is damaged; rebuild")                \
    X(DYNAMIC_MISSING, "tag {0} is there, but not tag {1}", "the file is damaged; rebuild")        \
    X(DYNAMIC_ENTRY_SIZE, "entry size {d0} instead of {d1}", "the file is damaged; rebuild")       \
    X(DYNAMIC_TABLE_SIZE, "table size {0} is not a multiple of {d1}",                              \
      "the file is damaged; rebuild")                                                              \
    X(DYNAMIC_TABLE, "table {0}+{1} is not inside the file's part of one loadable segment",        \
      "the file is damaged; rebuild")                                                              \
    X(DYNAMIC_TABLE_ALIGN, "table at {0} is not aligned to {d1}", "the file is damaged; rebuild")  \
    X(DYNAMIC_PLTREL, "DT_PLTREL is {d0}, neither DT_REL (17) nor DT_RELA (7)",                    \
      "the file is damaged; rebuild")                                                              \
    X(DYNAMIC_FUNCTION, "function at {0} is in no executable segment",                             \
      "check that the initialiser is in .text")                                                    \
    X(STRTAB_NUL, "the string table does not end with NUL", "the file is damaged; rebuild")        \
    X(STRING_OFFSET, "string offset {0} is past the end of the string table ({1})",                \
      "the file is damaged; rebuild")                                                              \
    /* symbols and hash tables: gABI 5 "Hash Table"; GNU hash as in binutils */                    \
    X(HASH_SIZE, "{d0} buckets and {d1} chains do not fit into the segment",                       \
      "the file is damaged; rebuild")                                                              \
    X(HASH_INDEX, "symbol index {d0} in a table of {d1}", "the file is damaged; rebuild")          \
    X(HASH_LOOP, "a chain has more than {d0} links", "the file is damaged; rebuild")               \
    X(GNU_HASH_SIZE, "{d0} buckets and {d1} filter words do not fit into the segment",             \
      "the file is damaged; rebuild")                                                              \
    X(GNU_HASH_BLOOM, "{d0} filter words are not a power of two, or shift {d1} is above 31",       \
      "the file is damaged; rebuild")                                                              \
    X(GNU_HASH_BUCKET, "symbol index {d0} is outside {d1}..{d2}", "the file is damaged; rebuild")  \
    X(GNU_HASH_CHAIN, "the chain that starts at symbol {d0} has no end",                           \
      "the file is damaged; rebuild")                                                              \
    X(SYMBOL_INDEX, "symbol index {d0} in a table of {d1}", "the file is damaged; rebuild")        \
    X(SYMBOL_NAME, "name offset {0} is past the end of the string table ({1})",                    \
      "the file is damaged; rebuild")                                                              \
    X(SYMBOL_VALUE, "value {0} with size {1} is in no loadable segment",                           \
      "the file is damaged; rebuild")                                                              \
    X(SYMBOL_TLS, "thread-local value {0} with size {1} is outside PT_TLS (size {2})",             \
      "the file is damaged; rebuild")                                                              \
    /* symbol versions: LSB Core "Symbol Versioning" */                                            \
    X(VERSION_RECORD, "record at {0} is outside its segment or misaligned",                        \
      "the file is damaged; rebuild")                                                              \
    X(VERSION_REVISION, "version record revision {d0} instead of 1",                               \
      "the file is damaged; rebuild")                                                              \
    X(VERSION_COUNT, "{d0} records where {d1} were announced", "the file is damaged; rebuild")     \
    X(VERSION_NAME, "name offset {0} is past the end of the string table ({1})",                   \
      "the file is damaged; rebuild")                                                              \
    X(VERSION_HASH, "hash {0} of the version's name instead of {1}",                               \
      "the file is damaged; rebuild")                                                              \
    X(VERSION_INDEX, "version index {d0} is not defined", "the file is damaged; rebuild")          \
    X(VERSION_NAMES, "all names of versions together are longer than the {0} bytes of the file",   \
      "the file is damaged; rebuild")                                                              \
    /* notes: gABI 5 "Note Section"; Linux gABI extensions for properties */                       \
    X(NOTE_SIZE, "note at {0} with name size {1} and descriptor size {2} leaves its segment",      \
      "the file is damaged; rebuild")                                                              \
    X(NOTE_COUNT, "more than {d0} notes, all that {1} bytes have room for",                        \
      "the file is damaged; rebuild")                                                              \
    X(NOTE_ALIGN, "notes aligned to {d0}, neither 4 nor 8", "the file is damaged; rebuild")        \
    X(PROPERTY_SIZE, "property of type {0} with size {1} leaves its note",                         \
      "the file is damaged; rebuild")                                                              \
    X(ABI_NONE, "there is no TWZ note", "link with twz-cc or -T twz-lib.ld")                       \
    X(ABI_SIZE, "TWZ note of {d0} bytes instead of {d1}", "link with the current twz-lib.ld")      \
    X(ABI_TWICE, "a second TWZ note of type {d0}", "link with one copy of twz-lib.ld")             \
    X(ABI_ISOLATION, "minimum isolation {d0} is above {d1}",                                       \
      "set twz_min_isolation to 0, 1, 2 or 3")                                                     \
    X(ABI_RANGE, "range {0}+{1} is not inside the read-only part of the file",                     \
      "link with twz-cc or -T twz-lib.ld")                                                         \
    /* gates: twz-gates(7) */                                                                      \
    X(GATE_SIZE, "record of {d0} bytes at {1} where {d2} are left or needed",                      \
      "compile against the current <twz/gate.h>")                                                  \
    X(GATE_VERSION_UNKNOWN, "record version {d0} instead of {d1}",                                 \
      "compile against the current <twz/gate.h>")                                                  \
    X(GATE_ISOLATION, "isolation {d0} is above {d1}",                                              \
      "use one of the four levels of <twz/gate.h>")                                                \
    X(GATE_NAME, "name at {0} is empty, too long or outside the read-only part of the file",       \
      "compile against the current <twz/gate.h>")                                                  \
    X(GATE_SIGNATURE, "signature at {0} is empty, too long or outside the read-only part",         \
      "compile against the current <twz/gate.h>")                                                  \
    X(GATE_ENTRY, "entry {0} is in no executable segment",                                         \
      "keep the gate's entry code in .twz.gate.text")                                              \
    X(GATE_PARAM, "parameter {d0}: kind {d1} or register {d2} is not possible",                    \
      "compile against the current <twz/gate.h>")                                                  \
    /* relocations: psABI 4.4 "Relocation", gABI 5 "Relocation"; RELR as in the gABI's draft */    \
    X(RELOC_TYPE, "relocation type {d0} is not known for machine {d1}",                            \
      "compile with -fPIC; link with -z now")                                                      \
    X(RELOC_TARGET, "target {0} of {d1} bytes is in no writable segment",                          \
      "compile with -fPIC; link with -z text")                                                     \
    X(RELOC_SYMBOL, "symbol index {d0} in a table of {d1}", "the file is damaged; rebuild")        \
    X(RELOC_SYMBOL_UNUSED, "type {d0} takes no symbol, but has number {d1}",                       \
      "the file is damaged; rebuild")                                                              \
    X(RELOC_IFUNC, "IFUNC resolver {0} is in no executable segment",                               \
      "the file is damaged; rebuild")                                                              \
    X(RELOC_KIND,                                                                                  \
      "relocation type {d0} is not allowed here (on x86_64, 5 is COPY and 37 IRELATIVE)",          \
      "compile with -fPIC; avoid COPY relocations and IFUNCs")                                     \
    X(RELOC_OVERFLOW, "value {0} does not fit into {d1} bytes",                                    \
      "compile with -fPIC so that the full address is used")                                       \
    X(RELOC_UNRESOLVED, "symbol {d0} was not resolved", "see the resolver's own message")          \
    X(RELOC_REFUSED, "the write of {d1} bytes at {0} was refused",                                 \
      "see the receiver's own message")                                                            \
    X(RELR_BITMAP, "the packed table starts with a bitmap ({0})", "the file is damaged; rebuild")  \
    X(RELR_ALIGN, "packed target {0} is not aligned to {d1}", "the file is damaged; rebuild")

enum twz_elf_error {
    TWZ_ELF_OK = 0,
    TWZ_ELF_END,     /* an iterator: nothing more. A lookup: there is none. Never reported. */
    TWZ_ELF_NO_ROOM, /* the caller's buffer is too small. Never reported. */
#define X(name, text, cure) TWZ_ELF_##name,
    TWZ_ELF_ERRORS(X)
#undef X
        TWZ_ELF_ERROR_COUNT
};

/* X(name, text): what the number beside the place counts. */
#define TWZ_ELF_PLACES(X)                                                                          \
    X(FILE, "file")                  /* the file as a whole; no number */                          \
    X(OFFSET, "file offset ")        /* bytes from the start of the file */                        \
    X(VADDR, "address ")             /* in the file's own address space */                         \
    X(PHDR, "program header ")       /* index */                                                   \
    X(DYNAMIC, "dynamic entry ")     /* index into PT_DYNAMIC */                                   \
    X(SYMBOL, "symbol ")             /* index into DT_SYMTAB */                                    \
    X(HASH, "hash bucket ")          /* index into DT_HASH's buckets */                            \
    X(GNU_HASH, "GNU hash bucket ")  /* index into DT_GNU_HASH's buckets */                        \
    X(VERDEF, "version definition ") /* which one in the chain */                                  \
    X(VERNEED, "version need ")      /* which file in the chain */                                 \
    X(VERSYM, "version of symbol ")  /* index into DT_SYMTAB */                                    \
    X(NOTE, "note ")                 /* which one, over all PT_NOTE */                             \
    X(GATE, "gate descriptor ")      /* which one */                                               \
    X(IMPORT, "import record ")      /* which one */                                               \
    X(RELA, "RELA entry ")           /* index */                                                   \
    X(REL, "REL entry ")             /* index */                                                   \
    X(RELR, "RELR entry ")           /* index */                                                   \
    X(JMPREL, "JMPREL entry ")       /* index */

enum twz_elf_place {
#define X(name, text) TWZ_ELF_AT_##name,
    TWZ_ELF_PLACES(X)
#undef X
        TWZ_ELF_PLACE_COUNT
};

struct twz_elf_problem {
    enum twz_elf_error error;
    enum twz_elf_place place;
    uint64_t at;       /* index, offset or address, as `place` says */
    uint64_t value[3]; /* as the error's text says; unused ones are 0 */
};

struct twz_elf_diag {
    /* Told of each problem; returns whether checking goes on (to find more: the function still
     * fails). NULL stops at the first. A function may stop by itself where going on has no sense.
     */
    bool (*report)(struct twz_elf_diag *diag, const struct twz_elf_problem *problem);
    void *context;                /* the caller's */
    uint64_t count;               /* problems so far */
    struct twz_elf_problem first; /* the first of them */
};

/* Records a problem and asks whether to go on. diag may be NULL: false. */
TWZ_ELF_API bool twz_elf_report(struct twz_elf_diag *diag, const struct twz_elf_problem *problem);

/* The enumerator's name without its prefix ("SEGMENT_FILE"), and what to do about it. Never NULL;
 * unknown values give "?". */
TWZ_ELF_API const char *twz_elf_error_name(enum twz_elf_error error);
TWZ_ELF_API const char *twz_elf_error_cure(enum twz_elf_error error);

/* Enough room for any line of twz_elf_format(), NUL included. */
#define TWZ_ELF_LINE 256

/* Writes "program header 3: file range 0x1000+0x500 ends past the end of the file (0x1200)" as far
 * as it fits, always NUL-terminated when size > 0. Returns the length of the whole line, as
 * snprintf does. */
TWZ_ELF_API size_t twz_elf_format(const struct twz_elf_problem *problem, char *buffer, size_t size);

#endif
