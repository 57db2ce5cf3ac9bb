/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What every unit test starts from: cmocka, speaking TAP. A test program is one file,
 *
 *     static void refuses_truncated(void **state) { ... }
 *     RUN_TESTS(T(refuses_truncated, "P5 a truncated header is refused"), ...)
 *
 * and is built and run twice: plainly, and under ASan and UBSan. A title that starts with P and a
 * number proves that row of the promises; a test without such a number is just as welcome.
 */
#ifndef TWZ_TEST_H
#define TWZ_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define T(function, title)                                                                         \
    {                                                                                              \
        .name = title, .test_func = function                                                       \
    }
#define T_STATE(f, title, up, down)                                                                \
    {                                                                                              \
        .name = title, .test_func = f, .setup_func = up, .teardown_func = down                     \
    }

#define RUN_TESTS(...)                                                                             \
    int main(void)                                                                                 \
    {                                                                                              \
        const struct CMUnitTest tests[] = {__VA_ARGS__};                                           \
        cmocka_set_message_output(CM_OUTPUT_TAP);                                                  \
        return cmocka_run_group_tests(tests, NULL, NULL);                                          \
    }

#endif
