/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a program needs to run, apart from what a debugger needs to explain it. The linker script
 * puts everything that is loaded first, so that the former is the beginning of the file, without
 * its section headers; the latter is the whole file, in an object named after the build ID.
 */
#include "tool.h"

#include <gelf.h>
#include <string.h>
#include <sys/mman.h>
#include <twzelf/load.h>
#include <unistd.h>

static int refuse(const char *file, const char *expected, const char *cure)
{
    report_problem(
        &(struct problem){.file = file, .error = "E_SPLIT", .expected = expected, .cure = cure});
    return STATUS_INPUT;
}

static uint64_t loaded_end(const struct twz_elf_file *elf)
{
    uint64_t end = elf->phoff + elf->phnum * sizeof(Elf64_Phdr);

    for (uint32_t i = 0; i < elf->load_count; i++) {
        const struct twz_elf_segment *s = &elf->loads[i];

        if (s->offset + s->filesz > end)
            end = s->offset + s->filesz;
    }
    return end;
}

bool elf_debug_name(const struct twz_elf_module *module, char name[OBJ_NAME_SIZE])
{
    uint8_t id[48];
    size_t length;

    if (twz_elf_build_id(&module->file, id, sizeof(id), &length, NULL) != TWZ_ELF_OK || length == 0)
        return false;
    for (size_t i = 0; i < length; i++)
        snprintf(name + 2 * i, 3, "%02x", id[i]);
    memcpy(name + 2 * length, ".debug", sizeof(".debug"));
    return true;
}

int elf_split(struct input *input, uint64_t *loaded, char name[OBJ_NAME_SIZE])
{
    static struct twz_elf_module module;
    struct twz_elf_bytes bytes;

    twz_elf_bytes_memory(&bytes, input->bytes, input->size);
    if (twz_elf_module_open(&module, &bytes, EM_X86_64, NULL) != TWZ_ELF_OK)
        return refuse(input->path, "expected an ELF file in the two-slot layout",
                      "see `objtool check`");
    if (!elf_debug_name(&module, name))
        return refuse(input->path, "expected a build ID, by which debug data is found",
                      "link with --build-id, as twz-cc does");
    *loaded = loaded_end(&module.file);
    return STATUS_FINE;
}

/* Writes the headers of `from`, a file without sections now, to their places in a file. */
static bool write_headers(Elf *from, int fd)
{
    Elf *to = elf_begin(fd, ELF_C_WRITE, NULL);
    GElf_Ehdr header;
    GElf_Phdr phdr;
    size_t count = 0;
    bool fine = to && gelf_getehdr(from, &header) && elf_getphdrnum(from, &count) == 0 &&
                gelf_newehdr(to, ELFCLASS64) && gelf_newphdr(to, count);

    elf_flagelf(to, ELF_C_SET, ELF_F_LAYOUT); /* they stay where they are */
    for (size_t i = 0; fine && i < count; i++)
        fine = gelf_getphdr(from, (int)i, &phdr) && gelf_update_phdr(to, (int)i, &phdr);
    header.e_shoff = 0;
    header.e_shnum = 0;
    header.e_shstrndx = SHN_UNDEF;
    fine = fine && gelf_update_ehdr(to, &header) && elf_update(to, ELF_C_WRITE) >= 0;
    elf_end(to);
    return fine;
}

/* The program headers say what they said; so the ELF header is all that has to be taken over. */
static bool take_header(uint8_t *bytes, int fd)
{
    Elf64_Ehdr header;

    if (pread(fd, &header, sizeof(header), 0) != sizeof(header))
        return false;
    memcpy(bytes, &header, sizeof(header));
    return true;
}

int elf_forget_sections(struct input *input)
{
    Elf *from =
        elf_version(EV_CURRENT) == EV_NONE ? NULL : elf_memory((char *)input->bytes, input->size);
    int fd = from ? memfd_create("headers", MFD_CLOEXEC) : -1; /* libelf writes to files only */
    bool fine = fd >= 0 && write_headers(from, fd) && take_header(input->bytes, fd);

    if (fd >= 0)
        close(fd);
    elf_end(from);
    return fine ? STATUS_FINE
                : refuse(input->path, "cannot write its headers without sections",
                         "is there memory, and are its sections as `readelf -S` expects them?");
}
