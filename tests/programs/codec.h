/* SPDX-License-Identifier: BSD-2-Clause */
/* The gates of libcodec.so: decompression in a compartment of its own. */
#ifndef CODEC_H
#define CODEC_H

#include <twz/gate.h>

#define CODEC_CHUNK (64u << 10) /* most bytes of one buffer */

/* Starts a new gzip or zlib stream. `cookie` is the caller's: the codec has no use for it. Returns
 * 0 or a negated enum twz_error. */
TWZ_GATE(int64_t, codec_open, TWZ_VAL(uint64_t, cookie))

/* Takes all of src and writes what it can of the result to dst. Returns how many bytes that were;
 * when dst is full there may be more, for which src may be empty. */
TWZ_GATE(int64_t, codec_inflate, TWZ_IN(src, CODEC_CHUNK), TWZ_OUT(dst, CODEC_CHUNK))

/* Returns 1 after the end of the stream, else 0. */
TWZ_GATE(int32_t, codec_done)

#endif
