/* SPDX-License-Identifier: BSD-2-Clause */
/* main() of programs that have cli_main() alone. In an archive of its own, libtwzcli.a, so that
 * nobody else gets it. */
#include <twz/rt/exec.h>

int main(int argc, char **argv);
int main(int argc, char **argv)
{
    return cli_main((struct twz_rt_arguments){(size_t)argc, (const char *const *)argv});
}
