/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Files that others have made, read by libtwzelf and by elfutils; for tests that compare what both
 * say, or what the system's dynamic linker does.
 */
#ifndef TWZ_REAL_FILE_H
#define TWZ_REAL_FILE_H

#include "test.h"

#include <fcntl.h>
#include <gelf.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <twzelf/load.h>
#include <unistd.h>

/* An opened file, by both libraries. */
struct both {
    const char *path;
    void *map;
    size_t size;
    Elf *elf;
    struct twz_elf_bytes bytes;
    struct twz_elf_file file;
    struct twz_elf_dynamic dynamic;
    bool has_dynamic;
};

static inline bool wanted(const uint8_t *header)
{
    Elf64_Ehdr ehdr;
    memcpy(&ehdr, header, sizeof ehdr);
    return memcmp(ehdr.e_ident, ELFMAG, SELFMAG) == 0 && ehdr.e_ident[EI_CLASS] == ELFCLASS64 &&
           ehdr.e_ident[EI_DATA] == ELFDATA2LSB &&
           (ehdr.e_machine == EM_X86_64 || ehdr.e_machine == EM_AARCH64) &&
           (ehdr.e_type == ET_EXEC || ehdr.e_type == ET_DYN);
}

/* Files of debug information have headers that describe another file: no contents (SHT_NOBITS). */
static inline bool is_debug_file(Elf *elf)
{
    Elf_Scn *section = NULL;
    while ((section = elf_nextscn(elf, section))) {
        GElf_Shdr shdr;
        if (gelf_getshdr(section, &shdr) && (shdr.sh_flags & SHF_EXECINSTR))
            return shdr.sh_type == SHT_NOBITS;
    }
    return false;
}

static inline bool open_both(struct both *both, const char *path)
{
    *both = (struct both){.path = path};
    struct stat status;
    uint8_t header[sizeof(Elf64_Ehdr)];
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    if (fstat(fd, &status) || !S_ISREG(status.st_mode) ||
        pread(fd, header, sizeof header, 0) != sizeof header || !wanted(header)) {
        close(fd);
        return false;
    }
    both->size = (size_t)status.st_size;
    both->map = mmap(NULL, both->size, PROT_READ, MAP_PRIVATE, fd, 0);
    close(fd);
    if (both->map == MAP_FAILED)
        return false;
    both->elf = elf_memory(both->map, both->size);
    assert_non_null(both->elf);
    if (is_debug_file(both->elf)) {
        elf_end(both->elf);
        munmap(both->map, both->size);
        return false;
    }
    return true;
}

static inline void close_both(struct both *both)
{
    elf_end(both->elf);
    munmap(both->map, both->size);
}

#define CHECK(both, condition)                                                                     \
    do {                                                                                           \
        if (!(condition))                                                                          \
            fail_msg("%s: %s", (both)->path, #condition);                                          \
    } while (0)

static inline bool complain(struct twz_elf_diag *diag, const struct twz_elf_problem *problem)
{
    char line[TWZ_ELF_LINE];
    twz_elf_format(problem, line, sizeof line);
    print_error("%s: %s\n", (const char *)diag->context, line);
    return true;
}

static inline void accept(struct both *both)
{
    struct twz_elf_diag diag = {.report = complain, .context = (void *)(uintptr_t)both->path};
    twz_elf_bytes_memory(&both->bytes, both->map, both->size);
    CHECK(both, twz_elf_file_open(&both->file, &both->bytes, TWZ_ELF_VIEW_FILE, &diag) == 0);
    const enum twz_elf_error error = twz_elf_dynamic_open(&both->dynamic, &both->file, &diag);
    CHECK(both, error == TWZ_ELF_OK || error == TWZ_ELF_DYNAMIC_NONE);
    both->has_dynamic = error == TWZ_ELF_OK;
    if (!both->has_dynamic)
        return;
    CHECK(both, twz_elf_symbols_check(&both->dynamic, &diag) == TWZ_ELF_OK);
    CHECK(both, twz_elf_versions_check(&both->dynamic, &diag) == TWZ_ELF_OK);
    CHECK(both, twz_elf_relocs_check(&both->dynamic, TWZ_ELF_ACCEPT_ALL, &diag) == TWZ_ELF_OK);
}

/* The data of the file where it would be loaded, before any relocation; size bytes, by mmap(). */
static inline uint8_t *load_image(const struct both *both, uint64_t size)
{
    uint8_t *image = mmap(NULL, size, PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    CHECK(both, image != MAP_FAILED);
    for (uint32_t i = 0; i < both->file.load_count; i++) {
        const struct twz_elf_segment *load = &both->file.loads[i];
        if (load->flags & PF_W)
            memcpy(image + (load->vaddr - both->file.low), (uint8_t *)both->map + load->offset,
                   load->filesz);
    }
    return image;
}

/* A TLS descriptor whose words say what it was made of. */
static inline bool fake_tlsdesc(void *context, const struct twz_elf_definition *definition,
                                int64_t addend, uint64_t words[2])
{
    (void)context;
    words[0] = 1;
    words[1] = definition->value + (uint64_t)addend;
    return true;
}

#endif
