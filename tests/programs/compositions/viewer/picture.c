/* SPDX-License-Identifier: BSD-2-Clause */
/* The shim between libpng, which is not changed, and the gates of picture_gates.h. One picture at a
 * time: it is decoded when its first rows are asked for. */
#define TWZ_GATE_PROVIDER
#include "picture_gates.h"

#include <png.h>
#include <stdlib.h>
#include <string.h>

static png_image image;
static void *file_copy; /* libpng reads from it until the picture is decoded */
static unsigned char *pixels;
static unsigned char colours_kept[PICTURE_COLOURS_MAX];
static uint32_t next_row;

static void forget(void)
{
    png_image_free(&image);
    free(file_copy);
    free(pixels);
    file_copy = pixels = NULL;
    next_row = 0;
    memset(&image, 0, sizeof image);
    image.version = PNG_IMAGE_VERSION;
}

static int64_t refused(struct picture_record *record)
{
    memcpy(record->message, image.message, sizeof record->message);
    forget();
    return -TWZ_EINVAL;
}

int64_t picture_gate_open_impl(const void *file, size_t file_size, void *record_bytes,
                               size_t record_size)
{
    struct picture_record *record = record_bytes;
    if (record_size != sizeof *record)
        return -TWZ_EINVAL;
    forget();
    file_copy = malloc(file_size + 1);
    if (file_copy == NULL)
        return -TWZ_ENOMEM;
    memcpy(file_copy, file, file_size);
    if (!png_image_begin_read_from_memory(&image, file_copy, file_size))
        return refused(record);
    record->width = image.width;
    record->height = image.height;
    record->first_row = record->row_count = record->row_bytes = record->colours = 0;
    memset(record->message, 0, sizeof record->message);
    return 0;
}

static int64_t decode(struct picture_record *record)
{
    if (file_copy == NULL || image.width > PICTURE_SIDE_MAX || image.height > PICTURE_SIDE_MAX)
        return -TWZ_EINVAL;
    image.format = record->mapped ? PNG_FORMAT_RGBA_COLORMAP : PNG_FORMAT_RGBA;
    pixels = malloc(PNG_IMAGE_SIZE(image));
    if (pixels == NULL)
        return -TWZ_ENOMEM;
    if (!png_image_finish_read(&image, NULL, pixels, 0, colours_kept))
        return refused(record);
    return 0;
}

int64_t picture_gate_rows_impl(void *record_bytes, size_t record_size, void *rows, size_t rows_size,
                               void *colours, size_t colours_size)
{
    struct picture_record *record = record_bytes;
    if (record_size != sizeof *record)
        return -TWZ_EINVAL;
    int64_t status = pixels == NULL ? decode(record) : 0;
    if (status < 0)
        return status;
    size_t row_bytes = PNG_IMAGE_ROW_STRIDE(image);
    size_t count = rows_size / row_bytes;
    if (count > image.height - next_row)
        count = image.height - next_row;
    memcpy(rows, pixels + next_row * row_bytes, count * row_bytes);
    record->row_bytes = (uint32_t)row_bytes;
    record->first_row = next_row;
    record->row_count = (uint32_t)count;
    record->colours = record->mapped ? image.colormap_entries : 0;
    if (record->colours > colours_size / 4)
        return -TWZ_ETOOBIG;
    memcpy(colours, colours_kept, record->colours * 4u);
    next_row += (uint32_t)count;
    return 0;
}
