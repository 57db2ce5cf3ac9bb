/* SPDX-License-Identifier: BSD-2-Clause */
#include <twz/rt/info.h>

const char *twz_rt_error_text(int64_t error)
{
    switch (error < 0 ? -error : error) {
#define X(name, number, text)                                                                      \
    case number:                                                                                   \
        return text;
        TWZ_ERRORS(X)
#undef X
    default:
        return error == 0 ? "success" : "an unknown error";
    }
}
