/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Real libraries: what libtwzelf relocates and looks up equals what the system's dynamic linker has
 * made of the same libraries in this process.
 */
#define _GNU_SOURCE
#include "real_file.h"

#include <dlfcn.h>
#include <link.h>
#include <stdlib.h>

static const char *const libraries[] = {"libz.so.1",      "libm.so.6",      "libelf.so.1",
                                        "libcmocka.so.0", "libresolv.so.2", "libstdc++.so.6",
                                        "libgcc_s.so.1"};

static const char *symbol_version_text(const struct twz_elf_dynamic *d,
                                       const struct twz_elf_symbol *symbol)
{
    struct twz_elf_version version;
    return twz_elf_symbol_version(d, symbol, &version) == TWZ_ELF_OK
               ? twz_elf_string(d, version.name, NULL, 0)
               : NULL;
}

static bool system_resolve(void *context, const struct twz_elf_reloc *reloc, uint32_t index,
                           struct twz_elf_definition *definition)
{
    const struct both *both = context;
    struct twz_elf_symbol symbol;
    (void)reloc;
    if (index == 0)
        return true;
    assert_int_equal(twz_elf_symbol(&both->dynamic, index, &symbol), TWZ_ELF_OK);
    const char *name = twz_elf_symbol_name(&both->dynamic, &symbol, NULL, 0);
    const char *version = symbol_version_text(&both->dynamic, &symbol);
    if (twz_elf_symbol_type(&symbol) == STT_TLS)
        return true;
    void *address = version ? dlvsym(RTLD_DEFAULT, name, version) : dlsym(RTLD_DEFAULT, name);
    definition->value = (uintptr_t)address;
    return true;
}

static bool system_call(void *context, uint64_t address, uint64_t *value)
{
    (void)context;
    uint64_t (*resolver)(void);
    memcpy(&resolver, &address, sizeof resolver);
    *value = resolver();
    return true;
}

static void compare_words(const struct both *both, const uint8_t *image, uint64_t bias)
{
    struct twz_elf_reloc_cursor cursor = {0};
    struct twz_elf_reloc reloc;
    size_t compared = 0;
    while (twz_elf_reloc_next(&both->dynamic, &cursor, &reloc) == TWZ_ELF_OK) {
        if (reloc.type != R_X86_64_RELATIVE && reloc.type != R_X86_64_GLOB_DAT &&
            reloc.type != R_X86_64_JUMP_SLOT && reloc.type != R_X86_64_64 &&
            reloc.type != R_X86_64_IRELATIVE)
            continue;
        /* Initialisers may have changed data; what is sealed, and the PLT's slots, they do not. */
        if (reloc.table != TWZ_ELF_TABLE_JMPREL &&
            !twz_elf_within(reloc.target, 8, both->file.relro.vaddr, both->file.relro.memsz))
            continue;
        uint64_t ours, theirs;
        memcpy(&ours, image + (reloc.target - both->file.low), 8);
        memcpy(&theirs, (const void *)(uintptr_t)(bias + reloc.target), 8);
        if (ours != theirs)
            print_error("%s: type %u symbol %u at %#lx: %#lx, not %#lx\n", both->path, reloc.type,
                        reloc.symbol, (unsigned long)reloc.target, (unsigned long)ours,
                        (unsigned long)theirs);
        CHECK(both, ours == theirs);
        compared++;
    }
    print_message("# %s: %zu relocated words equal\n", both->path, compared);
}

static void equals_the_system_linker(void **state)
{
    (void)state;
#ifdef __SANITIZE_ADDRESS__
    skip(); /* the sanitizer's own malloc has no versions, which dlvsym() does not find */
#endif
    size_t loaded = 0;
    for (size_t i = 0; i < sizeof libraries / sizeof libraries[0]; i++) {
        void *handle = dlopen(libraries[i], RTLD_NOW | RTLD_GLOBAL);
        if (!handle)
            continue;
        struct link_map *map;
        struct both both;
        assert_int_equal(dlinfo(handle, RTLD_DI_LINKMAP, &map), 0);
        if (!open_both(&both, map->l_name))
            continue;
        accept(&both);
        const uint64_t low = both.file.low, size = twz_elf_page_up(both.file.high) - low;
        uint8_t *image = load_image(&both, size);
        const struct twz_elf_memory memory = {image, low, size};
        const struct twz_elf_resolver resolver = {&both, system_resolve, system_call, fake_tlsdesc};
        CHECK(&both, twz_elf_relocate(&both.dynamic, map->l_addr, &resolver, &memory, NULL) == 0);
        compare_words(&both, image, map->l_addr);
        munmap(image, size);
        close_both(&both);
        loaded++;
    }
    assert_true(loaded >= 3);
}

/* Every name of libc, with and without a version, against dlsym and dlvsym. */
static void looks_up_like_the_system(void **state)
{
    struct link_map *map;
    struct both both;
    size_t compared = 0;
    (void)state;
    void *handle = dlopen("libc.so.6", RTLD_NOW);
    assert_non_null(handle);
    assert_int_equal(dlinfo(handle, RTLD_DI_LINKMAP, &map), 0);
    assert_true(open_both(&both, map->l_name));
    accept(&both);
    const struct twz_elf_dynamic *d = &both.dynamic;
    for (uint32_t i = 1; i < d->symbol_count; i++) {
        struct twz_elf_symbol symbol, found;
        assert_int_equal(twz_elf_symbol(d, i, &symbol), TWZ_ELF_OK);
        const unsigned type = twz_elf_symbol_type(&symbol);
        if (!twz_elf_symbol_exported(&symbol) || type == STT_TLS || type == STT_GNU_IFUNC ||
            symbol.sym.st_shndx == SHN_ABS)
            continue;
        const char *text = twz_elf_symbol_name(d, &symbol, NULL, 0);
        const char *version = symbol_version_text(d, &symbol);
        const struct twz_elf_name name = twz_elf_name(text, strlen(text));
        const struct twz_elf_want want = {
            .version = version,
            .version_length = version ? strlen(version) : 0,
            .version_hash = version ? twz_elf_hash_sysv(version, strlen(version)) : 0,
            .hidden = true, /* as dlvsym() asks */
        };
        CHECK(&both, twz_elf_lookup(d, &name, &want, &found) == TWZ_ELF_OK);
        void *theirs = version ? dlvsym(handle, text, version) : dlsym(handle, text);
        if (twz_elf_symbol_type(&found) != STT_GNU_IFUNC)
            CHECK(&both, (uintptr_t)theirs == map->l_addr + found.sym.st_value);
        /* Without a version dlsym() takes the newest, where several are not hidden. */
        theirs = dlsym(handle, text);
        if (twz_elf_lookup(d, &name, NULL, &found) == TWZ_ELF_OK && !(theirs == NULL) &&
            twz_elf_symbol_type(&found) != STT_GNU_IFUNC) {
            uint16_t versym;
            assert_int_equal(twz_elf_versym(d, found.index, &versym), TWZ_ELF_OK);
            if (!(versym & 0x8000))
                CHECK(&both, (uintptr_t)theirs == map->l_addr + found.sym.st_value);
        }
        compared++;
    }
    close_both(&both);
    print_message("# %zu names of libc\n", compared);
    assert_true(compared > 1000);
}

int main(int argc, char **argv)
{
    static const struct CMUnitTest tests[] = {
        T(equals_the_system_linker, "relocated words: as the system's dynamic linker"),
        T(looks_up_like_the_system, "lookups: as dlsym and dlvsym"),
    };
    (void)argc;
    /* Libraries that are here already must not be bound lazily. */
    if (!getenv("LD_BIND_NOW") && setenv("LD_BIND_NOW", "1", 1) == 0)
        execv("/proc/self/exe", argv);
    elf_version(EV_CURRENT);
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
