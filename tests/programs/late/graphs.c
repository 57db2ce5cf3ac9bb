/* SPDX-License-Identifier: BSD-2-Clause */
/* Opens and closes libraries as its arguments say, +a and -a, and prints what their constructors
 * and destructors noted: the same source here and under the host's linker. */
#ifdef HOST
#include <dlfcn.h>
#include <stdio.h>
#define print printf
#else
#include <twz/rt/io.h>
#define print    twz_rt_print
#define RTLD_NOW 2
void *dlopen(const char *name, int flags);
int dlclose(void *handle);
#endif

__attribute__((visibility("default"))) void note(char what);

static char notes[64];
static unsigned count;

void note(char what)
{
    if (count < sizeof notes - 1)
        notes[count++] = what;
    notes[count] = '\0';
}

int main(int argc, char **argv)
{
    void *handles[128] = {0};
    for (int i = 1; i < argc; i++) {
        const char *name = argv[i] + 1;
        char file[] = "lib???.so";
        for (int k = 0; k < 3 && name[k] != '\0'; k++)
            file[3 + k] = name[k];
        void **handle = &handles[(unsigned char)name[2] % 128];
        count = 0;
        notes[0] = '\0';
        if (argv[i][0] == '+') {
            void *opened = dlopen(file, RTLD_NOW);
            *handle = opened != NULL ? opened : *handle;
            print("graph %s: %s %s\n", argv[i], opened != NULL ? "open" : "refused", notes);
        } else {
            print("graph %s: %s %s\n", argv[i], dlclose(*handle) == 0 ? "closed" : "not", notes);
        }
    }
    return 0;
}
