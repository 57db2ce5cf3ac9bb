/* SPDX-License-Identifier: BSD-2-Clause */
/* The gates of libpicture.so: libpng and zlib in a compartment. Programs use picture.h. */
#ifndef PICTURE_GATES_H
#define PICTURE_GATES_H

#include <twz/gate.h>

#define PICTURE_FILE_MAX    (1u << 20) /* bytes of a PNG file */
#define PICTURE_ROWS_MAX    (1u << 16) /* bytes of rows in one call */
#define PICTURE_COLOURS_MAX 1024u      /* 256 RGBA colours */
#define PICTURE_SIDE_MAX    4096u      /* pixels */

/* The flat part: no pointers, every width fixed. */
struct picture_record {
    uint32_t width; /* pixels */
    uint32_t height;
    uint32_t mapped;    /* in: 1 for bytes that index a colour map, 0 for RGBA */
    uint32_t first_row; /* out: which rows the call brought */
    uint32_t row_count; /* out: 0 after the last one */
    uint32_t row_bytes; /* out */
    uint32_t colours;   /* out: entries of the colour map */
    char message[64];   /* out: what libpng has to say */
};

TWZ_GATE(int64_t, picture_gate_open, TWZ_IN(file, PICTURE_FILE_MAX),
         TWZ_INOUT(record, sizeof(struct picture_record)))
TWZ_GATE(int64_t, picture_gate_rows, TWZ_INOUT(record, sizeof(struct picture_record)),
         TWZ_OUT(rows, PICTURE_ROWS_MAX), TWZ_OUT(colours, PICTURE_COLOURS_MAX))

#endif
