/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The memory contract: the only way in which libtwzelf reaches an input. A source is a number of
 * bytes and a way to read them; a source that lies in memory also says where, which saves the
 * copies. Offsets count from the start of the source.
 *
 * The bytes must not change while they are being looked at. If they do, answers are wrong, but no
 * access leaves the source: every range is checked where it is used. (One exception: text that
 * twz_elf_string() returned in place is only NUL-terminated as long as nobody changes it.)
 */
#ifndef TWZELF_BYTES_H
#define TWZELF_BYTES_H

#include <twzelf/base.h>

struct twz_elf_bytes {
    uint64_t size;      /* bytes in the source */
    const void *direct; /* the source in memory, or NULL. Any alignment. */
    /* Copies [offset, offset + length), which lies inside the source, to buffer; false when that
     * fails. Not used while `direct` is set. */
    bool (*read)(const struct twz_elf_bytes *bytes, uint64_t offset, void *buffer, size_t length);
    void *context;  /* for `read` */
    uint64_t start; /* for `read`: address or offset of the source's first byte */
};

/* A source that lies in memory. The caller keeps it alive. */
TWZ_ELF_API void twz_elf_bytes_memory(struct twz_elf_bytes *bytes, const void *start, size_t size);

/* A source behind a callback, for instance another address space. */
TWZ_ELF_API void twz_elf_bytes_callback(struct twz_elf_bytes *bytes, uint64_t start, uint64_t size,
                                        bool (*read)(const struct twz_elf_bytes *, uint64_t, void *,
                                                     size_t),
                                        void *context);

/* Copies length bytes at offset to buffer. False when the range leaves the source or the source
 * fails; buffer is then unspecified. */
TWZ_ELF_CHECKED bool twz_elf_read(const struct twz_elf_bytes *bytes, uint64_t offset, void *buffer,
                                  size_t length);

/* Where the range lies in memory; NULL when it leaves the source or has no direct address. */
TWZ_ELF_API const void *twz_elf_direct(const struct twz_elf_bytes *bytes, uint64_t offset,
                                       uint64_t length);

#ifndef TWZ_FREESTANDING
/* Hosted systems only. Each returns 0 or an errno value. */

/* A file through pread(2). The descriptor stays the caller's and must stay open. The size is the
 * one at this moment; if the file shrinks later, reads fail. */
TWZ_ELF_CHECKED int twz_elf_bytes_file(struct twz_elf_bytes *bytes, int fd);

/* Part of another process's address space, through process_vm_readv(2). */
TWZ_ELF_CHECKED int twz_elf_bytes_process(struct twz_elf_bytes *bytes, int pid, uint64_t address,
                                          uint64_t size);
#endif

#endif
