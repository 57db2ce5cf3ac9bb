/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runtime ABI, what is loaded: the ELF files of the compartment, for unwinders, debuggers and
 * reports. <twz/rt/dl.h> loads.
 */
#ifndef TWZ_RT_DEBUG_H
#define TWZ_RT_DEBUG_H

#include <twz/rt/error.h>

struct twz_rt_image {
    const char *name;    /* DT_SONAME, or "" */
    uint64_t base;       /* address of ELF virtual address 0 */
    const void *headers; /* Elf64_Phdr[header_count], as in the file */
    uint64_t header_count;
    uint64_t tls_module; /* or 0 */
    uint64_t handle;     /* for <twz/rt/dl.h> */
};
_Static_assert(sizeof(struct twz_rt_image) == 48, "ABI");

/* The images of the compartment, one after the other: *cursor starts as 0. Returns 0; TWZ_ENOENT:
 * there are no more. */
TWZ_RT_API int64_t twz_rt_image_next(uint64_t *cursor, struct twz_rt_image *image);
/* The one that has this address in a segment. TWZ_ENOENT: none. */
TWZ_RT_API int64_t twz_rt_image_of(const void *address, struct twz_rt_image *image);
/* How many images have come and gone so far: when these stay, what was read stays right. */
TWZ_RT_API void twz_rt_image_changes(uint64_t *loads, uint64_t *unloads);

struct twz_rt_place {
    const char *library; /* or the compartment's name */
    const char *symbol;  /* exported, with this address in it, or NULL */
    void *address;       /* of the symbol */
    uint64_t base;       /* of the library */
};

/* TWZ_ENOENT: no library of the compartment is there. */
TWZ_RT_API int64_t twz_rt_place(const void *address, struct twz_rt_place *place);

#endif
