/* SPDX-License-Identifier: BSD-2-Clause */
/* What a boot loader says, right and wrong: the kernel's own parser on bytes in exact-size memory,
 * so that the sanitizers see the first byte read beyond it. */
#include "test.h"

#include "boot_info.h"
#include <stdlib.h>
#include <string.h>

/* Boot information under construction. */
struct info {
    unsigned char bytes[1024];
    uint32_t size;
};

static void put(struct info *info, const void *bytes, size_t size)
{
    if (size > 0)
        memcpy(info->bytes + info->size, bytes, size);
    info->size += (uint32_t)size;
}

static void put32(struct info *info, uint32_t value)
{
    put(info, &value, sizeof value);
}

static void tag(struct info *info, uint32_t type, const void *body, size_t size)
{
    put32(info, type);
    put32(info, (uint32_t)size + 8);
    put(info, body, size);
    info->size = (info->size + 7) & ~7u;
}

static void finish(struct info *info)
{
    tag(info, 0, NULL, 0);
    memcpy(info->bytes, &info->size, sizeof info->size);
}

static const uint64_t map_body[] = {24, 0, 0x9fc00, 1, 0x100000, 0x7f00000, 1, 0xf0000, 0x10000, 2};

static struct info good(void)
{
    struct info info = {.size = 8};
    const uint32_t module[] = {0x200000, 0x345678, 0x006d6f64};
    tag(&info, 1, "hello world", 12);
    tag(&info, 42, "unknown", 7);
    tag(&info, 3, module, sizeof module);
    tag(&info, 3, "\1\0\0\0\2\0\0\0", 9);
    tag(&info, 6, map_body, sizeof map_body);
    finish(&info);
    return info;
}

/* Reads from memory that ends with the information. */
static const char *read_exact(const struct info *info, size_t size, struct k_boot *boot)
{
    unsigned char *copy = malloc(size);
    assert_non_null(copy);
    memcpy(copy, info->bytes, size);
    *boot = (struct k_boot){0};
    const char *problem = k_multiboot2_read(boot, copy, size);
    free(copy);
    return problem;
}

static void reads_all(void **state)
{
    (void)state;
    struct info info = good();
    struct k_boot boot;
    assert_null(read_exact(&info, info.size, &boot));
    assert_string_equal(boot.command_line, "hello world");
    assert_int_equal(boot.image.start, 0x200000);
    assert_int_equal(boot.image.end, 0x345678);
    assert_int_equal(boot.memory_count, 2);
    assert_int_equal(boot.memory[0].end, 0x9f000);
    assert_int_equal(boot.memory[1].start, 0x100000);
    assert_int_equal(boot.memory[1].end, 0x8000000);
}

static void refuses_every_cut(void **state)
{
    (void)state;
    struct info info = good();
    struct k_boot boot;
    for (uint32_t size = 1; size < info.size; size++) {
        assert_non_null(read_exact(&info, size, &boot)); /* says more than there is */
        struct info cut = info;
        memcpy(cut.bytes, &size, sizeof size);
        assert_non_null(read_exact(&cut, size, &boot)); /* and says so */
    }
}

static void survives_any_byte(void **state)
{
    (void)state;
    const unsigned char values[] = {0, 1, 7, 8, 0x7f, 0x80, 0xff};
    struct info info = good();
    struct k_boot boot;
    for (uint32_t at = 0; at < info.size; at++) {
        for (size_t v = 0; v < sizeof values; v++) {
            struct info mutant = info;
            mutant.bytes[at] = values[v];
            if (read_exact(&mutant, info.size, &boot) == NULL) {
                assert_true(boot.image.start < boot.image.end);
                assert_in_range(boot.memory_count, 1, 32);
            }
        }
    }
}

static void bounds_the_command_line(void **state)
{
    (void)state;
    struct info info = {.size = 8};
    char line[700];
    struct k_boot boot;
    memset(line, 'x', sizeof line);
    tag(&info, 1, line, sizeof line); /* does not end, and is too long */
    tag(&info, 6, map_body, sizeof map_body);
    finish(&info);
    assert_null(read_exact(&info, info.size, &boot));
    assert_int_equal(strlen(boot.command_line), sizeof boot.command_line - 1);
}

static void bounds_the_memory_map(void **state)
{
    (void)state;
    struct info info = {.size = 8};
    uint64_t body[1 + 3 * 38];
    struct k_boot boot;
    body[0] = 24;
    for (uint64_t i = 0; i < 38; i++) {
        body[1 + 3 * i] = i << 20;
        body[2 + 3 * i] = 0x10000;
        body[3 + 3 * i] = 1;
    }
    tag(&info, 6, body, sizeof body);
    finish(&info);
    assert_null(read_exact(&info, info.size, &boot));
    assert_int_equal(boot.memory_count, 32);
}

static void leaves_out_impossible_memory(void **state)
{
    (void)state;
    struct k_boot boot = {0};
    k_boot_add_memory(&boot, UINT64_MAX - 5, 3);
    k_boot_add_memory(&boot, 0x1000, UINT64_MAX);
    k_boot_add_memory(&boot, 0x1001, 0x1ffe);
    assert_int_equal(boot.memory_count, 0);
    k_boot_add_memory(&boot, 0x1000, 0x1000);
    k_boot_add_memory(&boot, 0x2000, 0x1fff);
    assert_int_equal(boot.memory_count, 1);
    assert_int_equal(boot.memory[0].end, 0x3000);
}

RUN_TESTS(T(reads_all, "Multiboot2: command line, first module, usable memory"),
          T(refuses_every_cut, "Multiboot2: information cut anywhere is refused"),
          T(survives_any_byte, "Multiboot2: no byte of it leads outside"),
          T(bounds_the_command_line, "Multiboot2: a command line that does not end is cut"),
          T(bounds_the_memory_map, "Multiboot2: as many memory regions as there is room for"),
          T(leaves_out_impossible_memory, "memory that wraps around or has no page is left out"))
