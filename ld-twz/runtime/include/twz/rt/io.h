/* SPDX-License-Identifier: BSD-2-Clause */
/* Runtime ABI, input and output: the console, and what descriptors are bound to (<twz/rt/fd.h>). */
#ifndef TWZ_RT_IO_H
#define TWZ_RT_IO_H

#include <stdarg.h>
#include <twz/rt/abi.h>

/* Writes `size` bytes to the console; returns `size` or a negated enum twz_error. One gate call per
 * 4096 bytes. */
TWZ_RT_API int64_t twz_rt_write(const void *bytes, size_t size);

/* What another compartment has written, whether it was shown on the console or kept, as its policy
 * says: at most `size` bytes from byte *position on (0 at first), which moves on. Of what was
 * written the last 8 KiB are there; *position skips what is not. Returns how many bytes, 0 when
 * there are no more. For main: TWZ_EPERM for others. TWZ_ENOENT: no compartment of that name is in
 * use; TWZ_ENOTSUP with the minimal runtime. */
TWZ_RT_API int64_t twz_rt_output(const char *compartment, uint64_t *position, void *bytes,
                                 size_t size);

/* Formatted output: %d %i %u %x %X %o %c %s %p %%, with flags - 0 + space #, width, precision, *
 * and the lengths hh h l ll z j t. A line of up to 512 bytes is one gate call. Returns the number
 * of bytes or a negated enum twz_error. */
TWZ_RT_API int64_t twz_rt_print(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The same into a buffer of `size` bytes, always terminated if size > 0. Returns how many bytes
 * the whole text has, without the terminator. */
TWZ_RT_API size_t twz_rt_format(char *buffer, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
TWZ_RT_API size_t twz_rt_vformat(char *buffer, size_t size, const char *format, va_list arguments)
    __attribute__((format(printf, 3, 0)));

/* At most `size` bytes that were typed on the console, as they came, without waiting. Returns how
 * many; TWZ_EPERM in compartments other than main. */
TWZ_RT_API int64_t twz_rt_read(void *bytes, size_t size);

/* ---- Descriptors ----
 *
 * Each returns how many bytes went, which may be fewer than asked for and is 0 at the end, or a
 * failure as <twz/rt/fd.h> has them. */
TWZ_RT_API int64_t twz_rt_fd_read(int32_t fd, void *bytes, size_t size);
TWZ_RT_API int64_t twz_rt_fd_write(int32_t fd, const void *bytes, size_t size);
/* At a position of the file; the descriptor's own stays. */
TWZ_RT_API int64_t twz_rt_fd_read_at(int32_t fd, void *bytes, size_t size, uint64_t position);
TWZ_RT_API int64_t twz_rt_fd_write_at(int32_t fd, const void *bytes, size_t size,
                                      uint64_t position);

/* Several pieces of memory in one call, at most 1024. position: TWZ_RT_HERE, or as above. */
struct twz_rt_piece {
    void *bytes;
    size_t size;
};
#define TWZ_RT_HERE UINT64_MAX
TWZ_RT_API int64_t twz_rt_fd_read_pieces(int32_t fd, const struct twz_rt_piece *pieces,
                                         uint32_t count, uint64_t position);
TWZ_RT_API int64_t twz_rt_fd_write_pieces(int32_t fd, const struct twz_rt_piece *pieces,
                                          uint32_t count, uint64_t position);

enum twz_rt_ready {
    TWZ_RT_READY_READ = 1,
    TWZ_RT_READY_WRITE = 4,
    TWZ_RT_READY_ERROR = 8,   /* told always, as the next two */
    TWZ_RT_READY_CLOSED = 16, /* nobody is at the other end */
    TWZ_RT_READY_INVALID = 32 /* no such descriptor */
};

struct twz_rt_poll {
    int32_t fd;
    uint16_t wanted; /* enum twz_rt_ready */
    uint16_t ready;
};
_Static_assert(sizeof(struct twz_rt_poll) == 8, "ABI");

/* Waits until one of the descriptors is ready, or twz_rt_clock() has reached `deadline`
 * (UINT64_MAX: none, 0: at once). Returns how many are. */
TWZ_RT_API int64_t twz_rt_fd_poll(struct twz_rt_poll *list, uint32_t count, uint64_t deadline);

#endif
