/* SPDX-License-Identifier: BSD-2-Clause */
/* Runtime ABI, output: the console. */
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

#endif
