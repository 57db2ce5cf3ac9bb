/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Runtime ABI, memory and strings: the functions that compilers call on their own and the few that
 * freestanding C code expects. They mean what ISO C says. libtwzc.a has them, and libc where that
 * is linked; libtwzrt.so does not show its own, which would win over libc's.
 */
#ifndef TWZ_RT_STRING_H
#define TWZ_RT_STRING_H

#include <twz/rt/abi.h>

TWZ_RT_API void *memcpy(void *to, const void *from, size_t size);
TWZ_RT_API void *memmove(void *to, const void *from, size_t size);
TWZ_RT_API void *memset(void *to, int byte, size_t size);
TWZ_RT_API int memcmp(const void *a, const void *b, size_t size);
TWZ_RT_API int bcmp(const void *a, const void *b, size_t size); /* LLVM calls it: 0 when equal */
TWZ_RT_API void *memchr(const void *bytes, int byte, size_t size);
TWZ_RT_API size_t strlen(const char *text);
TWZ_RT_API size_t strnlen(const char *text, size_t limit);
TWZ_RT_API int strcmp(const char *a, const char *b);
TWZ_RT_API int strncmp(const char *a, const char *b, size_t limit);
TWZ_RT_API char *strchr(const char *text, int byte);
TWZ_RT_API char *strrchr(const char *text, int byte);
TWZ_RT_API char *strcpy(char *to, const char *from);

#endif
