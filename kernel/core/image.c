/* SPDX-License-Identifier: BSD-2-Clause */
#include "image.h"
#include "alloc.h"
#include "frame.h"
#include "log.h"
#include <stdarg.h>

extern const char k_stubs_start[], k_stubs_end[]; /* stubs.S */

static struct obj_image image;
static k_phys image_start;
static struct k_object *index_object, *stubs_object;

static void refuse(const struct obj_diag *diag)
{
    k_image_refuse("offset 0x%lx: expected %s (0x%lx, found 0x%lx); %s", diag->place,
                   obj_error_expected(diag->error), diag->expected, diag->found,
                   obj_error_cure(diag->error));
}

static struct k_object *add(struct twz_id id, struct twz_id nonce, enum k_object_kind kind)
{
    struct k_object *object = k_alloc(sizeof *object);
    if (object == NULL)
        k_panic(NULL, "no memory for the objects of the image");
    object->id = id;
    object->nonce = nonce;
    object->kind = kind;
    object->permissions = TWZ_RIGHTS_ALL;
    k_object_add(object);
    return object;
}

/* A part of a packed object: `length` bytes at `offset` of the file, at `address` of the object. */
static struct k_run run_of(k_phys file, uint64_t offset, uint64_t length, uint64_t address)
{
    if (length == 0)
        return (struct k_run){0};
    return (struct k_run){.first = (uint32_t)(address / TWZ_PAGE_SIZE),
                          .count = (uint32_t)(obj_page_up(length) / TWZ_PAGE_SIZE),
                          .frame = file + offset};
}

static void add_packed(const struct obj_image_entry *entry)
{
    struct obj packed;
    struct obj_diag diag;
    if (obj_image_object(&image, entry, &packed, &diag) != OBJ_OK)
        refuse(&diag);
    const struct obj_header *h = packed.header;
    k_phys file = image_start + entry->offset;
    struct k_object *object = add(h->id, h->nonce, K_OBJECT_IMAGE);
    object->permissions = (uint8_t)(h->permissions & TWZ_RIGHTS_ALL);
    object->image.payload_length = h->payload_length;
    object->image.runs[0] = run_of(file, TWZ_OBJECT_BASE, h->payload_length, TWZ_OBJECT_BASE);
    object->image.runs[1] = run_of(file, h->fot_offset, h->fot_length, obj_fot_address(&packed));
    object->image.runs[2] =
        run_of(file, h->extension_offset, h->extension_length, obj_extension_address(&packed));
    object->image.runs[3] =
        run_of(file, h->metadata_offset, h->metadata_length, OBJ_METADATA_OFFSET);
}

/* The stubs are part of the kernel's constants; here their pages become code that user code may
 * execute. */
static void add_stubs(void)
{
    struct twz_id none = {0, 0};
    uint64_t length = (uint64_t)(k_stubs_end - k_stubs_start);
    k_phys frame = k_image_frame(k_stubs_start);
    for (uint64_t at = 0; at < length; at += TWZ_PAGE_SIZE)
        k_frame_seal(frame + at);
    stubs_object = add(TWZ_ID_STUBS, none, K_OBJECT_IMAGE);
    stubs_object->image.runs[0] = run_of(frame, 0, length, TWZ_OBJECT_BASE);
    stubs_object->image.payload_length = length;
}

void k_image_refuse(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    k_print("kernel: error: image: ");
    k_print_list(format, arguments);
    va_end(arguments);
    k_print("\n");
    k_shutdown(K_EXIT_IMAGE);
}

void k_image_open(const struct k_boot *boot)
{
    image_start = boot->image.start;
    uint64_t size = boot->image.end - boot->image.start;
    if (size == 0 || image_start % TWZ_PAGE_SIZE != 0)
        k_image_refuse("expected an image as the first module, page aligned; start QEMU with "
                       "-initrd build/twz.img, or put it behind module2 in grub.cfg");
    if (boot->image.end > k_frames_end())
        k_image_refuse("expected the image in the machine's memory; give it more");
    struct obj_diag diag;
    if (obj_image_open(k_direct(image_start), size, &image, &diag) != OBJ_OK)
        refuse(&diag);
    for (uint32_t i = 0; i < image.header->count; i++)
        add_packed(&image.entries[i]);

    struct twz_id none = {0, 0};
    add(TWZ_ID_SYSTEM, none, K_OBJECT_SYSTEM);
    index_object = add(TWZ_ID_INDEX, none, K_OBJECT_IMAGE);
    index_object->image.runs[0] =
        run_of(image_start, 0, image.header->index_length, TWZ_OBJECT_BASE);
    index_object->image.payload_length = image.header->index_length;
    add_stubs();
    k_log(K_INFO, "image: %u objects, %lu KiB", image.header->count, size / 1024);
}

uint64_t k_image_index_length(void)
{
    return image.header->index_length;
}

bool k_image_find(const char *name, struct obj *packed, struct k_object **object)
{
    const struct obj_image_entry *entry = obj_image_find(&image, name);
    struct obj_diag diag;
    if (entry == NULL)
        return false;
    if (obj_image_object(&image, entry, packed, &diag) != OBJ_OK)
        refuse(&diag);
    *object = k_object_find(entry->id);
    return true;
}

enum twz_error k_image_grant(struct k_context *context)
{
    enum twz_error error = k_context_grant(context, index_object, TWZ_READ);
    if (error == TWZ_OK)
        error = k_context_grant(context, stubs_object, TWZ_READ | TWZ_EXECUTE);
    for (uint32_t i = 0; error == TWZ_OK && i < image.header->count; i++)
        error =
            k_context_grant(context, k_object_find(image.entries[i].id), TWZ_READ | TWZ_EXECUTE);
    return error;
}
