/* SPDX-License-Identifier: BSD-2-Clause */
/* Gates of a library that is written in Rust. */
#include <twz/gate.h>

/* Different words of a text; the most frequent one, terminated, in `most`. Panics, as Rust does,
 * when `most` is too small for it. */
TWZ_GATE(int64_t, words_count, TWZ_IN(text, 1 << 16), TWZ_OUT(most, 64))

/* How many calls there were since the compartment started. */
TWZ_GATE(int64_t, words_calls)
