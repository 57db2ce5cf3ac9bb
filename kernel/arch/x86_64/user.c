/* SPDX-License-Identifier: BSD-2-Clause */
/* The one pair of functions that touches user memory by its address. */
#include "entry.h"

static bool in_user_half(uint64_t address, size_t length)
{
    return address < K_USER_END && length <= K_USER_END - address;
}

bool k_copy_from_user(void *to, uint64_t from, size_t length)
{
    return in_user_half(from, length) && k_copy_user(to, (const void *)from, length);
}

bool k_copy_to_user(uint64_t to, const void *from, size_t length)
{
    return in_user_half(to, length) && k_copy_user((void *)to, from, length);
}
