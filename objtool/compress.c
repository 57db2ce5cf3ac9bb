/* SPDX-License-Identifier: BSD-2-Clause */
/* zlib streams, a piece at a time, so that a user sees how far it is. */
#include "tool.h"

#include <string.h>
#include <zlib.h>

#define PIECE ((uint64_t)1 << 20)

/* What is left, but no more than a piece: zlib counts in `unsigned`. */
static uInt piece(uint64_t left)
{
    return (uInt)(left < PIECE ? left : PIECE);
}

/* Runs a stream to its end. *from_size and *to_size become what was taken and made. */
static int run(z_stream *z, int (*step)(z_stream *, int), const char *doing, const char *file,
               const uint8_t *from, uint64_t *from_size, uint8_t *to, uint64_t *to_size)
{
    int result = Z_OK;

    z->next_in = (Bytef *)(uintptr_t)from;
    z->next_out = to;
    while (result == Z_OK) {
        const uint64_t taken = (uint64_t)(z->next_in - from), made = (uint64_t)(z->next_out - to);

        progress(doing, file, taken, *from_size);
        z->avail_in = piece(*from_size - taken);
        z->avail_out = piece(*to_size - made);
        result = step(z, taken + z->avail_in == *from_size ? Z_FINISH : Z_NO_FLUSH);
        /* Only a piece was full or empty; Z_BUF_ERROR otherwise: there is no more. */
        if (result == Z_BUF_ERROR && (z->next_in != from + taken || z->next_out != to + made))
            result = Z_OK;
    }
    *from_size = (uint64_t)(z->next_in - from);
    *to_size = (uint64_t)(z->next_out - to);
    return result;
}

uint64_t compress_room(uint64_t size)
{
    return compressBound(size);
}

int compress_bytes(const char *file, const uint8_t *from, uint64_t size, uint8_t *to,
                   uint64_t *length)
{
    z_stream z = {.zalloc = Z_NULL};
    int result = deflateInit(&z, Z_BEST_COMPRESSION);

    if (result == Z_OK) {
        result = run(&z, deflate, "compressing", file, from, &size, to, length);
        deflateEnd(&z);
    }
    return result == Z_STREAM_END ? STATUS_FINE : report_no_memory(file);
}

int expand_bytes(const char *file, const uint8_t *from, uint64_t size, uint8_t *to,
                 uint64_t *length)
{
    const uint64_t wanted = *length;
    uint64_t taken = size;
    z_stream z = {.zalloc = Z_NULL};
    int result = inflateInit(&z);

    if (result == Z_OK) {
        result = run(&z, inflate, "expanding", file, from, &taken, to, length);
        inflateEnd(&z);
    }
    if (result == Z_MEM_ERROR)
        return report_no_memory(file);
    return result == Z_STREAM_END && taken == size && *length == wanted ? STATUS_FINE : STATUS_NO;
}
