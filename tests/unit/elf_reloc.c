/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Relocation: every type of both machines with its value, RELR, REL, IFUNCs, COPY. What is refused
 * stands in elf_reloc_refusals.c.
 */
#include "reloc_fixture.h"

static void relocates_the_good_file(void **state)
{
    (void)state;
    for (unsigned machine = 0; machine < 2; machine++) {
        build_elf(&image, machine ? EM_AARCH64 : EM_X86_64);
        assert_int_equal(relocate(&resolver), TWZ_ELF_OK);
        assert_int_equal(word(O_WORDS), BIAS + TEXT_VADDR(O_CODE));
        assert_int_equal(word(O_WORDS + 8), (uintptr_t)copied + 4);
        assert_int_equal(word(O_WORDS + 16), 0);
        assert_int_equal(word(O_WORDS + 24), 7);
        assert_int_equal(word(O_WORDS + 32), 0x10);
        assert_int_equal(word(O_WORDS + 40), 0x10 - 0x40);
        assert_int_equal(word(O_WORDS + 48), 0x7000000);
        assert_int_equal(word(O_INIT_ARRAY), BIAS + TEXT_VADDR(O_CODE) + 0x20);
        assert_int_equal(word(O_INIT_ARRAY + 8), BIAS + 0x1111);
        assert_int_equal(word(O_INIT_ARRAY + 16), 0);
        assert_int_equal(word(O_INIT_ARRAY + 24), BIAS + 0x2222);
        assert_int_equal(word(O_INIT_ARRAY + 8 + 62 * 8), BIAS + 0x3333);
    }
}

struct kind {
    uint16_t machine;
    uint32_t type;
    uint32_t symbol;
    int64_t addend;
    uint64_t value; /* relative to BIAS when biased, to the target as well when pc */
    unsigned width;
    int bias, pc;
};

/* One relocation of each type, with the value that the psABI says. */
static void every_type(void **state)
{
    const struct kind kinds[] = {
        {EM_X86_64, R_X86_64_NONE, 0, 0, 0, 8, 0, 0},
        {EM_X86_64, R_X86_64_64, S_ALPHA, -1, 0x200f, 8, 1, 0},
        {EM_X86_64, R_X86_64_64, 0, 0x1234, 0x1234, 8, 0, 0},
        {EM_X86_64, R_X86_64_PC32, S_ALPHA, 4, 0x2014, 4, 1, 1},
        {EM_X86_64, R_X86_64_PLT32, S_ALPHA, -4, 0x200c, 4, 1, 1},
        {EM_X86_64, R_X86_64_PC64, S_ALPHA, 4, 0x2014, 8, 1, 1},
        {EM_X86_64, R_X86_64_GLOB_DAT, S_ALPHA, 99, 0x2010, 8, 1, 0}, /* has no addend */
        {EM_X86_64, R_X86_64_JUMP_SLOT, S_ALPHA, 99, 0x2010, 8, 1, 0},
        {EM_X86_64, R_X86_64_RELATIVE, 0, 0x2000, 0x2000, 8, 1, 0},
        {EM_X86_64, R_X86_64_RELATIVE64, 0, 0x2000, 0x2000, 8, 1, 0},
        {EM_X86_64, R_X86_64_32, S_GETENV, 1, 0x7000001, 4, 0, 0},
        {EM_X86_64, R_X86_64_32S, S_GETENV, -0x7000001, (uint32_t)-1, 4, 0, 0},
        {EM_X86_64, R_X86_64_SIZE32, S_ALPHA, 1, 17, 4, 0, 0},
        {EM_X86_64, R_X86_64_SIZE64, S_ALPHA, 2, 18, 8, 0, 0},
        {EM_X86_64, R_X86_64_DTPMOD64, S_GAMMA, 0, 7, 8, 0, 0},
        {EM_X86_64, R_X86_64_DTPMOD64, 0, 0, 7, 8, 0, 0}, /* local dynamic: the file itself */
        {EM_X86_64, R_X86_64_DTPOFF64, S_GAMMA, 8, 0x18, 8, 0, 0},
        {EM_X86_64, R_X86_64_DTPOFF32, S_GAMMA, 8, 0x18, 4, 0, 0},
        {EM_X86_64, R_X86_64_TPOFF64, S_GAMMA, 8, (uint64_t)-0x28, 8, 0, 0},
        {EM_X86_64, R_X86_64_TPOFF64, 0, 8, (uint64_t)-0x38, 8, 0, 0},
        {EM_X86_64, R_X86_64_TPOFF32, S_GAMMA, 8, (uint32_t)-0x28, 4, 0, 0},
        {EM_X86_64, R_X86_64_IRELATIVE, 0, 0x2000, 0x102000, 8, 1, 0},
        {EM_X86_64, R_X86_64_64, S_DELTA, 1, 0x105001, 8, 0, 0}, /* an IFUNC definition */
        {EM_X86_64, R_X86_64_JUMP_SLOT, S_DELTA, 0, 0x105000, 8, 0, 0},
        {EM_AARCH64, R_AARCH64_NONE, 0, 0, 0, 8, 0, 0},
        {EM_AARCH64, R_AARCH64_ABS64, S_ALPHA, -1, 0x200f, 8, 1, 0},
        {EM_AARCH64, R_AARCH64_ABS32, S_GETENV, 1, 0x7000001, 4, 0, 0},
        {EM_AARCH64, R_AARCH64_PREL64, S_ALPHA, 4, 0x2014, 8, 1, 1},
        {EM_AARCH64, R_AARCH64_PREL32, S_ALPHA, 4, 0x2014, 4, 1, 1},
        {EM_AARCH64, R_AARCH64_GLOB_DAT, S_ALPHA, 2, 0x2012, 8, 1, 0}, /* has one here */
        {EM_AARCH64, R_AARCH64_JUMP_SLOT, S_ALPHA, 0, 0x2010, 8, 1, 0},
        {EM_AARCH64, R_AARCH64_RELATIVE, 0, 0x2000, 0x2000, 8, 1, 0},
        {EM_AARCH64, R_AARCH64_TLS_DTPMOD, S_GAMMA, 0, 7, 8, 0, 0},
        {EM_AARCH64, R_AARCH64_TLS_DTPREL, S_GAMMA, 8, 0x18, 8, 0, 0},
        {EM_AARCH64, R_AARCH64_TLS_TPREL, S_GAMMA, 8, (uint64_t)-0x28, 8, 0, 0},
        {EM_AARCH64, R_AARCH64_IRELATIVE, 0, 0x2000, 0x102000, 8, 1, 0},
    };
    (void)state;
    for (unsigned i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        const struct kind *k = &kinds[i];
        build_elf(&image, k->machine);
        set_entry(0, k->type, k->symbol, k->addend);
        put_number(&image, F_DYN(D_RELASZ), sizeof(Elf64_Rela), 8);
        assert_int_equal(relocate(&resolver), TWZ_ELF_OK);
        uint64_t expected = k->value + (k->bias ? BIAS : 0);
        if (k->pc)
            expected -= BIAS + DATA_VADDR(O_WORDS);
        if (k->width == 4)
            expected = (uint32_t)expected;
        assert_int_equal(word(O_WORDS), expected);
        assert_int_equal(twz_elf_relocs_check(&dynamic, TWZ_ELF_ACCEPT_ALL, NULL), TWZ_ELF_OK);
    }
}

static void tls_descriptors(void **state)
{
    (void)state;
    for (unsigned machine = 0; machine < 2; machine++) {
        build_elf(&image, machine ? EM_AARCH64 : EM_X86_64);
        set_entry(0, machine ? R_AARCH64_TLSDESC : R_X86_64_TLSDESC, S_GAMMA, 8);
        put_number(&image, F_DYN(D_RELASZ), sizeof(Elf64_Rela), 8);
        assert_int_equal(relocate(&resolver), TWZ_ELF_OK);
        assert_int_equal(word(O_WORDS), 0xde5c);
        assert_int_equal(word(O_WORDS + 8), (uint64_t)-0x28);
        assert_int_equal(twz_elf_relocs_check(&dynamic, TWZ_ELF_ACCEPT_TLS, NULL), TWZ_ELF_OK);
        assert_int_equal(twz_elf_relocs_check(&dynamic, 0, NULL), TWZ_ELF_RELOC_KIND);
    }
}

static void copies(void **state)
{
    (void)state;
    for (unsigned machine = 0; machine < 2; machine++) {
        build_elf(&image, machine ? EM_AARCH64 : EM_X86_64);
        set_entry(0, machine ? R_AARCH64_COPY : R_X86_64_COPY, S_BETA, 0);
        put_number(&image, F_DYN(D_RELASZ), sizeof(Elf64_Rela), 8);
        assert_int_equal(relocate(&resolver), TWZ_ELF_OK);
        assert_int_equal(word(O_WORDS), 0x0807060504030201);
        assert_int_equal(word(O_WORDS + 8), 0);
        /* The smaller of both sizes counts. */
        put_number(&image, F_SYM(S_BETA, st_size), 3, 8);
        assert_int_equal(relocate(&resolver), TWZ_ELF_OK);
        assert_int_equal(word(O_WORDS), 0x030201);
        put_number(&image, F_SYM(S_BETA, st_size), DATA_MEMSZ, 8);
        open_image(true);
        assert_int_equal(twz_elf_relocs_check(&dynamic, TWZ_ELF_ACCEPT_ALL, NULL),
                         TWZ_ELF_RELOC_TARGET);
    }
}

/* REL: the addend stands at the target. */
static void rel_tables(void **state)
{
    (void)state;
    put_number(&image, F_DYN_TAG(D_RELA), DT_REL, 8);
    put_number(&image, F_DYN_TAG(D_RELASZ), DT_RELSZ, 8);
    put_number(&image, F_DYN_TAG(D_RELAENT), DT_RELENT, 8);
    put_number(&image, F_DYN(D_RELAENT), sizeof(Elf64_Rel), 8);
    put_number(&image, F_DYN(D_RELASZ), 4 * sizeof(Elf64_Rel), 8);
    PUT(&image, O_RELA,
        Elf64_Rel value[4] = {
            {DATA_VADDR(O_WORDS), R_X86_64_RELATIVE},
            {DATA_VADDR(O_WORDS + 16), ELF64_R_INFO((uint64_t)S_ALPHA, R_X86_64_64)},
            {DATA_VADDR(O_WORDS + 32), ELF64_R_INFO((uint64_t)S_GAMMA, R_X86_64_TLSDESC)},
            {DATA_VADDR(O_DATA_END), R_X86_64_RELATIVE}, /* in bss: addend 0 */
        });
    put_number(&image, O_WORDS, 0x2000, 8);
    put_number(&image, O_WORDS + 16, 5, 8);
    put_number(&image, O_WORDS + 40, 8, 8);
    assert_int_equal(relocate(&resolver), TWZ_ELF_OK);
    assert_int_equal(word(O_WORDS), BIAS + 0x2000);
    assert_int_equal(word(O_WORDS + 16), BIAS + 0x2015);
    assert_int_equal(word(O_WORDS + 32), 0xde5c);
    assert_int_equal(word(O_WORDS + 40), (uint64_t)-0x28);
    assert_int_equal(word(O_DATA_END), BIAS);
    /* In-place IRELATIVE resolvers are checked as well. */
    put_number(&image, O_RELA + 8, R_X86_64_IRELATIVE, 8);
    open_image(true);
    assert_int_equal(twz_elf_relocs_check(&dynamic, TWZ_ELF_ACCEPT_ALL, NULL), TWZ_ELF_OK);
    put_number(&image, O_WORDS, 0x1000, 8);
    assert_int_equal(twz_elf_relocs_check(&dynamic, TWZ_ELF_ACCEPT_ALL, NULL), TWZ_ELF_RELOC_IFUNC);
}

/* A linker that counts JMPREL inside RELA. */
static void overlapping_jmprel(void **state)
{
    (void)state;
    put_number(&image, F_DYN(D_JMPREL), TEXT_VADDR(O_RELA) + (R_COUNT - 1) * sizeof(Elf64_Rela), 8);
    open_image(true);
    assert_int_equal(dynamic.rela.size, (R_COUNT - 1) * sizeof(Elf64_Rela));
    assert_int_equal(relocate(&resolver), TWZ_ELF_OK);
    assert_int_equal(word(O_WORDS + 40), 0x10 - 0x40);
}

/* IFUNCs come last: their resolvers see everything else done. */
static bool check_order(void *context, uint64_t address, uint64_t *value)
{
    (void)context;
    assert_int_equal(word(O_WORDS + 32), BIAS + 0x2000);
    assert_int_equal(word(O_WORDS + R_COUNT * 8), 0x7000000);
    *value = address;
    return true;
}

static void ifuncs_come_last(void **state)
{
    unsigned calls = 0;
    const struct twz_elf_resolver ordered = {&calls, resolve, check_order, tlsdesc};
    const struct twz_elf_memory memory = {room.data, 0x40001000, sizeof room.data};
    (void)state;
    set_entry(0, R_X86_64_IRELATIVE, 0, 0x2000);
    set_entry(1, R_X86_64_GLOB_DAT, S_DELTA, 0);
    set_entry(2, R_X86_64_RELATIVE, 0, 0x2000);
    put_number(&image, F_DYN(D_RELASZ), 3 * sizeof(Elf64_Rela), 8);
    open_image(true);
    load_data(room.data);
    assert_int_equal(twz_elf_relocate(&dynamic, BIAS, &ordered, &memory, NULL), TWZ_ELF_OK);
    assert_int_equal(word(O_WORDS), BIAS + 0x2000);
    assert_int_equal(word(O_WORDS + 16), 0x5000);
    assert_int_equal(calls, 4); /* two symbols, and again in the second pass */
}

/* RELR against a plain decoder, on random tables, across all of the segment. */
static void relr_equals_a_plain_decoder(void **state)
{
    (void)state;
    uint64_t seed = 1;
    for (unsigned round = 0; round < 300; round++) {
        uint64_t table[32], expected[DATA_MEMSZ / 8];
        fresh(state);
        put_number(&image, F_DYN(D_RELR), TEXT_VADDR(O_TEXTS), 8); /* 256 bytes of room */
        put_number(&image, F_DYN(D_RELRSZ), sizeof table, 8);
        put_number(&image, F_PHDR(P_INTERP, p_type), PT_NULL, 4);
        put_number(&image, F_DYN(D_RELASZ), 0, 8);
        put_number(&image, F_DYN(D_PLTRELSZ), 0, 8);
        put_number(&image, F_ABI(gates_size), 0, 4);
        load_data((uint8_t *)expected);
        uint64_t next = 0;
        bool inside = true;
        for (unsigned i = 0; i < 32; i++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            const uint64_t low = i ? next : 0x40001000; /* ascending: no word twice */
            if (i == 0 || ((seed >> 60) == 0 && low + 0x400 < 0x40001000 + DATA_MEMSZ)) {
                table[i] = low + (seed >> 33) % 0x80 * 8;
                expected[(table[i] - 0x40001000) / 8] += BIAS;
                next = table[i] + 8;
                continue;
            }
            const uint64_t bits = (seed >> 60) == 1  ? UINT64_MAX >> 1
                                  : (seed >> 60) < 8 ? seed >> 1
                                                     : 0;
            table[i] = bits << 1 | 1;
            for (unsigned bit = 0; bit < 63; bit++)
                if (bits >> bit & 1) {
                    const uint64_t at = (next - 0x40001000) / 8 + bit;
                    inside &= at < DATA_MEMSZ / 8;
                    if (inside)
                        expected[at] += BIAS;
                }
            next += UINT64_C(63) * 8;
        }
        put_bytes(&image, O_TEXTS, table, sizeof table);
        assert_int_equal(relocate(&resolver), inside ? TWZ_ELF_OK : TWZ_ELF_RELOC_TARGET);
        if (inside)
            assert_memory_equal(room.data, expected, DATA_MEMSZ);
    }
}

static void iterates_all_tables(void **state)
{
    struct twz_elf_reloc_cursor cursor = {0};
    struct twz_elf_reloc reloc;
    unsigned count[TWZ_ELF_TABLES] = {0};
    (void)state;
    open_image(true);
    enum twz_elf_error error;
    while ((error = twz_elf_reloc_next(&dynamic, &cursor, &reloc)) == TWZ_ELF_OK) {
        count[reloc.table]++;
        if (reloc.table == TWZ_ELF_TABLE_RELR) {
            assert_int_equal(reloc.type, R_X86_64_RELATIVE);
            assert_true(reloc.addend_in_place);
        }
    }
    assert_int_equal(error, TWZ_ELF_END);
    assert_int_equal(twz_elf_reloc_next(&dynamic, &cursor, &reloc), TWZ_ELF_END);
    assert_int_equal(count[TWZ_ELF_TABLE_RELR], 4);
    assert_int_equal(count[TWZ_ELF_TABLE_REL], 0);
    assert_int_equal(count[TWZ_ELF_TABLE_RELA], R_COUNT);
    assert_int_equal(count[TWZ_ELF_TABLE_JMPREL], 1);
    assert_int_equal(reloc.target, DATA_VADDR(O_WORDS + R_COUNT * 8));
}

static void rules_are_found_by_type(void **state)
{
    (void)state;
    assert_ptr_equal(twz_elf_arch(EM_X86_64), &twz_elf_arch_x86_64);
    assert_ptr_equal(twz_elf_arch(EM_AARCH64), &twz_elf_arch_aarch64);
    assert_null(twz_elf_arch(EM_386));
    assert_string_equal(twz_elf_rule(&twz_elf_arch_x86_64, R_X86_64_JUMP_SLOT)->name, "JUMP_SLOT");
    assert_string_equal(twz_elf_rule(&twz_elf_arch_aarch64, R_AARCH64_TLSDESC)->name, "TLSDESC");
    unsigned known = 0;
    for (uint32_t type = 0; type < 2000; type++) {
        const struct twz_elf_rule *rule = twz_elf_rule(&twz_elf_arch_aarch64, type);
        known += rule != NULL;
        if (rule && rule->width)
            assert_true(rule->width == 4 || rule->width == 8 || rule->width == 16);
    }
    assert_int_equal(known, 14);
    assert_null(twz_elf_rule(&twz_elf_arch_x86_64, UINT32_MAX));
    assert_null(twz_elf_rule(&twz_elf_arch_x86_64, R_X86_64_GOT32));
    assert_null(twz_elf_rule(&twz_elf_arch_aarch64, 1023));
    assert_null(twz_elf_rule(&twz_elf_arch_aarch64, 1033));
}

RUN_TESTS(FRESH(relocates_the_good_file, "all tables of a good file, on both machines"),
          FRESH(every_type, "every relocation type gives the psABI's value"),
          FRESH(tls_descriptors, "TLS descriptors"), FRESH(copies, "COPY"),
          FRESH(rel_tables, "REL takes addends from the target"),
          FRESH(overlapping_jmprel, "JMPREL inside RELA is applied once"),
          FRESH(ifuncs_come_last, "IFUNCs come last"),
          FRESH(relr_equals_a_plain_decoder, "RELR equals a plain decoder"),
          FRESH(iterates_all_tables, "iteration over all tables"),
          FRESH(rules_are_found_by_type, "rules by type"))
