/* SPDX-License-Identifier: BSD-2-Clause */
/* Programs, libraries, the policy and the monitor's gates out of packed objects and images. */
#include "session.h"
#include <stdlib.h>
#include <string.h>
#include <twzelf/load.h>
#include <zlib.h>

static char *refused(const char *path, const struct obj_diag *diag)
{
    return host_format("%s: at %#jx: expected %s; %s", path, (uintmax_t)diag->place,
                       obj_error_expected(diag->error), obj_error_cure(diag->error));
}

char *image_open(struct session *session, const char *path)
{
    struct obj_diag diag;
    char *problem = host_map_file(path, &session->file);
    if (problem) {
        char *full = host_format("%s: %s", path, problem);
        free(problem);
        return full;
    }
    if (!session->file.size)
        return host_format("%s: this is an empty file, no image", path);
    if (obj_image_open(session->file.bytes, session->file.size, &session->image, &diag))
        return refused(path, &diag);
    session->in_image = true;
    return NULL;
}

bool image_file(struct session *session, const char *name, struct ld_file *file)
{
    const struct obj_image_entry *entry = obj_image_find(&session->image, name);
    struct obj object;
    struct obj_diag diag;
    if (!entry || obj_image_object(&session->image, entry, &object, &diag))
        return false;
    *file = (struct ld_file){.bytes = object.payload,
                             .size = object.header->payload_length,
                             .path = entry->name,
                             .identity = {entry->id.hi, entry->id.lo}};
    return true;
}

bool image_find(void *context, struct ld_request *request, struct ld_file *file)
{
    struct session *session = context;
    bool found = image_file(session, request->name, file);
    ld_place_tried(request, request->name, "image index", found ? "found" : "no such object");
    return found;
}

bool image_policy(struct session *session, const char *program, const void **bytes, size_t *size)
{
    struct ld_file file;
    char *own = host_format("%s.policy", program);
    bool found = session->in_image &&
                 (image_file(session, own, &file) || image_file(session, "policy", &file));
    free(own);
    if (found) {
        *bytes = file.bytes;
        *size = file.size;
        session->policy_name = file.path;
    }
    return found;
}

/* A packed object in session->file: `file` becomes its expanded payload. */
char *object_payload(struct session *session, struct ld_file *file)
{
    struct obj object;
    struct obj_diag diag;
    if (obj_open(session->file.bytes, session->file.size, &object, &diag))
        return refused(file->path, &diag);
    file->bytes = object.payload;
    file->size = object.header->payload_length;
    if (object.header->compression) {
        uLongf length = (uLongf)file->size;
        session->payload = aligned_alloc(4096, (file->size / 4096 + 1) * 4096);
        if (!session->payload)
            host_out_of_memory();
        if (uncompress(session->payload, &length, object.payload,
                       (uLong)object.header->stored_length) != Z_OK ||
            length != file->size)
            return host_format("%s: the payload cannot be expanded; pack it again", file->path);
        file->bytes = session->payload;
    }
    return NULL;
}

static void add_gate(struct session *session, const char *name, const char *signature)
{
    session->monitor_gates = host_realloc(session->monitor_gates, session->monitor_gate_count + 1,
                                          sizeof *session->monitor_gates);
    session->monitor_gates[session->monitor_gate_count++] =
        (struct ld_known_gate){.name = name, .signature = signature, .number = LD_NONE};
}

void image_monitor(struct session *session)
{
    struct ld_file file;
    struct twz_elf_bytes bytes;
    struct twz_elf_file elf;
    struct twz_elf_abi abi;
    struct twz_elf_gate_cursor cursor = {0};
    struct twz_elf_gate gate;
    if (session->in_image && image_file(session, LD_MONITOR, &file)) {
        twz_elf_bytes_memory(&bytes, file.bytes, file.size);
        if (twz_elf_file_open(&elf, &bytes, TWZ_ELF_VIEW_FILE, NULL) == TWZ_ELF_OK &&
            twz_elf_abi_open(&abi, &elf, NULL) == TWZ_ELF_OK)
            while (twz_elf_gate_next(&elf, &abi, &cursor, &gate, NULL) == TWZ_ELF_OK)
                add_gate(session, twz_elf_text_at(&elf, gate.name, NULL, TWZ_ELF_GATE_NAME_MAX),
                         twz_elf_text_at(&elf, gate.signature, NULL, TWZ_ELF_SIGNATURE_MAX));
    }
    if (!session->monitor_gate_count)
        add_gate(session, "twz_mon_*", NULL);
}
