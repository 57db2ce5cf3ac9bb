/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * For tests of relocation: the file of elf_builder.h is relocated in memory and by emitted writes,
 * and from both kinds of source; all must agree, and no write may leave the data segment.
 */
#ifndef TWZ_RELOC_FIXTURE_H
#define TWZ_RELOC_FIXTURE_H

#include "elf_fixture.h"

#define BIAS UINT64_C(0x40000000000)

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

static inline void open_image(bool direct)
{
    diag = (struct twz_elf_diag){0};
    open_file(direct);
    assert_int_equal(twz_elf_dynamic_open(&dynamic, &file, &diag), TWZ_ELF_OK);
}

static uint8_t copied[] = {1, 2, 3, 4, 5, 6, 7, 8, 9};

static inline bool resolve(void *context, const struct twz_elf_reloc *reloc, uint32_t symbol,
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

static inline bool call(void *context, uint64_t address, uint64_t *value)
{
    (void)context;
    *value = address + 0x100000;
    return true;
}

static inline bool tlsdesc(void *context, const struct twz_elf_definition *definition,
                           int64_t addend, uint64_t words[2])
{
    (void)context;
    words[0] = 0xde5c;
    words[1] = definition->value + (uint64_t)addend + (uint64_t)definition->tls_offset;
    return true;
}

static const struct twz_elf_resolver resolver = {NULL, resolve, call, tlsdesc};

static inline bool receive(void *context, uint64_t vaddr, uint64_t value, unsigned width)
{
    (void)context;
    assert_true(twz_elf_within(vaddr, width, 0x40001000, DATA_MEMSZ));
    memcpy(emitted + (vaddr - 0x40001000), &value, width);
    return true;
}

static inline bool receive_copy(void *context, uint64_t vaddr, uint64_t source, uint64_t size)
{
    (void)context;
    assert_true(twz_elf_within(vaddr, size, 0x40001000, DATA_MEMSZ));
    memcpy(emitted + (vaddr - 0x40001000), (const void *)(uintptr_t)source, size);
    return true;
}

static const struct twz_elf_receiver receiver = {NULL, receive, receive_copy};

static inline void load_data(uint8_t *to)
{
    memset(to, 0, DATA_MEMSZ);
    memcpy(to, image.bytes + O_DATA, O_DATA_END - O_DATA);
}

/* Relocates both ways, from both kinds of source; all four must agree. */
static inline enum twz_elf_error relocate(const struct twz_elf_resolver *how)
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

static inline uint64_t word(uint64_t offset)
{
    uint64_t value;
    memcpy(&value, room.data + (offset - O_DATA), sizeof value);
    return value;
}

static inline void set_entry(unsigned index, uint32_t type, uint32_t symbol, int64_t addend)
{
    put_rela(&image, F_RELA(index, r_offset), DATA_VADDR(O_WORDS + index * 16), type, symbol,
             addend);
}

#endif
