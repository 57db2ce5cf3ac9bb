/* SPDX-License-Identifier: BSD-2-Clause */
/* For tests that change the small file of elf_builder.h and open it: FRESH(function, title). */
#ifndef ELF_FIXTURE_H
#define ELF_FIXTURE_H

#include "test.h"

#include "elf_builder.h"

static struct elf_image image; /* as it is built, at the start of each test */
static struct twz_elf_file file;
static struct twz_elf_bytes bytes;

static inline int fresh(void **state)
{
    (void)state;
    build_elf(&image, EM_X86_64);
    return 0;
}

/* Opens it in memory, or behind a callback; it is good. */
static inline void open_file(bool direct)
{
    elf_bytes(&bytes, &image, direct);
    assert_int_equal(twz_elf_file_open(&file, &bytes, TWZ_ELF_VIEW_FILE, NULL), TWZ_ELF_OK);
}

#define FRESH(f, title) T_STATE(f, title, fresh, NULL)

#endif
