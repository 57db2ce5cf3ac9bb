/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pictures from a decoder that is not trusted. A program works with struct picture, which has
 * buffers nested in it; a gate takes no such thing. The functions below flatten it: the scalars
 * travel as one record, each buffer travels beside it with a bound of its own, and what comes back
 * is checked before it is believed.
 */
#ifndef PICTURE_H
#define PICTURE_H

#include "picture_gates.h"

#include <stdbool.h>

struct picture {
    struct picture_record record;
    struct {
        unsigned char *bytes;
        size_t size;
    } rows, colours; /* the caller's, filled by picture_next() */
};

/* Starts with a PNG file in memory. Returns 0 or a negated enum twz_error. */
static inline int64_t picture_open(struct picture *picture, const void *file, size_t size)
{
    struct picture_record *record = &picture->record;
    int64_t status = picture_gate_open(file, size, record, sizeof *record);
    record->message[sizeof record->message - 1] = '\0';
    if (status == 0 && (record->width == 0 || record->width > PICTURE_SIDE_MAX ||
                        record->height == 0 || record->height > PICTURE_SIDE_MAX))
        status = -TWZ_EINVAL;
    return status;
}

/* Brings the next rows, as many as fit into picture->rows, and the colour map. Returns 1, 0 when
 * there are no more, or a negated enum twz_error. */
static inline int64_t picture_next(struct picture *picture)
{
    struct picture_record *record = &picture->record;
    const struct picture_record asked = *record;
    int64_t status =
        picture_gate_rows(record, sizeof *record, picture->rows.bytes, picture->rows.size,
                          picture->colours.bytes, picture->colours.size);
    record->message[sizeof record->message - 1] = '\0';
    if (status != 0)
        return status < 0 ? status : -TWZ_EINVAL;
    bool believable = record->width == asked.width && record->height == asked.height &&
                      record->mapped == asked.mapped &&
                      record->row_bytes == asked.width * (asked.mapped ? 1u : 4u) &&
                      record->first_row == asked.first_row + asked.row_count &&
                      record->row_count <= asked.height - record->first_row &&
                      record->row_count <= picture->rows.size / record->row_bytes &&
                      record->colours <= picture->colours.size / 4;
    return believable ? record->row_count > 0 : -TWZ_EINVAL;
}

#endif
