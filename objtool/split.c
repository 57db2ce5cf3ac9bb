/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a program needs to run, apart from what a debugger needs to explain it. The linker script
 * puts everything that is loaded first, so that the former is the beginning of the file, without
 * its section headers; the latter is the whole file, in an object named after the build ID.
 */
#include "tool.h"

#include <elf.h>
#include <string.h>
#include <twzelf/load.h>

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

void elf_forget_sections(uint8_t *bytes)
{
    Elf64_Ehdr *header = (Elf64_Ehdr *)(void *)bytes;

    header->e_shoff = 0;
    header->e_shnum = 0;
    header->e_shstrndx = SHN_UNDEF;
}
