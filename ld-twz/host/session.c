/* SPDX-License-Identifier: BSD-2-Clause */
#include "session.h"
#include "policy_text.h"
#include <elf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <twz/sys/types.h>
#include <twzelf/load.h>
#include <twzelf/object.h>
#include <unistd.h>

#define CHUNK       ((size_t)128 << 10) /* the first; the others are of large pages */
#define LARGE_PAGE  ((size_t)2 << 20)
#define CHUNKS_MAX  ((size_t)4 << 30) /* bytes that one run may take */
#define REPORTS_MAX 10000u

/* Memory for the core comes in chunks that are given back together. */
struct chunk {
    struct chunk *next;
    size_t used, size; /* of bytes[] */
    size_t total;      /* of this and all older chunks */
    _Alignas(64) unsigned char bytes[];
};

/* A fault for each page is much of the time that a report takes: what does not fit into a small
 * chunk comes in large pages, if the system has them. One costs as much as seventy small ones. */
static struct chunk *add_chunk(struct chunk *before, size_t size)
{
    size_t total = before ? before->total : 0, room = sizeof *before + size;
    if (size > CHUNKS_MAX - total)
        return NULL;
    size_t align = before || room > CHUNK ? LARGE_PAGE : 64;
    room = align == LARGE_PAGE ? (room + align - 1) & ~(align - 1) : CHUNK;
    struct chunk *fresh = aligned_alloc(align, room);
    if (!fresh)
        return NULL;
    if (align == LARGE_PAGE)
        (void)madvise(fresh, room, MADV_HUGEPAGE);
    *fresh = (struct chunk){.next = before, .size = room - sizeof *fresh, .total = total + room};
    return fresh;
}

static void *allocate(void *context, size_t size, size_t align)
{
    struct session *session = context;
    struct chunk *chunk = session->chunks;
    size_t start = chunk ? (chunk->used + align - 1) & ~(align - 1) : 0;
    if (!chunk || start > chunk->size || size > chunk->size - start) {
        chunk = add_chunk(chunk, size);
        if (!chunk)
            return NULL;
        session->chunks = chunk;
        start = 0;
    }
    chunk->used = start + size;
    return chunk->bytes + start;
}

static bool on_report(void *context, const struct ld_report *report)
{
    struct session *session = context;
    if (session->report_count == REPORTS_MAX)
        return false; /* nobody reads more */
    session->reports =
        host_realloc(session->reports, session->report_count + 1, sizeof *session->reports);
    session->reports[session->report_count++] = *report;
    return true;
}

bool session_refused(const struct session *session)
{
    return session->diag.refusals > 0;
}

/* Prints refusals that came before there was a program. */
static enum host_status complain_all(const struct session *session, enum ld_error error)
{
    for (uint32_t i = 0; i < session->report_count; i++) {
        const struct ld_report *report = &session->reports[i];
        host_complain("%s%s%s", report->message, report->cure ? "; " : "",
                      report->cure ? report->cure : "");
    }
    if (!session->report_count)
        host_complain("%s", ld_error_text(error));
    return HOST_BAD_INPUT;
}

enum host_status session_policy(struct session *session, const char *path)
{
    struct host_bytes head;
    char *problem = host_read_file(path, LD_POLICY_MAX, &head);
    if (problem) {
        host_complain("%s: %s", path, problem);
        free(problem);
        return HOST_BAD_INPUT;
    }
    session->policy_name = path;
    struct obj object;
    struct obj_diag diagnosis;
    const unsigned char *packed = head.bytes;
    if (head.size > TWZ_PAGE_SIZE && memcmp(packed, OBJ_MAGIC, 8) == 0 &&
        obj_open(packed, head.size, &object, &diagnosis) == OBJ_OK && !object.header->compression) {
        size_t size = object.header->payload_length;
        memmove(head.bytes, object.payload, size);
        head.size = size;
    }
    if (head.size >= 8 && memcmp(head.bytes, LD_POLICY_MAGIC, 8) == 0) {
        session->policy_file = head;
    } else {
        struct policy_error error;
        host_release(&head);
        session->policy_file.bytes = policy_text_compile(path, &session->policy_file.size, &error);
        if (!session->policy_file.bytes) {
            char *line = policy_error_line(&error);
            host_complain("%s", line);
            free(line);
            policy_error_free(&error);
            return HOST_BAD_INPUT;
        }
        policy_error_free(&error);
    }
    struct ld_diag diag = {.context = session, .report = on_report};
    if (ld_policy_read(session->policy_file.bytes, session->policy_file.size, &session->policy,
                       &diag)) {
        for (uint32_t i = 0; i < session->report_count; i++)
            host_complain("%s: at %#jx: %s; %s", path, (uintmax_t)session->reports[i].offset,
                          session->reports[i].message, session->reports[i].cure);
        return HOST_BAD_INPUT;
    }
    return HOST_FINE;
}

/* Splits IMG:NAME when IMG is an image; otherwise PROG is a file. */
static char *open_program(struct session *session, const char *program, struct ld_file *file)
{
    const char *image = session->options->image, *name = program;
    const char *colon = image ? NULL : strrchr(program, ':');
    char *split = NULL, *problem = NULL;
    if (colon && !session->options->root && access(program, F_OK) != 0) {
        split = strndup(program, (size_t)(colon - program));
        image = split;
        name = colon + 1;
    }
    if (image) {
        problem = image_open(session, image);
        if (!problem && !image_file(session, name, file))
            problem = host_format("%s: there is no object `%s` in this image; see `objtool ls`",
                                  image, name);
        free(split);
        return problem;
    }
    problem = search_open(&session->search, program, &session->file);
    if (problem) {
        char *full = host_format("%s: %s", program, problem);
        free(problem);
        return full;
    }
    *file = (struct ld_file){.bytes = session->file.bytes,
                             .size = session->file.size,
                             .path = program,
                             .identity = {session->file.device, session->file.inode}};
    if (session->file.size >= TWZ_PAGE_SIZE &&
        memcmp(session->file.bytes, OBJ_MAGIC, sizeof OBJ_MAGIC - 1) == 0)
        problem = object_payload(session, file);
    return problem;
}

/* What has to be known about the program before anything is loaded. */
static bool has_twz_note(const struct ld_file *file)
{
    struct twz_elf_bytes bytes;
    struct twz_elf_file elf;
    struct twz_elf_abi abi;
    twz_elf_bytes_memory(&bytes, file->bytes, file->size);
    return twz_elf_file_open(&elf, &bytes, TWZ_ELF_VIEW_FILE, NULL) == TWZ_ELF_OK &&
           twz_elf_abi_open(&abi, &elf, NULL) == TWZ_ELF_OK;
}

static void prepare_search(struct session *session, const struct ld_file *file, bool twz)
{
    const unsigned char *head = file->bytes;
    static char beside[4096], installed[4096];
    static const char *own[2];
    session->search.machine = EM_X86_64;
    if (file->size > 19)
        session->search.machine = (uint16_t)(head[18] | head[19] << 8);
    if (!twz)
        return;
    /* The project's own programs: their libraries lie beside them, the runtime beside this tool. */
    const char *slash = strrchr(file->path, '/');
    snprintf(beside, sizeof beside, "%.*s", slash ? (int)(slash - file->path) : 1,
             slash ? file->path : ".");
    ssize_t length = readlink("/proc/self/exe", installed, sizeof installed - 16);
    own[0] = beside;
    session->search.own = own;
    session->search.own_count = 1;
    if (length > 0) {
        installed[length] = '\0';
        char *end = strrchr(installed, '/');
        if (end)
            strcpy(end, "/../lib/twz");
        own[1] = installed;
        session->search.own_count = 2;
    }
}

/* What the user names, and for programs of the system what that preloads. */
static void list_preloads(struct session *session, bool twz, struct ld_options *core)
{
    const struct session_options *options = session->options;
    if (!twz && !session->in_image)
        conf_read_preload(&session->search);
    size_t own = options->preload_count, count = own + session->search.preload_count;
    session->preload = host_realloc(NULL, count, sizeof *session->preload);
    for (size_t i = 0; i < count; i++)
        session->preload[i] = i < own ? options->preload[i] : session->search.preload[i - own];
    core->preload = session->preload;
    core->preload_count = (uint32_t)count;
    core->preload_optional = (uint32_t)session->search.preload_count;
}

static enum host_status load(struct session *session, const struct ld_file *file, bool twz,
                             enum session_steps steps)
{
    static const char *const default_runtime[] = {"libtwzrt.so"};
    const struct session_options *options = session->options;
    struct ld_options core = {.memory = session->memory,
                              .diag = &session->diag,
                              .policy = session->policy_name ? &session->policy : NULL};
    list_preloads(session, twz, &core);
    core.load = session->in_image
                    ? (struct ld_load){.context = session, .find = image_find}
                    : (struct ld_load){.context = &session->search, .find = search_find};
    if (options->runtime_count) {
        core.runtime = options->runtime;
        core.runtime_count = options->runtime_count;
    } else if (twz && !options->no_runtime) {
        core.runtime = default_runtime;
        core.runtime_count = 1;
    }
    if (twz) {
        image_monitor(session);
        core.monitor_gates = session->monitor_gates;
        core.monitor_gate_count = session->monitor_gate_count;
        core.require_layout = true;
    }
    enum ld_error error = ld_program_load(&core, file, &session->program);
    if (!session->program)
        return complain_all(session, error);
    if (steps == SESSION_RESOLVE && ld_program_resolve(session->program) == LD_ENOMEM)
        return complain_all(session, LD_ENOMEM);
    return HOST_FINE;
}

/* The policy that the user names, a file or an object of the image, or that the image has. */
static enum host_status open_policy(struct session *session, const char *program)
{
    const char *name = session->options->policy;
    struct ld_file file = {0};
    if (name && session->in_image && access(name, F_OK) != 0 && image_file(session, name, &file))
        session->policy_name = name;
    else if (name)
        return session_policy(session, name);
    else if (session->options->no_policy ||
             !image_policy(session, program, &file.bytes, &file.size))
        return HOST_FINE;
    return ld_policy_read(file.bytes, file.size, &session->policy, &session->diag)
               ? complain_all(session, LD_EPOLICY)
               : HOST_FINE;
}

enum host_status session_start(struct session *session, const struct session_options *options,
                               const char *program, enum session_steps steps)
{
    memset(session, 0, sizeof *session);
    session->options = options;
    session->memory = (struct ld_memory){.context = session, .allocate = allocate};
    session->diag = (struct ld_diag){.context = session, .report = on_report};
    session->search.root = options->root;
    session->search.library_path = options->library_path;
    if (!search_start(&session->search))
        return HOST_BAD_INPUT;
    struct ld_file file = {0};
    char *problem = open_program(session, program, &file);
    if (problem) {
        host_complain("%s", problem);
        free(problem);
        return HOST_BAD_INPUT;
    }
    bool twz = has_twz_note(&file);
    prepare_search(session, &file, twz);
    enum host_status status = open_policy(session, file.path);
    return status == HOST_FINE ? load(session, &file, twz, steps) : status;
}

bool session_layout(struct session *session)
{
    struct ld_slots slots;
    return ld_slots_init(&slots, session->memory, 2, TWZ_SLOT_COUNT, session->options->seed) ==
               LD_OK &&
           ld_program_layout(session->program, &slots) == LD_OK;
}

void session_end(struct session *session)
{
    if (session->options->last)
        return;
    search_end(&session->search);
    host_release(&session->file);
    host_release(&session->policy_file);
    free(session->payload);
    free(session->monitor_gates);
    free(session->preload);
    free(session->reports);
    while (session->chunks) {
        struct chunk *next = session->chunks->next;
        free(session->chunks);
        session->chunks = next;
    }
}
