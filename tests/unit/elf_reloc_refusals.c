/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Relocations that are refused: what does not fit, what nobody resolves, and above all what would
 * write outside the data segment, even when nothing has been checked before.
 */
#include "reloc_fixture.h"

static void copy_stays_inside(void **state)
{
    (void)state;
    set_entry(0, R_X86_64_COPY, S_BETA, 0);
    put_number(&image, F_RELA(0, r_offset), 0x40001000 + DATA_MEMSZ - 7, 8);
    put_number(&image, F_DYN(D_RELASZ), sizeof(Elf64_Rela), 8);
    assert_int_equal(relocate(&resolver), TWZ_ELF_RELOC_TARGET);
}

static void overflows_are_refused(void **state)
{
    static const uint32_t types[] = {R_X86_64_PC32, R_X86_64_PLT32, R_X86_64_32, R_X86_64_32S};
    (void)state;
    for (unsigned i = 0; i < 4; i++) {
        fresh(state);
        set_entry(0, types[i], S_ALPHA, INT64_C(1) << 33);
        put_number(&image, F_DYN(D_RELASZ), sizeof(Elf64_Rela), 8);
        assert_int_equal(relocate(&resolver), TWZ_ELF_RELOC_OVERFLOW);
        assert_int_equal(diag.first.place, TWZ_ELF_AT_RELA);
        assert_int_equal(diag.first.at, 0);
    }
    /* The last value that fits, and the first that does not. */
    fresh(state);
    put_number(&image, F_DYN(D_RELASZ), sizeof(Elf64_Rela), 8);
    set_entry(0, R_X86_64_32S, 0, INT32_MAX);
    assert_int_equal(relocate(&resolver), TWZ_ELF_OK);
    set_entry(0, R_X86_64_32S, 0, INT32_MAX + INT64_C(1));
    assert_int_equal(relocate(&resolver), TWZ_ELF_RELOC_OVERFLOW);
    set_entry(0, R_X86_64_32, 0, UINT32_MAX);
    assert_int_equal(relocate(&resolver), TWZ_ELF_OK);
    set_entry(0, R_X86_64_32, 0, -1);
    assert_int_equal(relocate(&resolver), TWZ_ELF_RELOC_OVERFLOW);
}

static bool resolve_nothing(void *context, const struct twz_elf_reloc *reloc, uint32_t symbol,
                            struct twz_elf_definition *definition)
{
    (void)context, (void)reloc, (void)symbol, (void)definition;
    return false;
}

static void unresolved_is_refused(void **state)
{
    const struct twz_elf_resolver nothing = {.resolve = resolve_nothing};
    (void)state;
    assert_int_equal(relocate(&nothing), TWZ_ELF_RELOC_UNRESOLVED);
    assert_int_equal(diag.first.at, 1);
    assert_int_equal(diag.first.value[0], S_BETA);
    assert_int_equal(relocate(NULL), TWZ_ELF_RELOC_KIND);
    const struct twz_elf_resolver no_calls = {.resolve = resolve};
    set_entry(0, R_X86_64_IRELATIVE, 0, 0x2000);
    put_number(&image, F_DYN(D_RELASZ), sizeof(Elf64_Rela), 8);
    assert_int_equal(relocate(&no_calls), TWZ_ELF_RELOC_KIND);
    set_entry(0, R_X86_64_TLSDESC, S_GAMMA, 0);
    assert_int_equal(relocate(&no_calls), TWZ_ELF_RELOC_KIND);
}

static bool refuse_write(void *context, uint64_t vaddr, uint64_t value, unsigned width)
{
    (void)context, (void)vaddr, (void)value, (void)width;
    return false;
}

static void refused_writes_stop(void **state)
{
    const struct twz_elf_receiver refuses = {.write = refuse_write};
    (void)state;
    open_image(true);
    assert_int_equal(twz_elf_relocs_emit(&dynamic, BIAS, &resolver, &refuses, &diag),
                     TWZ_ELF_RELOC_REFUSED);
    assert_int_equal(diag.first.place, TWZ_ELF_AT_RELR);
    put_number(&image, F_DYN_TAG(D_RELR), DT_DEBUG, 8);
    put_number(&image, F_DYN_TAG(D_RELRSZ), DT_DEBUG, 8);
    set_entry(0, R_X86_64_COPY, S_BETA, 0);
    open_image(true);
    assert_int_equal(twz_elf_relocs_emit(&dynamic, BIAS, &resolver, &refuses, &diag),
                     TWZ_ELF_RELOC_KIND);
}

/* Nothing has been checked here: relocate() itself must not leave its memory. */
static void unchecked_targets_are_refused(void **state)
{
    static const uint64_t targets[] = {
        0,
        0x1000,
        0x2000,
        0x40000ff9,
        0x40000fff,
        0x40001000 + DATA_MEMSZ - 7,
        0x40006000,
        0x80000000,
        UINT64_MAX,
        UINT64_MAX - 7,
        0x40001000 - 8,
        UINT64_C(1) << 63,
    };
    static const uint32_t types[] = {R_X86_64_RELATIVE, R_X86_64_64, R_X86_64_TLSDESC,
                                     R_X86_64_DTPMOD64};
    (void)state;
    for (unsigned i = 0; i < sizeof targets / sizeof targets[0]; i++) {
        for (unsigned j = 0; j < 4; j++)
            for (unsigned at = 0; at < 3; at++) { /* first, in the middle of a run, last */
                fresh(state);
                for (unsigned k = 0; k < 3; k++)
                    set_entry(k, R_X86_64_RELATIVE, 0, 0x2000);
                put_rela(&image, F_RELA(at, r_offset), targets[i], types[j], j == 0 ? 0 : S_GAMMA,
                         0);
                put_number(&image, F_DYN(D_RELASZ), 3 * sizeof(Elf64_Rela), 8);
                assert_int_equal(relocate(&resolver), TWZ_ELF_RELOC_TARGET);
                assert_int_equal(diag.first.at, at);
            }
        fresh(state);
        if (targets[i] & 1)
            continue;
        put_number(&image, O_RELR, targets[i] & ~UINT64_C(7), 8);
        if (relocate(&resolver) == TWZ_ELF_OK)
            fail_msg("RELR target %#lx accepted", (unsigned long)targets[i]);
    }
}

/* A target inside the segment, but outside the memory that the caller gave. */
static void memory_bounds_the_writes(void **state)
{
    (void)state;
    open_image(true);
    load_data(room.data);
    const struct twz_elf_memory half = {room.data, 0x40001000, O_WORDS + 4 - O_DATA};
    assert_int_equal(twz_elf_relocate(&dynamic, BIAS, &resolver, &half, NULL),
                     TWZ_ELF_RELOC_TARGET);
    const struct twz_elf_memory none = {room.data, 0x10000000, 0x1000};
    assert_int_equal(twz_elf_relocate(&dynamic, BIAS, &resolver, &none, NULL),
                     TWZ_ELF_RELOC_TARGET);
    const struct twz_elf_memory empty = {room.data, 0x40001000, 0};
    assert_int_equal(twz_elf_relocate(&dynamic, BIAS, &resolver, &empty, NULL),
                     TWZ_ELF_RELOC_TARGET);
}

/* Targets in text, for files that say so, and only where the caller allows it. */
static void accepts_text_relocations_on_demand(void **state)
{
    (void)state;
    put_number(&image, F_RELA(0, r_offset), 0x2000, 8);
    open_image(true);
    assert_int_equal(twz_elf_relocs_check(&dynamic, TWZ_ELF_ACCEPT_ALL, NULL),
                     TWZ_ELF_RELOC_TARGET);
    put_number(&image, F_DYN(D_FLAGS), DF_TEXTREL, 8);
    open_image(true);
    assert_int_equal(twz_elf_relocs_check(&dynamic, TWZ_ELF_ACCEPT_ALL, NULL), TWZ_ELF_OK);
    assert_int_equal(
        twz_elf_relocs_check(&dynamic, TWZ_ELF_ACCEPT_ALL & ~TWZ_ELF_ACCEPT_TEXT, NULL),
        TWZ_ELF_RELOC_TARGET);
}

RUN_TESTS(FRESH(copy_stays_inside, "COPY stays inside the segment"),
          FRESH(overflows_are_refused, "values that do not fit are refused"),
          FRESH(unresolved_is_refused, "unresolved symbols and missing callbacks"),
          FRESH(refused_writes_stop, "a receiver that refuses stops the pass"),
          FRESH(unchecked_targets_are_refused, "unchecked targets outside the data are refused"),
          FRESH(memory_bounds_the_writes, "writes stay inside the memory that was given"),
          FRESH(accepts_text_relocations_on_demand, "text relocations only on demand"))
