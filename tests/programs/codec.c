/* SPDX-License-Identifier: BSD-2-Clause */
/* The shim between zlib, which is not changed, and the gates of codec.h. One stream at a time. */
#define TWZ_GATE_PROVIDER
#include "codec.h"

#include <twz/rt/alloc.h>
#include <twz/rt/string.h>
#include <zlib.h>

static z_stream stream;
static int state = Z_STREAM_END; /* what zlib said last */
static Bytef *pending;           /* input that did not fit into the output yet */

static voidpf codec_alloc(voidpf opaque, uInt count, uInt size)
{
    (void)opaque;
    return calloc(count, size);
}

static void codec_free(voidpf opaque, voidpf block)
{
    (void)opaque;
    free(block);
}

int64_t codec_open_impl(uint64_t cookie)
{
    (void)inflateEnd(&stream); /* says that there is none, the first time */
    free(pending);
    pending = NULL;
    stream =
        (z_stream){.zalloc = codec_alloc, .zfree = codec_free, .opaque = (voidpf)(uintptr_t)cookie};
    state = inflateInit2(&stream, 15 + 32); /* 32: gzip or zlib, by the header */
    return state == Z_OK ? 0 : -TWZ_ENOMEM;
}

/* Makes `src` follow the input that is left. */
static int64_t take(const void *src, size_t size)
{
    size_t left = stream.avail_in;
    Bytef *joined = malloc(left + size + 1);
    if (joined == NULL)
        return -TWZ_ENOMEM;
    memcpy(joined, stream.next_in, left);
    memcpy(joined + left, src, size);
    free(pending);
    pending = joined;
    stream.next_in = joined;
    stream.avail_in = (uInt)(left + size);
    return 0;
}

int64_t codec_inflate_impl(const void *src, size_t src_size, void *dst, size_t dst_size)
{
    if (state != Z_OK && state != Z_BUF_ERROR)
        return state == Z_STREAM_END ? 0 : -TWZ_EINVAL;
    int64_t status = src_size > 0 ? take(src, src_size) : 0;
    if (status < 0)
        return status;
    stream.next_out = dst;
    stream.avail_out = (uInt)dst_size;
    state = inflate(&stream, Z_NO_FLUSH);
    if (state != Z_OK && state != Z_STREAM_END && state != Z_BUF_ERROR)
        return -TWZ_EINVAL;
    return (int64_t)(dst_size - stream.avail_out);
}

int32_t codec_done_impl(void)
{
    return state == Z_STREAM_END;
}
