/* SPDX-License-Identifier: BSD-2-Clause */
#include "tool.h"

#include <stdlib.h>
#include <string.h>

#define POLICY_NAME "policy"

/* One object of the image to be: expanded, checked, with a place to name in messages. */
struct member {
    const char *path;
    struct packed packed;
};

static const struct obj_header *header_of(const struct member *member)
{
    return member->packed.object.header;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(header_of(a)->name, header_of(b)->name);
}

static int refuse(const char *file, enum obj_error error, uint64_t place, uint64_t expected,
                  uint64_t found)
{
    return report_refusal(file, &(struct obj_diag){error, place, expected, found});
}

/* What the reader of images would refuse is refused here, with the name of the file. */
static int check_member(const struct member *member)
{
    const struct obj_header *h = header_of(member);
    struct obj_diag diag;

    if (!(h->flags & OBJ_IMMUTABLE))
        return refuse(member->path, OBJ_E_IMAGE_MUTABLE, offsetof(struct obj_header, flags),
                      OBJ_IMMUTABLE, h->flags);
    if (h->medium != TWZ_VOLATILE)
        return refuse(member->path, OBJ_E_IMAGE_MEDIUM, offsetof(struct obj_header, medium),
                      TWZ_VOLATILE, h->medium);
    if (object_check(&member->packed.object, 0, &diag) != OBJ_OK)
        return report_refusal(member->path, &diag);
    return STATUS_FINE;
}

static int read_member(struct member *member, const char *path)
{
    struct input input;
    struct obj object;
    struct obj_diag diag;
    int status = input_read(&input, path, TWZ_SLOT_SIZE);

    member->path = path;
    if (status != STATUS_FINE)
        return status;
    if (input_is_image(&input)) {
        report_problem(&(struct problem){.file = path,
                                         .error = "E_KIND",
                                         .expected = "expected a packed object",
                                         .found = "an image",
                                         .cure = "give it with --base"});
        status = STATUS_INPUT;
    } else if (obj_open(input.bytes, input.size, &object, &diag) == OBJ_OK)
        status = packed_expand(&member->packed, &object, path, 0);
    else
        status = report_refusal(path, &diag);
    input_free(&input);
    return status == STATUS_FINE ? check_member(member) : STATUS_INPUT;
}

/* Names and IDs stand for one object each. */
static int check_unique(const struct member *members, uint32_t count)
{
    for (uint32_t i = 1; i < count; i++) {
        if (strcmp(header_of(&members[i - 1])->name, header_of(&members[i])->name) == 0)
            return refuse(members[i].path, OBJ_E_IMAGE_NAME_TWICE,
                          offsetof(struct obj_header, name), 0, 0);
    }
    return STATUS_FINE;
}

/* For qsort(), which passes no context. */
static const struct obj_image_entry *sorted_entries;

static int by_id(const void *a, const void *b)
{
    const uint32_t *first = a, *second = b;

    return obj_id_compare(sorted_entries[*first].id, sorted_entries[*second].id);
}

static void fill_index(uint8_t *image, const struct member *members, uint32_t count, uint64_t size)
{
    struct obj_image_header *h = (struct obj_image_header *)(void *)image;
    struct obj_image_entry *entries = (struct obj_image_entry *)(void *)(h + 1);
    uint32_t *table = (uint32_t *)(void *)(entries + count);
    uint64_t end = obj_index_length(count);

    memcpy(h->magic, OBJ_IMAGE_MAGIC, sizeof(h->magic));
    h->version = OBJ_IMAGE_VERSION;
    h->image_length = size;
    h->index_length = end;
    h->count = count;
    for (uint32_t i = 0; i < count; i++) {
        entries[i].id = header_of(&members[i])->id;
        entries[i].offset = end;
        entries[i].length = members[i].packed.object.packed_length;
        memcpy(entries[i].name, header_of(&members[i])->name, OBJ_NAME_SIZE);
        memcpy(image + end, members[i].packed.bytes, entries[i].length);
        end += entries[i].length;
        table[i] = i;
    }
    sorted_entries = entries;
    qsort(table, count, sizeof(*table), by_id);
    h->checksum = obj_index_checksum(h);
}

static int refuse_image(const struct obj_diag *diag, const struct member *members,
                        const struct obj_image_entry *entries, uint32_t count, const char *target)
{
    const uint32_t *table = (const uint32_t *)(const void *)(entries + count);

    /* The reader says where in the image; the user wants to know which file. */
    if (diag->error == OBJ_E_IMAGE_ID_TWICE) {
        for (uint32_t i = 1; i < count; i++) {
            if (obj_id_equal(entries[table[i - 1]].id, entries[table[i]].id))
                return refuse(members[table[i]].path, diag->error, offsetof(struct obj_header, id),
                              0, 0);
        }
    }
    return report_refusal(target, diag);
}

static int build(const struct member *members, uint32_t count, const char *target)
{
    uint64_t size = obj_index_length(count);
    struct obj_image image;
    struct obj_diag diag;
    uint8_t *bytes;
    int status;

    for (uint32_t i = 0; i < count; i++)
        size += members[i].packed.object.packed_length;
    bytes = buffer_new(size);
    if (!bytes)
        return report_no_memory(target);
    fill_index(bytes, members, count, size);
    if (obj_image_open(bytes, size, &image, &diag) == OBJ_OK)
        status = output_write(target, bytes, size);
    else
        status = refuse_image(
            &diag, members, (const void *)(bytes + sizeof(struct obj_image_header)), count, target);
    buffer_free(bytes, size);
    return status;
}

static int check_policy(const struct member *member)
{
    if (strcmp(header_of(member)->name, POLICY_NAME) == 0)
        return STATUS_FINE;
    report_problem(&(struct problem){
        .file = member->path,
        .place = "offset 0xd0",
        .error = "E_POLICY_NAME",
        .expected = "expected an object named `" POLICY_NAME "`",
        .found = header_of(member)->name,
        .cure = "pack the compiled policy with `objtool pack --data --name " POLICY_NAME "`"});
    return STATUS_INPUT;
}

struct request {
    char **paths;
    uint32_t count;
    const char *policy; /* NULL: none */
    const char *base;   /* an image that gives what is not given otherwise, or NULL */
    const char *target;
};

static bool has_name(const struct member *members, uint32_t count, const char *name)
{
    for (uint32_t i = 0; i < count; i++) {
        if (strcmp(header_of(&members[i])->name, name) == 0)
            return true;
    }
    return false;
}

/* Members [0, *count) are given; the base's others follow. */
static int take_base(struct member *members, uint32_t *count, const struct input *input,
                     const struct obj_image *base)
{
    uint32_t given = *count;
    int status = STATUS_FINE;

    for (uint32_t i = 0; i < base->header->count && status == STATUS_FINE; i++) {
        const struct obj_image_entry *entry = &base->entries[i];
        struct member *member = &members[*count];
        struct obj object;
        struct obj_diag diag;

        if (has_name(members, given, entry->name))
            continue;
        if (obj_image_object(base, entry, &object, &diag) != OBJ_OK)
            return report_refusal(input->path, &diag);
        member->path = input->path;
        status = packed_expand(&member->packed, &object, input->path, entry->offset);
        if (status == STATUS_FINE) {
            ++*count;
            status = check_member(member);
        }
    }
    return status == STATUS_FINE ? status : STATUS_INPUT;
}

static int gather(struct member *members, uint32_t *count, const struct request *request,
                  const struct input *input, const struct obj_image *base)
{
    int status = STATUS_FINE;

    for (uint32_t i = 0; i < request->count && status == STATUS_FINE; i++) {
        status = read_member(&members[*count], request->paths[i]);
        *count += status == STATUS_FINE;
    }
    if (status == STATUS_FINE && request->policy) {
        status = read_member(&members[*count], request->policy);
        *count += status == STATUS_FINE;
        if (status == STATUS_FINE)
            status = check_policy(&members[*count - 1]);
    }
    if (status == STATUS_FINE && request->base)
        status = take_base(members, count, input, base);
    return status;
}

static int image(const struct request *request, const struct input *input,
                 const struct obj_image *base)
{
    uint32_t room = request->count + 1 + (request->base ? base->header->count : 0), count = 0;
    struct member *members = calloc(room, sizeof(*members));
    int status;

    if (!members)
        return report_no_memory(request->target);
    status = gather(members, &count, request, input, base);
    if (status == STATUS_FINE) {
        qsort(members, count, sizeof(*members), by_name);
        status = check_unique(members, count);
    }
    if (status == STATUS_FINE)
        status = build(members, count, request->target);
    for (uint32_t i = 0; i < room; i++)
        packed_free(&members[i].packed);
    free(members);
    return status;
}

static int image_with_base(const struct request *request)
{
    struct input input;
    struct obj_image base;
    struct obj_diag diag;
    int status = input_read(&input, request->base, UINT64_MAX);

    if (status != STATUS_FINE)
        return status;
    if (obj_image_open(input.bytes, input.size, &base, &diag) == OBJ_OK)
        status = image(request, &input, &base);
    else
        status = report_refusal(request->base, &diag);
    input_free(&input);
    return status;
}

static int run(int argc, char **argv)
{
    struct request request = {0};
    const struct choice choices[] = {{"output", 'o', .text = &request.target},
                                     {"policy", 0, .text = &request.policy},
                                     {"base", 0, .text = &request.base},
                                     {0}};
    struct arguments arguments;
    int status = options_read(&command_image, choices, argc, argv, &arguments);

    if (status != GO_ON)
        return status;
    request.paths = arguments.words;
    request.count = (uint32_t)arguments.count;
    if (request.count == 0 && !request.policy && !request.base)
        return usage_error(&command_image, "at least one object is needed");
    if (request.count > OBJ_IMAGE_COUNT_MAX)
        return usage_error(&command_image, "an image holds at most %u objects",
                           OBJ_IMAGE_COUNT_MAX);
    if (!request.target)
        return usage_error(&command_image, "-o IMG is missing");
    report_start("image", arguments.json);
    return report_end(request.base ? image_with_base(&request) : image(&request, NULL, NULL));
}

const struct command command_image = {
    .name = "image",
    .summary = "put objects under one index, ready to boot",
    .help =
        "Usage: objtool image -o IMG OBJ... [--policy OBJ] [--base IMG] [--json]\n"
        "\n"
        "Expands compressed payloads. The order of the objects does not matter: the same\n"
        "objects give the same bytes.\n"
        "\n"
        "  -o, --output IMG     the image to write\n"
        "      --policy OBJ     the packed object named `policy`\n"
        "      --base IMG       take what has no new object from this image; it may be the one\n"
        "                       that is written\n"
        "\n"
        "Examples:\n"
        "  objtool image -o demo.img monitor.obj loader.obj inflate.obj libcodec.obj\n"
        "  objtool image -o demo.img *.obj --policy policy.obj\n"
        "  objtool image -o demo.img --base demo.img libcodec.obj\n",
    .run = run,
};
