/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the test of IDs needs on the host:
 *     idtool nonce HEX           the ID that a data object with this nonce has
 *     idtool tamper IMAGE FIELD  changes a bit of nonce, key or permissions of the first object,
 * with the header's checksum as it should be, so that only the ID is wrong
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <twzelf/image.h>

static int nonce(const char *text)
{
    struct twz_id id;
    char out[OBJ_ID_TEXT];
    if (!obj_id_parse(text, &id))
        return 2;
    obj_id_format(obj_id_nonce(id, NULL, 0, 0), out);
    puts(out);
    return 0;
}

static int tamper(const char *path, const char *field)
{
    struct stat status;
    int file = open(path, O_RDWR);
    if (file < 0 || fstat(file, &status) < 0)
        return 2;
    void *base = mmap(NULL, (size_t)status.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    struct obj_image image;
    struct obj_diag diag;
    if (base == MAP_FAILED ||
        obj_image_open(base, (uint64_t)status.st_size, &image, &diag) != OBJ_OK)
        return 2;
    struct obj_header *header = (void *)((char *)base + image.entries[0].offset);
    if (strcmp(field, "nonce") == 0)
        header->nonce.lo ^= 1;
    else if (strcmp(field, "key") == 0)
        header->key[31] ^= 0x80;
    else
        header->permissions ^= TWZ_READ;
    header->checksum = obj_checksum(header);
    return munmap(base, (size_t)status.st_size) == 0 ? 0 : 2;
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "nonce") == 0)
        return nonce(argv[2]);
    if (argc == 4 && strcmp(argv[1], "tamper") == 0)
        return tamper(argv[2], argv[3]);
    return 2;
}
