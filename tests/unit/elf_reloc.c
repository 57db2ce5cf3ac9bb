/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Relocation: every type of both machines with its value, memory against emitted writes, RELR, REL,
 * IFUNCs, COPY, and that no write leaves the data segment.
 */
#include "test.h"

#include "elf_builder.h"

#include <stdio.h>
#include <stdlib.h>

#define BIAS UINT64_C(0x40000000000)

static struct elf_image image;
static struct twz_elf_file file;
static struct twz_elf_bytes bytes;
static struct twz_elf_dynamic dynamic;
static struct twz_elf_diag diag;

/* The data segment in memory, with a guard on both sides. */
static struct {
    uint8_t before[64];
    uint8_t data[DATA_MEMSZ];
    uint8_t after[64];
} room;

/* The same, made from emitted writes. */
static uint8_t emitted[DATA_MEMSZ];

static int fresh(void **state)
{
    (void)state;
    build_elf(&image, EM_X86_64);
    return 0;
}

static void open_image(bool direct)
{
    elf_bytes(&bytes, &image, direct);
    diag = (struct twz_elf_diag){0};
    assert_int_equal(twz_elf_file_open(&file, &bytes, TWZ_ELF_VIEW_FILE, NULL), TWZ_ELF_OK);
    assert_int_equal(twz_elf_dynamic_open(&dynamic, &file, &diag), TWZ_ELF_OK);
}

static uint8_t copied[] = {1, 2, 3, 4, 5, 6, 7, 8, 9};

static bool resolve(void *context, const struct twz_elf_reloc *reloc, uint32_t symbol,
                    struct twz_elf_definition *definition)
{
    (void)reloc;
    unsigned *calls = context;
    if (calls)
        ++*calls;
    switch (symbol) {
    case S_NULL: /* the file's own thread-local block */
        definition->tls_module = 7;
        definition->tls_offset = -0x40;
        return true;
    case S_GETENV:
        definition->value = 0x7000000;
        return true;
    case S_MAYBE: /* weak, undefined */
        return true;
    case S_ALPHA:
        definition->value = BIAS + 0x2010;
        definition->size = 16;
        return true;
    case S_BETA:
        definition->value = (uintptr_t)copied;
        definition->size = 8;
        return true;
    case S_GAMMA:
        definition->value = 0x10;
        definition->tls_module = 7;
        definition->tls_offset = -0x40;
        return true;
    case S_DELTA:
        definition->value = 0x5000;
        definition->ifunc = true;
        return true;
    default:
        return false;
    }
}

static bool call(void *context, uint64_t address, uint64_t *value)
{
    (void)context;
    *value = address + 0x100000;
    return true;
}

static bool tlsdesc(void *context, const struct twz_elf_definition *definition, int64_t addend,
                    uint64_t words[2])
{
    (void)context;
    words[0] = 0xde5c;
    words[1] = definition->value + (uint64_t)addend + (uint64_t)definition->tls_offset;
    return true;
}

static const struct twz_elf_resolver resolver = {NULL, resolve, call, tlsdesc};

static bool receive(void *context, uint64_t vaddr, uint64_t value, unsigned width)
{
    (void)context;
    assert_true(twz_elf_within(vaddr, width, 0x40001000, DATA_MEMSZ));
    memcpy(emitted + (vaddr - 0x40001000), &value, width);
    return true;
}

static bool receive_copy(void *context, uint64_t vaddr, uint64_t source, uint64_t size)
{
    (void)context;
    assert_true(twz_elf_within(vaddr, size, 0x40001000, DATA_MEMSZ));
    memcpy(emitted + (vaddr - 0x40001000), (const void *)(uintptr_t)source, size);
    return true;
}

static const struct twz_elf_receiver receiver = {NULL, receive, receive_copy};

static void load_data(uint8_t *to)
{
    memset(to, 0, DATA_MEMSZ);
    memcpy(to, image.bytes + O_DATA, O_DATA_END - O_DATA);
}

/* Relocates both ways, from both kinds of source; all four must agree. */
static enum twz_elf_error relocate(const struct twz_elf_resolver *how)
{
    enum twz_elf_error results[4];
    uint8_t memory_result[2][DATA_MEMSZ];
    const struct twz_elf_memory memory = {room.data, 0x40001000, sizeof room.data};
    for (unsigned direct = 0; direct < 2; direct++) {
        open_image(direct);
        memset(&room, 0xcc, sizeof room);
        load_data(room.data);
        load_data(emitted);
        results[direct * 2] = twz_elf_relocate(&dynamic, BIAS, how, &memory, &diag);
        results[direct * 2 + 1] = twz_elf_relocs_emit(&dynamic, BIAS, how, &receiver, NULL);
        memcpy(memory_result[direct], room.data, DATA_MEMSZ);
        assert_memory_equal(room.data, emitted, DATA_MEMSZ);
        for (unsigned i = 0; i < sizeof room.before; i++)
            assert_int_equal(room.before[i] & room.after[i], 0xcc);
    }
    for (unsigned i = 1; i < 4; i++)
        assert_int_equal(results[i], results[0]);
    assert_memory_equal(memory_result[0], memory_result[1], DATA_MEMSZ);
    return results[0];
}

static uint64_t word(uint64_t offset)
{
    uint64_t value;
    memcpy(&value, room.data + (offset - O_DATA), sizeof value);
    return value;
}

static void set_entry(unsigned index, uint32_t type, uint32_t symbol, int64_t addend)
{
    put_rela(&image, F_RELA(index, r_offset), DATA_VADDR(O_WORDS + index * 16), type, symbol,
             addend);
}

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

static void copy_stays_inside(void **state)
{
    (void)state;
    set_entry(0, R_X86_64_COPY, S_BETA, 0);
    put_number(&image, F_RELA(0, r_offset), 0x40001000 + DATA_MEMSZ - 7, 8);
    put_number(&image, F_DYN(D_RELASZ), sizeof(Elf64_Rela), 8);
    assert_int_equal(relocate(&resolver), TWZ_ELF_RELOC_TARGET);
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

#define FRESH(f, title) T_STATE(f, title, fresh, NULL)

RUN_TESTS(FRESH(relocates_the_good_file, "all tables of a good file, on both machines"),
          FRESH(every_type, "every relocation type gives the psABI's value"),
          FRESH(tls_descriptors, "TLS descriptors"), FRESH(copies, "COPY"),
          FRESH(copy_stays_inside, "COPY stays inside the segment"),
          FRESH(rel_tables, "REL takes addends from the target"),
          FRESH(overlapping_jmprel, "JMPREL inside RELA is applied once"),
          FRESH(overflows_are_refused, "values that do not fit are refused"),
          FRESH(unresolved_is_refused, "unresolved symbols and missing callbacks"),
          FRESH(refused_writes_stop, "a receiver that refuses stops the pass"),
          FRESH(ifuncs_come_last, "IFUNCs come last"),
          FRESH(unchecked_targets_are_refused, "unchecked targets outside the data are refused"),
          FRESH(memory_bounds_the_writes, "writes stay inside the memory that was given"),
          FRESH(relr_equals_a_plain_decoder, "RELR equals a plain decoder"),
          FRESH(iterates_all_tables, "iteration over all tables"),
          FRESH(accepts_text_relocations_on_demand, "text relocations only on demand"),
          FRESH(rules_are_found_by_type, "rules by type"))
