/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A small, complete library of the two-slot layout, built in memory with every table at a fixed
 * offset, so that a test can break one field by its offset and know which check must see it. The
 * tables are few but real: lookups, versions and relocations in it work.
 */
#ifndef ELF_BUILDER_H
#define ELF_BUILDER_H

#include <string.h>
#include <twzelf/load.h>

/* Where things are in the file. In the text slot, vaddr = offset + 0x1000. */
enum {
    O_PHDRS = 0x40,
    O_NOTES = 0x400, /* build ID, then the TWZ note */
    O_TWZ_NOTE = O_NOTES + 36,
    O_PROPERTIES = 0x480, /* aligned to 8 */
    O_SYMTAB = 0x500,
    O_GNU_HASH = 0x600,
    O_HASH = 0x680,
    O_VERSYM = 0x700,
    O_VERDEF = 0x720,
    O_VERNEED = 0x780,
    O_STRTAB = 0x800,
    O_RELA = 0x900,
    O_RELR = 0xb00,
    O_JMPREL = 0xb40,
    O_GATES = 0xc00,
    O_IMPORTS = 0xc80,
    O_TEXTS = 0xd00,
    O_CODE = 0x1000,
    O_DATA = 0x2000, /* starts with the dynamic section */
    O_INIT_ARRAY = 0x2300,
    O_WORDS = 0x2400, /* what is relocated */
    O_DATA_END = 0x3100,
    FILE_SIZE = 0x3200 /* garbage follows the data */
};

#define TEXT_VADDR(offset) ((uint64_t)(offset) + 0x1000)
#define DATA_VADDR(offset) ((uint64_t)(offset)-O_DATA + 0x40001000)
#define DATA_MEMSZ         0x5000

enum {
    P_TEXT,
    P_CODE,
    P_DATA,
    P_DYNAMIC,
    P_TLS,
    P_RELRO,
    P_NOTE,
    P_PROPERTIES,
    P_EH_FRAME,
    P_STACK,
    P_INTERP,
    P_COUNT
};

enum {
    D_NEEDED,
    D_NEEDED2,
    D_SONAME,
    D_RUNPATH,
    D_STRTAB,
    D_STRSZ,
    D_SYMTAB,
    D_SYMENT,
    D_GNU_HASH,
    D_HASH,
    D_VERSYM,
    D_VERDEF,
    D_VERDEFNUM,
    D_VERNEED,
    D_VERNEEDNUM,
    D_RELA,
    D_RELASZ,
    D_RELAENT,
    D_RELR,
    D_RELRSZ,
    D_RELRENT,
    D_JMPREL,
    D_PLTRELSZ,
    D_PLTREL,
    D_INIT,
    D_FINI,
    D_INIT_ARRAY,
    D_INIT_ARRAYSZ,
    D_FLAGS,
    D_FLAGS_1,
    D_NULL,
    D_COUNT
};

enum { S_NULL, S_GETENV, S_MAYBE, S_ALPHA, S_BETA, S_GAMMA, S_DELTA, S_COUNT };

enum { R_RELATIVE, R_64, R_GLOB_DAT, R_DTPMOD, R_DTPOFF, R_TPOFF, R_COUNT };

/* Offsets of fields, for tables of damage. */
#define F_EHDR(field)       offsetof(Elf64_Ehdr, field)
#define F_PHDR(i, field)    (O_PHDRS + (i) * sizeof(Elf64_Phdr) + offsetof(Elf64_Phdr, field))
#define F_DYN(i)            (O_DATA + (i) * sizeof(Elf64_Dyn) + offsetof(Elf64_Dyn, d_un))
#define F_DYN_TAG(i)        (O_DATA + (i) * sizeof(Elf64_Dyn))
#define F_SYM(i, field)     (O_SYMTAB + (i) * sizeof(Elf64_Sym) + offsetof(Elf64_Sym, field))
#define F_RELA(i, field)    (O_RELA + (i) * sizeof(Elf64_Rela) + offsetof(Elf64_Rela, field))
#define F_JMPREL(field)     (O_JMPREL + offsetof(Elf64_Rela, field))
#define F_VERDEF(i, field)  (O_VERDEF + (i)*28 + offsetof(Elf64_Verdef, field))
#define F_VERDAUX(i, field) (O_VERDEF + (i)*28 + 20 + offsetof(Elf64_Verdaux, field))
#define F_VERNEED(field)    (O_VERNEED + offsetof(Elf64_Verneed, field))
#define F_VERNAUX(field)    (O_VERNEED + 16 + offsetof(Elf64_Vernaux, field))
#define F_ABI(field)        (O_TWZ_NOTE + 16 + offsetof(struct twz_elf_abi_note, field))
#define F_GATE(field)       (O_GATES + offsetof(struct twz_elf_gate_record, field))
#define F_PARAM(i, field)                                                                          \
    (O_GATES + sizeof(struct twz_elf_gate_record) + (i) * sizeof(struct twz_elf_gate_param) +      \
     offsetof(struct twz_elf_gate_param, field))
#define F_IMPORT(field) (O_IMPORTS + offsetof(struct twz_elf_import_record, field))

struct elf_image {
    _Alignas(16) uint8_t bytes[FILE_SIZE];
    size_t size;
    uint32_t strings; /* used of the string table */
};

static inline void put_bytes(struct elf_image *image, size_t offset, const void *data, size_t size)
{
    memcpy(image->bytes + offset, data, size);
}

#define PUT(image, offset, ...)                                                                    \
    do {                                                                                           \
        const __VA_ARGS__;                                                                         \
        put_bytes(image, offset, &value, sizeof value);                                            \
    } while (0)

static inline void put_number(struct elf_image *image, size_t offset, uint64_t value,
                              unsigned width)
{
    put_bytes(image, offset, &value, width); /* little endian */
}

static inline uint64_t get_number(const struct elf_image *image, size_t offset, unsigned width)
{
    uint64_t value = 0;
    memcpy(&value, image->bytes + offset, width);
    return value;
}

static inline uint32_t add_string(struct elf_image *image, const char *text)
{
    const uint32_t at = image->strings;
    put_bytes(image, O_STRTAB + at, text, strlen(text) + 1);
    image->strings += (uint32_t)strlen(text) + 1;
    return at;
}

static inline void put_phdr(struct elf_image *image, unsigned index, uint32_t type, uint32_t flags,
                            uint64_t offset, uint64_t vaddr, uint64_t filesz, uint64_t memsz,
                            uint64_t align)
{
    PUT(image, F_PHDR(index, p_type),
        Elf64_Phdr value = {type, flags, offset, vaddr, vaddr, filesz, memsz, align});
}

static inline void build_headers(struct elf_image *image, uint16_t machine)
{
    PUT(image, 0,
        Elf64_Ehdr value = {
            .e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
            .e_type = ET_DYN,
            .e_machine = machine,
            .e_version = EV_CURRENT,
            .e_entry = TEXT_VADDR(O_CODE),
            .e_phoff = O_PHDRS,
            .e_ehsize = sizeof(Elf64_Ehdr),
            .e_phentsize = sizeof(Elf64_Phdr),
            .e_phnum = P_COUNT,
        });
    put_phdr(image, P_TEXT, PT_LOAD, PF_R, 0, 0x1000, 0xe00, 0xe00, 0x1000);
    put_phdr(image, P_CODE, PT_LOAD, PF_R | PF_X, O_CODE, TEXT_VADDR(O_CODE), 0x1000, 0x1000,
             0x1000);
    put_phdr(image, P_DATA, PT_LOAD, PF_R | PF_W, O_DATA, DATA_VADDR(O_DATA), O_DATA_END - O_DATA,
             DATA_MEMSZ, 0x1000);
    put_phdr(image, P_DYNAMIC, PT_DYNAMIC, PF_R | PF_W, O_DATA, DATA_VADDR(O_DATA),
             D_COUNT * sizeof(Elf64_Dyn), D_COUNT * sizeof(Elf64_Dyn), 8);
    put_phdr(image, P_TLS, PT_TLS, PF_R, O_WORDS + 0x400, DATA_VADDR(O_WORDS + 0x400), 0x10, 0x20,
             8);
    put_phdr(image, P_RELRO, PT_GNU_RELRO, PF_R, O_DATA, DATA_VADDR(O_DATA), 0x1000, 0x1000, 1);
    put_phdr(image, P_NOTE, PT_NOTE, PF_R, O_NOTES, TEXT_VADDR(O_NOTES), 36 + 48, 36 + 48, 4);
    put_phdr(image, P_PROPERTIES, PT_NOTE, PF_R, O_PROPERTIES, TEXT_VADDR(O_PROPERTIES), 0x20, 0x20,
             8);
    put_phdr(image, P_EH_FRAME, PT_GNU_EH_FRAME, PF_R, O_TEXTS, TEXT_VADDR(O_TEXTS), 12, 12, 4);
    put_phdr(image, P_STACK, PT_GNU_STACK, PF_R | PF_W, 0, 0, 0, 0, 16);
    put_phdr(image, P_INTERP, PT_INTERP, PF_R, O_TEXTS + 0x80, TEXT_VADDR(O_TEXTS + 0x80), 5, 5, 1);
    put_bytes(image, O_TEXTS + 0x80, "/ld0", 5);
}

static inline void build_notes(struct elf_image *image)
{
    PUT(image, O_NOTES, uint32_t value[4] = {4, 20, NT_GNU_BUILD_ID, 0x00554e47});
    for (unsigned i = 0; i < 20; i++)
        image->bytes[O_NOTES + 16 + i] = (uint8_t)(i + 1);
    PUT(image, O_TWZ_NOTE, uint32_t value[4] = {4, 32, TWZ_ELF_NOTE_TYPE_ABI, 0x005a5754});
    PUT(image, O_TWZ_NOTE + 16,
        struct twz_elf_abi_note value = {
            .abi_major = 1,
            .abi_minor = 2,
            .min_isolation = 3,
            .gates_rel = O_GATES - (int32_t)F_ABI(gates_rel),
            .gates_size = 24 + 16 * 2,
            .imports_rel = O_IMPORTS - (int32_t)F_ABI(imports_rel),
            .imports_size = 12,
        });
    PUT(image, O_PROPERTIES,
        uint32_t value[8] = {4, 16, NT_GNU_PROPERTY_TYPE_0, 0x00554e47,
                             GNU_PROPERTY_X86_FEATURE_1_AND, 4, 3, 0});
}

static inline void build_gates(struct elf_image *image)
{
    put_bytes(image, O_TEXTS, "alpha\0i64 alpha(in 64, u32)\0other\0void other(void)", 51);
    PUT(image, O_GATES,
        struct twz_elf_gate_record value = {
            .size = 24 + 16 * 2,
            .version = TWZ_ELF_GATE_VERSION,
            .isolation = 3,
            .register_args = 3,
            .returns = 1,
            .param_count = 2,
            .name_rel = O_TEXTS - (int32_t)F_GATE(name_rel),
            .signature_rel = O_TEXTS + 6 - (int32_t)F_GATE(signature_rel),
            .entry_rel = O_CODE + 0x10 - (int32_t)F_GATE(entry_rel),
        });
    PUT(image, F_PARAM(0, kind),
        struct twz_elf_gate_param value[2] = {
            {.kind = TWZ_ELF_GATE_IN, .reg = 0, .max = 64},
            {.kind = TWZ_ELF_GATE_VAL, .reg = 2, .type = 4},
        });
    PUT(image, O_IMPORTS,
        struct twz_elf_import_record value = {
            .size = 12,
            .version = TWZ_ELF_GATE_VERSION,
            .name_rel = O_TEXTS + 28 - (int32_t)F_IMPORT(name_rel),
            .signature_rel = O_TEXTS + 34 - (int32_t)F_IMPORT(signature_rel),
        });
}

static inline void put_symbol(struct elf_image *image, unsigned index, const char *name,
                              unsigned binding, unsigned type, uint16_t section, uint64_t value_,
                              uint64_t size, uint16_t versym)
{
    PUT(image, F_SYM(index, st_name),
        Elf64_Sym value = {
            .st_name = add_string(image, name),
            .st_info = (uint8_t)ELF64_ST_INFO(binding, type),
            .st_shndx = section,
            .st_value = value_,
            .st_size = size,
        });
    put_number(image, O_VERSYM + index * 2u, versym, 2);
}

static inline void build_symbols(struct elf_image *image)
{
    image->strings = 1;
    put_symbol(image, S_GETENV, "getenv", STB_GLOBAL, STT_FUNC, SHN_UNDEF, 0, 0, 3);
    put_symbol(image, S_MAYBE, "maybe", STB_WEAK, STT_NOTYPE, SHN_UNDEF, 0, 0, 1);
    put_symbol(image, S_ALPHA, "alpha", STB_GLOBAL, STT_FUNC, 7, TEXT_VADDR(O_CODE) + 0x10, 16, 2);
    put_symbol(image, S_BETA, "beta", STB_GLOBAL, STT_OBJECT, 9, DATA_VADDR(O_WORDS) + 0x100, 8,
               0x8002);
    put_symbol(image, S_GAMMA, "gamma", STB_GLOBAL, STT_TLS, 9, 0x10, 8, 2);
    put_symbol(image, S_DELTA, "delta", STB_WEAK, STT_FUNC, 7, TEXT_VADDR(O_CODE) + 0x20, 16, 1);

    uint32_t gnu[16] = {1, S_ALPHA, 1, 6, UINT32_MAX, UINT32_MAX, S_ALPHA};
    const uint32_t sysv_head[] = {1, S_COUNT, S_ALPHA};
    uint32_t sysv_chain[S_COUNT] = {0};
    for (unsigned i = S_ALPHA; i < S_COUNT; i++) {
        const char *name =
            (const char *)image->bytes + O_STRTAB + get_number(image, F_SYM(i, st_name), 4);
        gnu[7 + i - S_ALPHA] = twz_elf_hash_gnu(name, strlen(name)) & ~1u;
        sysv_chain[i] = i + 1 < S_COUNT ? i + 1 : 0;
    }
    gnu[7 + S_DELTA - S_ALPHA] |= 1;
    put_bytes(image, O_GNU_HASH, gnu, sizeof gnu);
    put_bytes(image, O_HASH, sysv_head, sizeof sysv_head);
    put_bytes(image, O_HASH + sizeof sysv_head, sysv_chain, sizeof sysv_chain);
}

static inline void build_versions(struct elf_image *image)
{
    const char *names[] = {"liba.so.1", "A_1"};
    for (uint32_t i = 0; i < 2; i++) {
        PUT(image, O_VERDEF + i * 28,
            Elf64_Verdef value = {
                .vd_version = 1,
                .vd_flags = i == 0 ? VER_FLG_BASE : 0,
                .vd_ndx = (uint16_t)(i + 1),
                .vd_cnt = 1,
                .vd_hash = twz_elf_hash_sysv(names[i], strlen(names[i])),
                .vd_aux = 20,
                .vd_next = i == 0 ? 28 : 0,
            });
        PUT(image, O_VERDEF + i * 28 + 20,
            Elf64_Verdaux value = {.vda_name = add_string(image, names[i])});
    }
    PUT(image, O_VERNEED,
        Elf64_Verneed value = {
            .vn_version = 1,
            .vn_cnt = 1,
            .vn_file = add_string(image, "libc.so.6"),
            .vn_aux = 16,
        });
    PUT(image, O_VERNEED + 16,
        Elf64_Vernaux value = {
            .vna_hash = twz_elf_hash_sysv("GLIBC_2.2.5", 11),
            .vna_other = 3,
            .vna_name = add_string(image, "GLIBC_2.2.5"),
        });
}

static inline void put_rela(struct elf_image *image, size_t offset, uint64_t target, uint32_t type,
                            uint32_t symbol, int64_t addend)
{
    PUT(image, offset, Elf64_Rela value = {target, ELF64_R_INFO((uint64_t)symbol, type), addend});
}

static inline void build_relocations(struct elf_image *image, uint16_t machine)
{
    static const uint32_t x86[] = {R_X86_64_RELATIVE, R_X86_64_64,       R_X86_64_GLOB_DAT,
                                   R_X86_64_DTPMOD64, R_X86_64_DTPOFF64, R_X86_64_TPOFF64,
                                   R_X86_64_JUMP_SLOT};
    static const uint32_t arm[] = {R_AARCH64_RELATIVE,   R_AARCH64_ABS64,      R_AARCH64_GLOB_DAT,
                                   R_AARCH64_TLS_DTPMOD, R_AARCH64_TLS_DTPREL, R_AARCH64_TLS_TPREL,
                                   R_AARCH64_JUMP_SLOT};
    const uint32_t *types = machine == EM_X86_64 ? x86 : arm;
    static const uint32_t symbols[] = {0, S_BETA, S_MAYBE, S_GAMMA, S_GAMMA, S_GAMMA};
    for (unsigned i = 0; i < R_COUNT; i++)
        put_rela(image, F_RELA(i, r_offset), DATA_VADDR(O_WORDS + i * 8), types[i], symbols[i],
                 i == R_RELATIVE ? (int64_t)TEXT_VADDR(O_CODE)
                 : i == R_64     ? 4
                                 : 0);
    put_rela(image, O_JMPREL, DATA_VADDR(O_WORDS + R_COUNT * 8), types[R_COUNT], S_GETENV, 0);
    /* The word at init_array, then words 0, 2 and 62 behind it. */
    PUT(image, O_RELR,
        uint64_t value[2] = {DATA_VADDR(O_INIT_ARRAY),
                             1 | (UINT64_C(1) << 1) | (UINT64_C(1) << 3) | (UINT64_C(1) << 63)});
    put_number(image, O_INIT_ARRAY, TEXT_VADDR(O_CODE) + 0x20, 8);
    put_number(image, O_INIT_ARRAY + 8, 0x1111, 8);
    put_number(image, O_INIT_ARRAY + 24, 0x2222, 8);
    put_number(image, O_INIT_ARRAY + 8 + 62 * 8, 0x3333, 8);
}

static inline void build_dynamic(struct elf_image *image)
{
    const uint32_t needed = add_string(image, "libc.so.6"), second = add_string(image, "libb.so");
    const uint32_t soname = add_string(image, "liba.so.1"), runpath = add_string(image, "$ORIGIN");
    const Elf64_Dyn entries[D_COUNT] = {
        [D_NEEDED] = {DT_NEEDED, {needed}},
        [D_NEEDED2] = {DT_NEEDED, {second}},
        [D_SONAME] = {DT_SONAME, {soname}},
        [D_RUNPATH] = {DT_RUNPATH, {runpath}},
        [D_STRTAB] = {DT_STRTAB, {TEXT_VADDR(O_STRTAB)}},
        [D_STRSZ] = {DT_STRSZ, {image->strings}},
        [D_SYMTAB] = {DT_SYMTAB, {TEXT_VADDR(O_SYMTAB)}},
        [D_SYMENT] = {DT_SYMENT, {sizeof(Elf64_Sym)}},
        [D_GNU_HASH] = {DT_GNU_HASH, {TEXT_VADDR(O_GNU_HASH)}},
        [D_HASH] = {DT_HASH, {TEXT_VADDR(O_HASH)}},
        [D_VERSYM] = {DT_VERSYM, {TEXT_VADDR(O_VERSYM)}},
        [D_VERDEF] = {DT_VERDEF, {TEXT_VADDR(O_VERDEF)}},
        [D_VERDEFNUM] = {DT_VERDEFNUM, {2}},
        [D_VERNEED] = {DT_VERNEED, {TEXT_VADDR(O_VERNEED)}},
        [D_VERNEEDNUM] = {DT_VERNEEDNUM, {1}},
        [D_RELA] = {DT_RELA, {TEXT_VADDR(O_RELA)}},
        [D_RELASZ] = {DT_RELASZ, {R_COUNT * sizeof(Elf64_Rela)}},
        [D_RELAENT] = {DT_RELAENT, {sizeof(Elf64_Rela)}},
        [D_RELR] = {DT_RELR, {TEXT_VADDR(O_RELR)}},
        [D_RELRSZ] = {DT_RELRSZ, {16}},
        [D_RELRENT] = {DT_RELRENT, {8}},
        [D_JMPREL] = {DT_JMPREL, {TEXT_VADDR(O_JMPREL)}},
        [D_PLTRELSZ] = {DT_PLTRELSZ, {sizeof(Elf64_Rela)}},
        [D_PLTREL] = {DT_PLTREL, {DT_RELA}},
        [D_INIT] = {DT_INIT, {TEXT_VADDR(O_CODE) + 0x40}},
        [D_FINI] = {DT_FINI, {TEXT_VADDR(O_CODE) + 0x50}},
        [D_INIT_ARRAY] = {DT_INIT_ARRAY, {DATA_VADDR(O_INIT_ARRAY)}},
        [D_INIT_ARRAYSZ] = {DT_INIT_ARRAYSZ, {8}},
        [D_FLAGS] = {DT_FLAGS, {DF_BIND_NOW}},
        [D_FLAGS_1] = {DT_FLAGS_1, {DF_1_NOW}},
        [D_NULL] = {DT_NULL, {0}},
    };
    put_bytes(image, O_DATA, entries, sizeof entries);
}

static inline void build_elf(struct elf_image *image, uint16_t machine)
{
    memset(image, 0, sizeof *image);
    image->size = sizeof image->bytes;
    memset(image->bytes + O_CODE, 0x90, 0x1000);
    memset(image->bytes + O_DATA_END, 0xee, FILE_SIZE - O_DATA_END);
    build_headers(image, machine);
    build_notes(image);
    build_gates(image);
    build_symbols(image);
    build_versions(image);
    build_relocations(image, machine);
    build_dynamic(image);
}

/* The same bytes behind a callback, as a file or another address space would give them. */
static inline bool elf_image_read(const struct twz_elf_bytes *bytes, uint64_t offset, void *buffer,
                                  size_t length)
{
    const struct elf_image *image = bytes->context;
    if (offset > image->size || length > image->size - offset)
        return false;
    memcpy(buffer, image->bytes + offset, length);
    return true;
}

static inline void elf_bytes(struct twz_elf_bytes *bytes, struct elf_image *image, bool direct)
{
    if (direct)
        twz_elf_bytes_memory(bytes, image->bytes, image->size);
    else
        twz_elf_bytes_callback(bytes, 0, image->size, elf_image_read, image);
}

#endif
