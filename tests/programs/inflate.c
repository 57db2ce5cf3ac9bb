/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * inflate OBJECT: decompresses a gzip object of the image through the codec's gates and prints size
 * and CRC. The program does not trust the codec: it counts and sums by itself, and when a call ends
 * badly it starts the stream again. It keeps a secret that the codec learns the address of, as
 * libraries do learn addresses, and tells at the end whether its own data is as it was.
 */
#include "codec.h"

#include <stdbool.h>
#include <twz/rt/core.h>
#include <twz/rt/info.h>
#include <twz/rt/io.h>
#include <twz/rt/object.h>
#include <twz/rt/string.h>

#define ATTEMPTS 16

static struct session {
    char secret[32];
    uint64_t calls;
} session = {.secret = "the key under the third doormat"};

static unsigned char output[CODEC_CHUNK];

static uint32_t crc_update(uint32_t crc, const unsigned char *bytes, size_t size)
{
    static uint32_t table[256];
    if (table[1] == 0)
        for (uint32_t i = 0; i < 256; i++) {
            uint32_t value = i;
            for (int bit = 0; bit < 8; bit++)
                value = value & 1 ? 0xedb88320u ^ (value >> 1) : value >> 1;
            table[i] = value;
        }
    crc = ~crc;
    for (size_t i = 0; i < size; i++)
        crc = table[(crc ^ bytes[i]) & 0xff] ^ (crc >> 8);
    return ~crc;
}

struct result {
    uint64_t size;
    uint32_t crc;
};

/* Hands one chunk of input to the codec and takes all the output that it gives for it. */
static int64_t inflate_chunk(const char *src, size_t size, struct result *result)
{
    int64_t made;
    do {
        made = codec_inflate(src, size, output, sizeof output);
        session.calls++;
        if (made < 0 || (uint64_t)made > sizeof output)
            return made < 0 ? made : -TWZ_EINVAL;
        result->crc = crc_update(result->crc, output, (size_t)made);
        result->size += (uint64_t)made;
        size = 0;
    } while (made == sizeof output);
    return 0;
}

static int64_t inflate_object(const struct twz_rt_object *object, struct result *result)
{
    *result = (struct result){0, 0};
    int64_t status = codec_open((uintptr_t)&session);
    const char *src = object->data;
    for (size_t at = 0; status >= 0 && at < object->length; at += CODEC_CHUNK / 4) {
        size_t rest = object->length - at;
        status = inflate_chunk(src + at, rest < CODEC_CHUNK / 4 ? rest : CODEC_CHUNK / 4, result);
    }
    if (status >= 0 && codec_done() != 1)
        status = -TWZ_EINVAL; /* the input ends too early */
    return status;
}

static bool intact(void)
{
    return strcmp(session.secret, "the key under the third doormat") == 0;
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        twz_rt_print("usage: inflate OBJECT\n");
        return 2;
    }
    struct twz_rt_object object;
    int64_t status = twz_rt_object_open(argv[1], &object);
    if (status < 0) {
        twz_rt_print("inflate: %s: %s\n", argv[1], twz_rt_error_text(status));
        return 3;
    }
    struct result result;
    for (int attempt = 1; attempt <= ATTEMPTS; attempt++) {
        status = inflate_object(&object, &result);
        if (status >= 0)
            break;
        twz_rt_print("inflate: attempt %d: %s\n", attempt, twz_rt_error_text(status));
        if (status == -TWZ_EDEAD)
            break;
    }
    twz_rt_print("inflate: %lu gate calls, own data %s\n", session.calls,
                 intact() ? "intact" : "CHANGED");
    if (status < 0)
        return 1;
    twz_rt_print("inflate: %s: %lu bytes, crc32 %08x\n", argv[1], result.size, result.crc);
    return intact() ? 0 : 1;
}
