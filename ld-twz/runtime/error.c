/* SPDX-License-Identifier: BSD-2-Clause */
#include <twz/rt/error.h>

const char *twz_rt_error_text(int64_t error)
{
    switch (error < 0 ? -error : error) {
#define X(name, number, text)                                                                      \
    case number:                                                                                   \
        return text;
        TWZ_ERRORS(X)
#undef X
#define X(name, category, number, text)                                                            \
    case TWZ_RT_CODE(category, number):                                                            \
        return text;
        TWZ_RT_ERRORS(X)
#undef X
    default:
        return error == 0                                     ? "success"
               : twz_rt_error_category(error) == TWZ_RT_FILES ? "an error of files"
                                                              : "an unknown error";
    }
}
