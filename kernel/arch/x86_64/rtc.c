/* SPDX-License-Identifier: BSD-2-Clause */
/* The battery clock: an MC146818 at 0x70, in UTC, of this century. */
#include "arch.h"
#include "cpu.h"
#include <string.h>

enum { SECOND, MINUTE, HOUR, DAY, MONTH, YEAR, FIELDS };

static uint8_t cmos(uint8_t number)
{
    k_outb(0x70, number);
    return k_inb(0x71);
}

static void read_fields(uint8_t *fields)
{
    static const uint8_t numbers[FIELDS] = {0, 2, 4, 7, 8, 9};
    for (unsigned i = 0; i < FIELDS; i++)
        fields[i] = cmos(numbers[i]);
}

uint64_t k_calendar(void)
{
    static const uint16_t before_month[] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    uint8_t t[FIELDS], again[FIELDS], mode = cmos(11);
    for (unsigned tries = 0; tries < 100; tries++) { /* it may go on while it is read */
        read_fields(t);
        read_fields(again);
        if (memcmp(t, again, FIELDS) == 0)
            break;
    }
    bool afternoon = (mode & 2) == 0 && (t[HOUR] & 0x80) != 0;
    t[HOUR] &= 0x7f;
    for (unsigned i = 0; i < FIELDS && (mode & 4) == 0; i++) /* decimal digits */
        t[i] = (uint8_t)((t[i] >> 4) * 10 + (t[i] & 15));
    if (t[MONTH] < 1 || t[MONTH] > 12 || t[YEAR] > 99)
        return 0;
    if ((mode & 2) == 0)
        t[HOUR] = (uint8_t)(t[HOUR] % 12 + (afternoon ? 12 : 0));
    uint64_t days = 10957 + t[YEAR] * 365u + (t[YEAR] + 3u) / 4 + before_month[t[MONTH] - 1] +
                    (t[YEAR] % 4 == 0 && t[MONTH] > 2) + t[DAY] - 1u;
    return (((days * 24 + t[HOUR]) * 60 + t[MINUTE]) * 60 + t[SECOND]) * 1000000000ull;
}
