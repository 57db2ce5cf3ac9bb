/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * view [-m] [-n] FILE...: the core of an image viewer. Decodes PNG files and prints for each its
 * size and a checksum of its pixels; -m takes them as indices and a colour map, -n prints the
 * notes that the program keeps for its user. At the end it tells whether its own data is as it was.
 */
#include "picture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NOTES "the combination of the safe is 24-7-59\n"

static char notes[] = NOTES;
static unsigned char rows[PICTURE_ROWS_MAX], colours[PICTURE_COLOURS_MAX];
static unsigned char file[PICTURE_FILE_MAX];

/* For -n, and for nobody else: a picture has no business here. */
void print_notes(void);
void print_notes(void)
{
    (void)!write(1, notes, sizeof notes - 1);
}

/* FNV-1a, 64 bits. */
static uint64_t sum(uint64_t hash, const unsigned char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ bytes[i]) * 0x100000001b3;
    return hash;
}

static int view(const char *name, uint32_t mapped)
{
    FILE *stream = fopen(name, "rb");
    if (stream == NULL) {
        printf("view: %s: there is no such file\n", name);
        return 1;
    }
    size_t size = fread(file, 1, sizeof file, stream);
    fclose(stream);

    struct picture picture = {
        .record.mapped = mapped, .rows = {rows, sizeof rows}, .colours = {colours, sizeof colours}};
    uint64_t hash = 0xcbf29ce484222325;
    int64_t status = picture_open(&picture, file, size);
    while (status >= 0 && (status = picture_next(&picture)) > 0)
        hash = sum(hash, rows, (size_t)picture.record.row_count * picture.record.row_bytes);
    if (status < 0) {
        printf("view: %s: error %d%s%s\n", name, (int)-status,
               picture.record.message[0] ? ": " : "", picture.record.message);
        return 1;
    }
    hash = sum(hash, colours, picture.record.colours * 4);
    printf("view: %s: %u x %u, %u colours, checksum %016lx\n", name, picture.record.width,
           picture.record.height, picture.record.colours, (unsigned long)hash);
    return 0;
}

int main(int argc, char **argv)
{
    uint32_t mapped = 0;
    int status = 0;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "-m") == 0)
            mapped = 1;
        else if (strcmp(argv[i], "-n") == 0)
            print_notes();
        else
            status |= view(argv[i], mapped);
        fflush(stdout);
    }
    printf("view: notes %s\n", strcmp(notes, NOTES) == 0 ? "intact" : "CHANGED");
    return status;
}
