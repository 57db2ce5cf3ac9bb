/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A second for each input of libFuzzer, of processor time: its own -timeout counts what the rest of
 * the machine does as well. Linked with --wrap around a fuzz target; an input that takes longer is
 * kept like one that crashes.
 */
#define _XOPEN_SOURCE 700
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/time.h>

int __real_LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int __wrap_LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void takes_too_long(int number)
{
    (void)number;
    abort();
}

int __wrap_LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct itimerval second = {.it_value = {.tv_sec = 1}}, never;
    static int ready;

    if (!ready++)
        signal(SIGPROF, takes_too_long);
    setitimer(ITIMER_PROF, &second, NULL);
    const int result = __real_LLVMFuzzerTestOneInput(data, size);
    setitimer(ITIMER_PROF, &never, NULL);
    return result;
}
