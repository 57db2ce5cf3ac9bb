/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbers with units, as policies have them. */
#include "policy_text.h"
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <twz/sys/types.h>

/* 64k, 16M, 1G or bytes. */
bool policy_size(const char *text, uint64_t *size)
{
    char *end;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    uint64_t unit = 1;
    if (!isdigit((unsigned char)*text) || errno)
        return false;
    switch (tolower((unsigned char)*end)) {
    case 'k':
        unit = 1ull << 10;
        break;
    case 'm':
        unit = 1ull << 20;
        break;
    case 'g':
        unit = 1ull << 30;
        break;
    default:
        end--;
    }
    return !end[1] && !__builtin_mul_overflow((uint64_t)value, unit, size) &&
           *size <= TWZ_SLOT_SIZE - 2 * TWZ_PAGE_SIZE;
}

/* 50ms, 2s. */
bool policy_duration(const char *text, uint32_t *milliseconds)
{
    char *end;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    unsigned long long unit = strcmp(end, "ms") == 0 ? 1 : strcmp(end, "s") == 0 ? 1000 : 0;
    if (!isdigit((unsigned char)*text) || errno || !unit || value > UINT32_MAX / unit)
        return false;
    *milliseconds = (uint32_t)(value * unit);
    return true;
}
