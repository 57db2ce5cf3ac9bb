/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * scripted [-g GATE] FILE...: a program that others extend by Lua scripts. It runs each of them in
 * the sandbox and prints what came of it. At the end it tells whether its own data is as it was.
 */
#include "sandbox_gates.h" /* as a caller */
#define TWZ_GATE_PROVIDER
#include "host_gates.h"

#include <stdio.h>
#include <string.h>

#define SECRET "thursday, at the usual place"

static char secret[] = SECRET;
static const char *gate = "";
static unsigned logged;

int64_t host_log_impl(const char *text, size_t text_size)
{
    logged++;
    return printf("log: %.*s\n", (int)text_size, text);
}

/* What scripts may know. It is generous with addresses and numbers, as programs are. */
int64_t host_lookup_impl(const char *key, size_t key_size, void *value, size_t value_size)
{
    (void)key_size;
    if (strcmp(key, "greeting") == 0)
        return snprintf(value, value_size, "good morning");
    if (strcmp(key, "address") == 0)
        return snprintf(value, value_size, "%lu", (unsigned long)secret);
    if (strcmp(key, "gate") == 0)
        return snprintf(value, value_size, "%s", gate);
    return -TWZ_ENOENT;
}

static void run(const char *name)
{
    static char script[SANDBOX_SCRIPT_MAX], result[SANDBOX_RESULT_MAX];
    FILE *stream = fopen(name, "rb");
    if (stream == NULL) {
        printf("%s: there is no such file\n", name);
        return;
    }
    size_t size = fread(script, 1, sizeof script, stream);
    fclose(stream);
    result[0] = '\0';
    int64_t status = sandbox_run(script, size, result, sizeof result);
    int64_t ended = twz_rt_gate_status();
    result[sizeof result - 1] = '\0';
    if (ended != 0)
        printf("%s: stopped with error %d\n", name, (int)-ended);
    else
        printf("%s: %s %s\n", name, status == 0 ? "returned" : "failed:", result);
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "-g") == 0 && argv[i + 1] != NULL)
            gate = argv[++i];
        else
            run(argv[i]);
        fflush(stdout);
    }
    printf("scripted: %u lines logged, secret %s\n", logged,
           strcmp(secret, SECRET) == 0 ? "intact" : "CHANGED");
    return 0;
}
