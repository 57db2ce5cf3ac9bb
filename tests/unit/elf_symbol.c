/* SPDX-License-Identifier: BSD-2-Clause */
/* The dynamic section, symbols, hash lookup and versions, on the small file of elf_builder.h. */
#include "elf_fixture.h"

#include <stdio.h>

static struct twz_elf_dynamic dynamic;

static enum twz_elf_error open_dynamic(bool direct)
{
    open_file(direct);
    return twz_elf_dynamic_open(&dynamic, &file, NULL);
}

static void hide(unsigned entry)
{
    put_number(&image, F_DYN_TAG(entry), DT_DEBUG, 8);
}

static void decodes_dynamic(void **state)
{
    (void)state;
    for (unsigned direct = 0; direct < 2; direct++) {
        char buffer[32];
        assert_int_equal(open_dynamic(direct), TWZ_ELF_OK);
        assert_int_equal(dynamic.entry_count, D_NULL);
        assert_int_equal(dynamic.flags, TWZ_ELF_NOW);
        assert_int_equal(dynamic.raw_flags, DF_BIND_NOW);
        assert_int_equal(dynamic.raw_flags_1, DF_1_NOW);
        assert_int_equal(dynamic.symbol_count, S_COUNT);
        assert_true(dynamic.symbol_count_exact);
        assert_int_equal(dynamic.strtab.position, O_STRTAB);
        assert_int_equal(dynamic.rela.size, R_COUNT * sizeof(Elf64_Rela));
        assert_int_equal(dynamic.relr.size, 16);
        assert_int_equal(dynamic.jmprel.size, sizeof(Elf64_Rela));
        assert_true(dynamic.jmprel_is_rela);
        assert_int_equal(dynamic.init, TEXT_VADDR(O_CODE) + 0x40);
        assert_int_equal(dynamic.fini, TEXT_VADDR(O_CODE) + 0x50);
        assert_int_equal(dynamic.init_array.vaddr, DATA_VADDR(O_INIT_ARRAY));
        assert_int_equal(twz_elf_array_count(&dynamic.init_array), 1);
        assert_int_equal(twz_elf_array_count(&dynamic.fini_array), 0);
        assert_string_equal(twz_elf_string(&dynamic, dynamic.soname, buffer, sizeof buffer),
                            "liba.so.1");
        assert_string_equal(twz_elf_string(&dynamic, dynamic.runpath, buffer, sizeof buffer),
                            "$ORIGIN");
        assert_int_equal(dynamic.rpath, TWZ_ELF_NONE);
        assert_true((dynamic.strtab.direct != NULL) == direct);
    }
}

static void iterates_needed(void **state)
{
    uint32_t cursor = 0, name;
    (void)state;
    assert_int_equal(open_dynamic(true), TWZ_ELF_OK);
    assert_int_equal(dynamic.needed_count, 2);
    assert_int_equal(twz_elf_needed_next(&dynamic, &cursor, &name), TWZ_ELF_OK);
    assert_string_equal(twz_elf_string(&dynamic, name, NULL, 0), "libc.so.6");
    assert_int_equal(twz_elf_needed_next(&dynamic, &cursor, &name), TWZ_ELF_OK);
    assert_string_equal(twz_elf_string(&dynamic, name, NULL, 0), "libb.so");
    assert_int_equal(twz_elf_needed_next(&dynamic, &cursor, &name), TWZ_ELF_END);
    assert_int_equal(twz_elf_needed_next(&dynamic, &cursor, &name), TWZ_ELF_END);
}

static void iterates_filters(void **state)
{
    uint32_t cursor = 0, name;
    bool auxiliary;
    (void)state;
    put_number(&image, F_DYN_TAG(D_NEEDED2), DT_AUXILIARY, 8);
    put_number(&image, F_DYN_TAG(D_RUNPATH), DT_FILTER, 8);
    assert_int_equal(open_dynamic(true), TWZ_ELF_OK);
    assert_int_equal(dynamic.needed_count, 1);
    assert_int_equal(dynamic.filter_count, 2);
    assert_int_equal(twz_elf_filter_next(&dynamic, &cursor, &name, &auxiliary), TWZ_ELF_OK);
    assert_string_equal(twz_elf_string(&dynamic, name, NULL, 0), "libb.so");
    assert_true(auxiliary);
    assert_int_equal(twz_elf_filter_next(&dynamic, &cursor, &name, &auxiliary), TWZ_ELF_OK);
    assert_string_equal(twz_elf_string(&dynamic, name, NULL, 0), "$ORIGIN");
    assert_false(auxiliary);
    assert_int_equal(twz_elf_filter_next(&dynamic, &cursor, &name, &auxiliary), TWZ_ELF_END);
    put_number(&image, F_DYN(D_RUNPATH), UINT32_MAX, 8);
    assert_int_equal(open_dynamic(true), TWZ_ELF_STRING_OFFSET);
}

static void strings_are_bounded(void **state)
{
    char buffer[10];
    (void)state;
    for (unsigned direct = 0; direct < 2; direct++) {
        assert_int_equal(open_dynamic(direct), TWZ_ELF_OK);
        const uint64_t size = dynamic.strtab.size;
        assert_null(twz_elf_string(&dynamic, size, buffer, sizeof buffer));
        assert_null(twz_elf_string(&dynamic, UINT64_MAX, buffer, sizeof buffer));
        assert_string_equal(twz_elf_string(&dynamic, size - 1, buffer, sizeof buffer), "");
        assert_true(twz_elf_string_is(&dynamic, dynamic.soname, "liba.so.1", 9));
        assert_false(twz_elf_string_is(&dynamic, dynamic.soname, "liba.so.1", 8));
        assert_false(twz_elf_string_is(&dynamic, dynamic.soname, "liba.so.2", 9));
        assert_false(twz_elf_string_is(&dynamic, dynamic.soname, "liba.so.10", 10));
        assert_true(twz_elf_string_is(&dynamic, size - 1, "", 0));
        assert_false(twz_elf_string_is(&dynamic, size, "", 0));
        assert_false(twz_elf_string_is(&dynamic, size - 1, "x", SIZE_MAX));
    }
    assert_int_equal(open_dynamic(false), TWZ_ELF_OK);
    assert_string_equal(twz_elf_string(&dynamic, dynamic.soname, buffer, 10), "liba.so.1");
    assert_null(twz_elf_string(&dynamic, dynamic.soname, buffer, 9)); /* no room for NUL */
    assert_null(twz_elf_string(&dynamic, dynamic.soname, NULL, 0));
}

/* Strings that are longer than the steps in which they are read. */
static void long_strings(void **state)
{
    static char buffer[256], text[200];
    (void)state;
    memset(text, 'n', sizeof text - 1);
    image.strings = (uint32_t)get_number(&image, F_DYN(D_STRSZ), 8);
    const uint32_t at = add_string(&image, text);
    put_number(&image, F_DYN(D_STRSZ), image.strings, 8);
    assert_int_equal(open_dynamic(false), TWZ_ELF_OK);
    assert_string_equal(twz_elf_string(&dynamic, at, buffer, sizeof buffer), text);
    assert_null(twz_elf_string(&dynamic, at, buffer, 199));
    assert_non_null(twz_elf_string(&dynamic, at, buffer, 200));
    assert_true(twz_elf_string_is(&dynamic, at, text, 199));
    assert_false(twz_elf_string_is(&dynamic, at, text, 198));
    text[198] = 'm';
    assert_false(twz_elf_string_is(&dynamic, at, text, 199));
}

/* Which flag comes from which tag. */
static void decodes_flags(void **state)
{
    static const struct {
        unsigned entry;
        uint64_t tag, value;
        uint32_t flag;
    } rows[] = {
        {D_FLAGS, DT_FLAGS, DF_SYMBOLIC, TWZ_ELF_SYMBOLIC},
        {D_FLAGS, DT_FLAGS, DF_ORIGIN, TWZ_ELF_ORIGIN},
        {D_FLAGS, DT_FLAGS, DF_TEXTREL, TWZ_ELF_TEXTREL},
        {D_FLAGS, DT_FLAGS, DF_STATIC_TLS, TWZ_ELF_STATIC_TLS},
        {D_FLAGS, DT_FLAGS, DF_BIND_NOW, TWZ_ELF_NOW},
        {D_FLAGS, DT_SYMBOLIC, 0, TWZ_ELF_SYMBOLIC},
        {D_FLAGS, DT_TEXTREL, 0, TWZ_ELF_TEXTREL},
        {D_FLAGS, DT_BIND_NOW, 0, TWZ_ELF_NOW},
        {D_FLAGS_1, DT_FLAGS_1, DF_1_NOW, TWZ_ELF_NOW},
        {D_FLAGS_1, DT_FLAGS_1, DF_1_PIE, TWZ_ELF_PIE},
        {D_FLAGS_1, DT_FLAGS_1, DF_1_GLOBAL, TWZ_ELF_GLOBAL},
        {D_FLAGS_1, DT_FLAGS_1, DF_1_NODELETE, TWZ_ELF_NODELETE},
        {D_FLAGS_1, DT_FLAGS_1, DF_1_NODEFLIB, TWZ_ELF_NODEFLIB},
        {D_FLAGS_1, DT_FLAGS_1, DF_1_NOOPEN, TWZ_ELF_NOOPEN},
        {D_FLAGS_1, DT_FLAGS_1, DF_1_INITFIRST, TWZ_ELF_INITFIRST},
        {D_FLAGS_1, DT_FLAGS_1, DF_1_INTERPOSE, TWZ_ELF_INTERPOSE},
        {D_FLAGS_1, DT_FLAGS_1, DF_1_ORIGIN, TWZ_ELF_ORIGIN},
        {D_FLAGS_1, DT_FLAGS_1, UINT64_C(1) << 40, 0},
    };
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        fresh(state);
        hide(D_FLAGS);
        hide(D_FLAGS_1);
        put_number(&image, F_DYN_TAG(rows[i].entry), rows[i].tag, 8);
        put_number(&image, F_DYN(rows[i].entry), rows[i].value, 8);
        assert_int_equal(open_dynamic(true), TWZ_ELF_OK);
        assert_int_equal(dynamic.flags, rows[i].flag);
    }
}

static uint32_t find(const char *name, const struct twz_elf_want *want)
{
    struct twz_elf_symbol symbol;
    const struct twz_elf_name hashed = twz_elf_name(name, strlen(name));
    const enum twz_elf_error error = twz_elf_lookup(&dynamic, &hashed, want, &symbol);
    if (error == TWZ_ELF_END)
        return 0;
    assert_int_equal(error, TWZ_ELF_OK);
    return symbol.index;
}

/* The same answers from either table, in memory or not. */
static void looks_up(void **state)
{
    for (unsigned variant = 0; variant < 6; variant++) {
        fresh(state);
        if (variant / 2 == 1)
            hide(D_HASH);
        if (variant / 2 == 2)
            hide(D_GNU_HASH);
        assert_int_equal(open_dynamic(variant % 2), TWZ_ELF_OK);
        assert_int_equal(dynamic.symbol_count, S_COUNT);
        assert_int_equal(find("alpha", NULL), S_ALPHA);
        assert_int_equal(find("gamma", NULL), S_GAMMA);
        assert_int_equal(find("delta", NULL), S_DELTA);
        assert_int_equal(find("getenv", NULL), 0); /* undefined */
        assert_int_equal(find("maybe", NULL), 0);
        assert_int_equal(find("alph", NULL), 0);
        assert_int_equal(find("alphabet", NULL), 0);
        assert_int_equal(find("", NULL), 0);
    }
}

static struct twz_elf_want want(const char *version)
{
    return (struct twz_elf_want){
        .version = version,
        .version_length = strlen(version),
        .version_hash = twz_elf_hash_sysv(version, strlen(version)),
    };
}

static void matches_versions(void **state)
{
    struct twz_elf_want w = want("A_1");
    (void)state;
    assert_int_equal(open_dynamic(true), TWZ_ELF_OK);
    assert_int_equal(find("alpha", &w), S_ALPHA);
    assert_int_equal(find("beta", &w), S_BETA);   /* not the default, but asked for */
    assert_int_equal(find("delta", &w), S_DELTA); /* unversioned serves any */
    w.hidden = true;
    assert_int_equal(find("delta", &w), 0);
    assert_int_equal(find("alpha", &w), S_ALPHA);
    w = want("A_2");
    assert_int_equal(find("alpha", &w), 0);
    w = want("liba.so.1"); /* the base version is the file's name, not a version */
    assert_int_equal(find("alpha", &w), 0);
    w = want("A_1");
    w.version_hash++; /* the hash counts as well */
    assert_int_equal(find("alpha", &w), 0);
    hide(D_VERSYM);
    assert_int_equal(open_dynamic(true), TWZ_ELF_OK);
    w = want("A_2");
    assert_int_equal(find("alpha", &w), S_ALPHA); /* a file without versions matches all */
}

/* Without a version: index <= 2 at once, else the only default one. */
static void prefers_defaults(void **state)
{
    (void)state;
    put_number(&image, O_VERDEF + 28 + offsetof(Elf64_Verdef, vd_ndx), 4, 2);
    put_number(&image, O_VERSYM + S_ALPHA * 2, 4, 2);
    put_number(&image, O_VERSYM + S_BETA * 2, 0x8004, 2);
    assert_int_equal(open_dynamic(true), TWZ_ELF_OK);
    assert_int_equal(find("alpha", NULL), S_ALPHA);
    assert_int_equal(find("beta", NULL), 0);
    /* Two defaults of one name: ambiguous. */
    put_number(&image, F_SYM(S_BETA, st_name), get_number(&image, F_SYM(S_ALPHA, st_name), 4), 4);
    put_number(&image, O_GNU_HASH + 28 + 4, get_number(&image, O_GNU_HASH + 28, 4), 4);
    put_number(&image, O_VERSYM + S_BETA * 2, 4, 2);
    assert_int_equal(open_dynamic(true), TWZ_ELF_OK);
    assert_int_equal(find("alpha", NULL), 0);
    /* One of them not the default: the other one. */
    put_number(&image, O_VERSYM + S_ALPHA * 2, 0x8004, 2);
    assert_int_equal(open_dynamic(true), TWZ_ELF_OK);
    assert_int_equal(find("alpha", NULL), S_BETA);
}

static void exports_only_what_binds(void **state)
{
    static const struct {
        uint8_t info, other;
        uint16_t section;
        uint64_t value;
        bool exported;
    } rows[] = {
        {ELF64_ST_INFO(STB_GLOBAL, STT_FUNC), STV_DEFAULT, 1, 8, true},
        {ELF64_ST_INFO(STB_WEAK, STT_OBJECT), STV_PROTECTED, 1, 8, true},
        {ELF64_ST_INFO(STB_GNU_UNIQUE, STT_OBJECT), STV_DEFAULT, 1, 8, true},
        {ELF64_ST_INFO(STB_GLOBAL, STT_GNU_IFUNC), STV_DEFAULT, 1, 8, true},
        {ELF64_ST_INFO(STB_GLOBAL, STT_TLS), STV_DEFAULT, 1, 0, true},
        {ELF64_ST_INFO(STB_GLOBAL, STT_NOTYPE), STV_DEFAULT, SHN_ABS, 0, true},
        {ELF64_ST_INFO(STB_GLOBAL, STT_NOTYPE), STV_DEFAULT, 1, 0, false},
        {ELF64_ST_INFO(STB_LOCAL, STT_FUNC), STV_DEFAULT, 1, 8, false},
        {ELF64_ST_INFO(STB_GLOBAL, STT_FUNC), STV_HIDDEN, 1, 8, false},
        {ELF64_ST_INFO(STB_GLOBAL, STT_FUNC), STV_INTERNAL, 1, 8, false},
        {ELF64_ST_INFO(STB_GLOBAL, STT_FUNC), STV_DEFAULT, SHN_UNDEF, 8, false},
        {ELF64_ST_INFO(STB_GLOBAL, STT_SECTION), STV_DEFAULT, 1, 8, false},
        {ELF64_ST_INFO(STB_GLOBAL, STT_FILE), STV_DEFAULT, 1, 8, false},
        {ELF64_ST_INFO(STB_GLOBAL, 13), STV_DEFAULT, 1, 8, false},
    };
    (void)state;
    for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct twz_elf_symbol symbol = {
            .sym = {.st_info = rows[i].info,
                    .st_other = rows[i].other,
                    .st_shndx = rows[i].section,
                    .st_value = rows[i].value},
        };
        assert_int_equal(twz_elf_symbol_exported(&symbol), rows[i].exported);
    }
}

/* An executable's address for a function that it does not define. */
static void finds_canonical_addresses(void **state)
{
    struct twz_elf_want w = {.canonical_plt = true};
    (void)state;
    put_number(&image, F_SYM(S_DELTA, st_shndx), SHN_UNDEF, 2);
    assert_int_equal(open_dynamic(true), TWZ_ELF_OK);
    assert_int_equal(find("delta", NULL), 0);
    assert_int_equal(find("delta", &w), S_DELTA);
    put_number(&image, F_SYM(S_DELTA, st_value), 0, 8);
    assert_int_equal(find("delta", &w), 0);
}

/* A chain whose last link has no end bit: lookup stops where the table does. */
static void endless_chain_ends(void **state)
{
    (void)state;
    assert_int_equal(open_dynamic(true), TWZ_ELF_OK);
    put_number(&image, O_GNU_HASH + 28 + 12, get_number(&image, O_GNU_HASH + 28 + 12, 4) & ~1u, 4);
    assert_int_equal(find("delta", NULL), S_DELTA);
    assert_int_equal(find("epsilon", NULL), 0);
    hide(D_GNU_HASH);
    assert_int_equal(open_dynamic(true), TWZ_ELF_OK);
    put_number(&image, O_HASH + 12 + S_DELTA * 4, S_ALPHA, 4);
    assert_int_equal(find("epsilon", NULL), 0);
    assert_int_equal(find("delta", NULL), S_DELTA);
}

static void empty_tables(void **state)
{
    (void)state;
    hide(D_GNU_HASH);
    put_number(&image, O_HASH, 0, 4);
    assert_int_equal(open_dynamic(true), TWZ_ELF_OK);
    assert_int_equal(find("alpha", NULL), 0);
    fresh(state);
    hide(D_HASH);
    put_number(&image, O_GNU_HASH, 0, 4);
    assert_int_equal(open_dynamic(true), TWZ_ELF_OK);
    assert_int_equal(find("alpha", NULL), 0);
    fresh(state);
    hide(D_HASH);
    put_number(&image, O_GNU_HASH + 24, 0, 4); /* the bucket */
    assert_int_equal(open_dynamic(true), TWZ_ELF_OK);
    assert_int_equal(find("alpha", NULL), 0);
}

/* GNU hash tables do not count undefined symbols: the next table bounds them. */
static void bounds_unknown_counts(void **state)
{
    struct twz_elf_symbol symbol;
    (void)state;
    hide(D_HASH);
    hide(D_GNU_HASH);
    assert_int_equal(open_dynamic(true), TWZ_ELF_OK);
    assert_false(dynamic.symbol_count_exact);
    assert_true(dynamic.symbol_count >= S_COUNT);
    assert_true(dynamic.symbol_count * sizeof(Elf64_Sym) <= O_VERSYM - O_SYMTAB);
    assert_int_equal(twz_elf_symbol(&dynamic, S_DELTA, &symbol), TWZ_ELF_OK);
    assert_int_equal(twz_elf_symbol(&dynamic, dynamic.symbol_count, &symbol), TWZ_ELF_SYMBOL_INDEX);
    assert_int_equal(twz_elf_relocs_check(&dynamic, TWZ_ELF_ACCEPT_ALL, NULL), TWZ_ELF_OK);
    assert_int_equal(twz_elf_symbols_check(&dynamic, NULL), TWZ_ELF_OK);
}

static void iterates_versions(void **state)
{
    (void)state;
    for (unsigned direct = 0; direct < 2; direct++) {
        char buffer[32];
        struct twz_elf_version_cursor cursor = {0};
        struct twz_elf_version version;
        assert_int_equal(open_dynamic(direct), TWZ_ELF_OK);
        assert_int_equal(twz_elf_verdef_next(&dynamic, &cursor, &version), TWZ_ELF_OK);
        assert_int_equal(version.flags, VER_FLG_BASE);
        assert_int_equal(version.index, 1);
        assert_int_equal(twz_elf_verdef_next(&dynamic, &cursor, &version), TWZ_ELF_OK);
        assert_string_equal(twz_elf_string(&dynamic, version.name, buffer, sizeof buffer), "A_1");
        assert_int_equal(version.index, 2);
        assert_int_equal(version.file, TWZ_ELF_NONE);
        assert_int_equal(twz_elf_verdef_next(&dynamic, &cursor, &version), TWZ_ELF_END);
        cursor = (struct twz_elf_version_cursor){0};
        assert_int_equal(twz_elf_verneed_next(&dynamic, &cursor, &version), TWZ_ELF_OK);
        assert_string_equal(twz_elf_string(&dynamic, version.name, buffer, sizeof buffer),
                            "GLIBC_2.2.5");
        assert_string_equal(twz_elf_string(&dynamic, version.file, buffer, sizeof buffer),
                            "libc.so.6");
        assert_false(version.hidden);
        assert_int_equal(twz_elf_verneed_next(&dynamic, &cursor, &version), TWZ_ELF_END);
    }
}

/* `count` records that all have the name of 2000 bytes which the string table is. */
static enum twz_elf_error check_shared_names(uint32_t count, bool direct)
{
    enum { STRINGS = O_WORDS, LENGTH = 2000, NEEDS = O_WORDS + 0x800 };
    hide(D_VERSYM);
    hide(D_VERDEF);
    memset(image.bytes + STRINGS, 'n', LENGTH);
    image.bytes[STRINGS + LENGTH] = 0;
    put_number(&image, F_DYN(D_STRTAB), DATA_VADDR(STRINGS), 8);
    put_number(&image, F_DYN(D_STRSZ), LENGTH + 1, 8);
    put_number(&image, F_DYN(D_VERNEED), DATA_VADDR(NEEDS), 8);
    PUT(&image, NEEDS,
        Elf64_Verneed value = {.vn_version = 1, .vn_cnt = (uint16_t)count, .vn_aux = 16});
    for (uint32_t i = 0; i < count; i++)
        PUT(&image, NEEDS + 16 + i * 16,
            Elf64_Vernaux value = {
                .vna_hash = twz_elf_hash_sysv((char *)image.bytes + STRINGS, LENGTH),
                .vna_other = 3,
                .vna_next = i + 1 < count ? 16 : 0,
            });
    assert_int_equal(open_dynamic(direct), TWZ_ELF_OK);
    return twz_elf_versions_check(&dynamic, NULL);
}

static void bounds_names_of_versions(void **state)
{
    (void)state;
    for (unsigned direct = 0; direct < 2; direct++) {
        assert_int_equal(check_shared_names(FILE_SIZE / 2000, direct), TWZ_ELF_OK);
        assert_int_equal(check_shared_names(FILE_SIZE / 2000 + 1, direct), TWZ_ELF_VERSION_NAMES);
        assert_int_equal(check_shared_names(70, direct), TWZ_ELF_VERSION_NAMES);
    }
}

static void versions_of_symbols(void **state)
{
    struct twz_elf_symbol symbol;
    struct twz_elf_version version;
    (void)state;
    assert_int_equal(open_dynamic(true), TWZ_ELF_OK);
    assert_int_equal(twz_elf_symbol(&dynamic, S_GETENV, &symbol), TWZ_ELF_OK);
    assert_int_equal(twz_elf_symbol_version(&dynamic, &symbol, &version), TWZ_ELF_OK);
    assert_string_equal(twz_elf_string(&dynamic, version.name, NULL, 0), "GLIBC_2.2.5");
    assert_int_equal(twz_elf_symbol(&dynamic, S_ALPHA, &symbol), TWZ_ELF_OK);
    assert_int_equal(twz_elf_symbol_version(&dynamic, &symbol, &version), TWZ_ELF_OK);
    assert_string_equal(twz_elf_string(&dynamic, version.name, NULL, 0), "A_1");
    assert_false(version.hidden);
    assert_int_equal(twz_elf_symbol(&dynamic, S_BETA, &symbol), TWZ_ELF_OK);
    assert_int_equal(twz_elf_symbol_version(&dynamic, &symbol, &version), TWZ_ELF_OK);
    assert_true(version.hidden);
    assert_int_equal(twz_elf_symbol(&dynamic, S_DELTA, &symbol), TWZ_ELF_OK);
    assert_int_equal(twz_elf_symbol_version(&dynamic, &symbol, &version), TWZ_ELF_END);
    put_number(&image, O_VERSYM + S_DELTA * 2, 77, 2);
    assert_int_equal(twz_elf_symbol_version(&dynamic, &symbol, &version), TWZ_ELF_VERSION_INDEX);
}

/* Known values: gABI's and binutils' functions on the same names. */
static void hashes_names(void **state)
{
    (void)state;
    assert_int_equal(twz_elf_hash_sysv("", 0), 0);
    assert_int_equal(twz_elf_hash_sysv("printf", 6), 0x077905a6);
    assert_int_equal(twz_elf_hash_sysv("GLIBC_2.2.5", 11), 0x09691a75);
    assert_int_equal(
        twz_elf_hash_sysv("a_rather_long_name_that_overflows", 33),
        twz_elf_hash_sysv_more(twz_elf_hash_sysv("a_rather_long", 13), "_name_that_overflows", 20));
    assert_int_equal(twz_elf_hash_gnu("", 0), 5381);
    assert_int_equal(twz_elf_hash_gnu("printf", 6), 0x156b2bb8);
    assert_int_equal(twz_elf_hash_gnu("\xc3\xa9", 2), (5381u * 33 + 0xc3) * 33 + 0xa9);
    for (size_t length = 0; length < 12; length++) {
        const struct twz_elf_name name = twz_elf_name_of("\x80lphabetical" + 11 - length);
        assert_int_equal(name.length, length + 1);
        assert_int_equal(name.gnu, twz_elf_hash_gnu(name.text, name.length));
    }
}

RUN_TESTS(FRESH(decodes_dynamic, "every tag of the dynamic section"),
          FRESH(iterates_needed, "DT_NEEDED in order"),
          FRESH(iterates_filters, "DT_AUXILIARY and DT_FILTER in order"),
          FRESH(strings_are_bounded, "strings stay inside their table"),
          FRESH(long_strings, "strings longer than one read"),
          FRESH(decodes_flags, "flags, whichever tag expresses them"),
          FRESH(looks_up, "GNU and SysV hash give the same answers"),
          FRESH(matches_versions, "lookup by version"),
          FRESH(prefers_defaults, "lookup without a version"),
          FRESH(exports_only_what_binds, "which symbols can be bound"),
          FRESH(finds_canonical_addresses, "canonical addresses of undefined functions"),
          FRESH(endless_chain_ends, "chains without an end are followed no further than the table"),
          FRESH(empty_tables, "empty hash tables"),
          FRESH(bounds_unknown_counts, "without hash tables, the next table bounds the symbols"),
          FRESH(iterates_versions, "version definitions and needs"),
          FRESH(bounds_names_of_versions, "names of versions are read in linear time"),
          FRESH(versions_of_symbols, "the version of a symbol"),
          FRESH(hashes_names, "hash functions"))
