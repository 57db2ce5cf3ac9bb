/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * suggest: which library could move into a compartment of its own. What the library needs would
 * come along as instances of its own; so what crosses is what others take from it, and what it
 * takes from the program.
 */
#include "out.h"
#include <elf.h>
#include <stdlib.h>
#include <string.h>

#define OBSTACLES 3u /* that are named at once */

/* A symbol that would cross. */
struct crossing {
    uint32_t library;  /* instance that would move */
    uint32_t definer;  /* itself, or the program */
    uint32_t symbol;   /* of the definer */
    uint32_t referrer; /* the first */
    bool data;         /* data or thread-local data: stands in the way */
};

struct crossings {
    struct crossing *list;
    size_t count, capacity;
};

/* What one library would cost. */
struct cost {
    uint32_t library;
    uint32_t functions, data; /* that others take from it */
    uint32_t back;            /* that it takes from the program */
};

static int by_symbol(const void *left, const void *right)
{
    const struct crossing *a = left, *b = right;
    if (a->library != b->library)
        return a->library < b->library ? -1 : 1;
    if (a->definer != b->definer)
        return a->definer < b->definer ? -1 : 1;
    if (a->symbol != b->symbol)
        return a->symbol < b->symbol ? -1 : 1;
    return a->referrer < b->referrer ? -1 : a->referrer > b->referrer;
}

static int by_cost(const void *left, const void *right)
{
    const struct cost *a = left, *b = right;
    uint32_t blocked_a = a->data + a->back, blocked_b = b->data + b->back;
    if (blocked_a != blocked_b)
        return blocked_a < blocked_b ? -1 : 1;
    if (a->functions != b->functions)
        return a->functions < b->functions ? -1 : 1;
    return a->library < b->library ? -1 : 1;
}

static void add(struct crossings *crossings, const struct crossing *crossing)
{
    if (crossings->count == crossings->capacity) {
        crossings->capacity = crossings->capacity ? 2 * crossings->capacity : 256;
        crossings->list =
            host_realloc(crossings->list, crossings->capacity, sizeof *crossings->list);
    }
    crossings->list[crossings->count++] = *crossing;
}

static void collect(const struct ld_program *program, struct crossings *crossings)
{
    struct ld_binding binding;
    struct ld_symbol_name name;
    for (uint64_t cursor = 0; ld_binding_next(program, &cursor, &binding);) {
        if (binding.kind != LD_BOUND_SYMBOL || binding.definer == binding.referrer ||
            !ld_symbol_name(program->instances[binding.definer], binding.symbol, &name))
            continue;
        struct crossing crossing = {.library = binding.definer,
                                    .definer = binding.definer,
                                    .symbol = binding.symbol,
                                    .referrer = binding.referrer,
                                    .data = name.type == STT_OBJECT || name.type == STT_TLS ||
                                            name.type == STT_COMMON};
        if (binding.definer)
            add(crossings, &crossing);
        crossing.library = binding.referrer;
        if (!binding.definer && binding.referrer)
            add(crossings, &crossing);
    }
    if (crossings->count)
        qsort(crossings->list, crossings->count, sizeof *crossings->list, by_symbol);
}

static struct cost *weigh(const struct ld_program *program, const struct crossings *crossings)
{
    struct cost *costs = host_realloc(NULL, program->instance_count, sizeof *costs);
    for (uint32_t i = 0; i < program->instance_count; i++)
        costs[i] = (struct cost){.library = i};
    for (size_t i = 0; i < crossings->count; i++) {
        const struct crossing *crossing = &crossings->list[i], *before = crossing - 1;
        if (i && before->library == crossing->library && before->definer == crossing->definer &&
            before->symbol == crossing->symbol)
            continue;
        struct cost *cost = &costs[crossing->library];
        if (crossing->definer != crossing->library)
            cost->back++;
        else if (crossing->data)
            cost->data++;
        else
            cost->functions++;
    }
    qsort(costs, program->instance_count, sizeof *costs, by_cost);
    return costs;
}

/* The first names of what stands in the way of a library. */
static void print_obstacles(const struct ld_program *program, const struct crossings *crossings,
                            const struct cost *cost)
{
    uint32_t all = cost->data + cost->back, shown = 0;
    const char *last = NULL;
    for (size_t i = 0; i < crossings->count && shown < OBSTACLES; i++) {
        const struct crossing *crossing = &crossings->list[i];
        struct ld_symbol_name name;
        if (crossing->library != cost->library ||
            (!crossing->data && crossing->definer == crossing->library) ||
            !ld_symbol_name(program->instances[crossing->definer], crossing->symbol, &name) ||
            (last && strcmp(last, name.name) == 0))
            continue;
        fputs(shown++ ? ", " : "  (", stdout);
        out_text(stdout, last = name.name);
    }
    if (shown < all)
        printf(" and %u more", all - shown);
    if (shown)
        fputc(')', stdout);
}

static void print_table(const struct session *session, const struct crossings *crossings,
                        const struct cost *costs)
{
    const struct ld_program *program = session->program;
    printf("%6s %9s %5s %5s  library\n", "moves?", "functions", "data", "back");
    for (uint32_t i = 0; i < program->instance_count; i++) {
        if (!costs[i].library)
            continue;
        bool moves = !costs[i].data && !costs[i].back;
        char *name = out_instance(program, costs[i].library);
        printf("%s", moves ? "   " : "    ");
        out_styled(session, stdout, moves ? OUT_GOOD : OUT_BAD, moves ? "yes" : "no");
        printf(" %9u %5u %5u  ", costs[i].functions, costs[i].data, costs[i].back);
        out_text(stdout, name);
        print_obstacles(program, crossings, &costs[i]);
        fputc('\n', stdout);
        free(name);
    }
    puts(
        "\nIn a compartment of its own, a library's functions that others call become gates. Data\n"
        "that others use of it, and what it takes back from the program, stand in the way:\n"
        "--from LIBRARY lists who refers to what.");
}

static const char *kind_of(const struct crossing *crossing)
{
    return crossing->definer != crossing->library ? "back" : crossing->data ? "data" : "function";
}

/* The references of one library, for --from. */
static void print_references(const struct session *session, const struct crossings *crossings,
                             uint32_t library)
{
    const struct ld_program *program = session->program;
    for (size_t i = 0; i < crossings->count; i++) {
        const struct crossing *crossing = &crossings->list[i];
        if (crossing->library != library)
            continue;
        char *symbol = out_symbol(program->instances[crossing->definer], crossing->symbol);
        fputs(kind_of(crossing), stdout);
        fputc('\t', stdout);
        out_text(stdout, program->instances[crossing->referrer]->name);
        fputc('\t', stdout);
        out_text(stdout, symbol);
        fputc('\t', stdout);
        out_text(stdout, program->instances[crossing->definer]->name);
        fputc('\n', stdout);
        free(symbol);
    }
}

static bool references_json(const struct session *session, const struct crossings *crossings,
                            uint32_t library)
{
    const struct ld_program *program = session->program;
    json_t *document = out_object(), *array = out_array();
    for (size_t i = 0; i < crossings->count; i++) {
        const struct crossing *crossing = &crossings->list[i];
        struct ld_symbol_name name = {.name = "?"};
        if (crossing->library != library)
            continue;
        (void)ld_symbol_name(program->instances[crossing->definer], crossing->symbol, &name);
        json_t *object = out_object();
        out_set(object, "kind", out_string(kind_of(crossing)));
        out_set(object, "referrer", out_string(program->instances[crossing->referrer]->name));
        out_set(object, "symbol", out_string(name.name));
        out_set(object, "version", out_string(name.version));
        out_set(object, "definer", out_string(program->instances[crossing->definer]->name));
        out_append(array, object);
    }
    out_set(document, "library", out_string(program->instances[library]->name));
    out_set(document, "references", array);
    return out_json(document);
}

static bool print_json(const struct session *session, const struct cost *costs)
{
    const struct ld_program *program = session->program;
    json_t *document = out_object(), *array = out_array();
    for (uint32_t i = 0; i < program->instance_count; i++) {
        if (!costs[i].library)
            continue;
        json_t *object = out_object();
        out_set(object, "library", out_string(program->instances[costs[i].library]->name));
        out_set(object, "path", out_string(program->instances[costs[i].library]->path));
        out_set(object, "moves", json_boolean(!costs[i].data && !costs[i].back));
        out_set(object, "functions", json_integer(costs[i].functions));
        out_set(object, "data", json_integer(costs[i].data));
        out_set(object, "back", json_integer(costs[i].back));
        out_append(array, object);
    }
    out_set(document, "libraries", array);
    return out_json(document);
}

static uint32_t find_library(const struct ld_program *program, const char *name)
{
    for (uint32_t i = 1; i < program->instance_count; i++)
        if (strcmp(program->instances[i]->name, name) == 0 ||
            strcmp(program->instances[i]->path, name) == 0)
            return i;
    return LD_NONE;
}

enum host_status command_suggest(const struct session_options *options, int count, char **arguments)
{
    struct session session;
    (void)count;
    enum host_status status = session_start(&session, options, arguments[0], SESSION_RESOLVE);
    if (status == HOST_FINE) {
        struct crossings crossings = {0};
        collect(session.program, &crossings);
        struct cost *costs = weigh(session.program, &crossings);
        uint32_t library = options->from ? find_library(session.program, options->from) : 0;
        if (library == LD_NONE) {
            host_complain("--from %s: no such library in this program", options->from);
            status = HOST_USAGE;
        } else if (options->from && options->json) {
            if (!references_json(&session, &crossings, library))
                status = HOST_BAD_INPUT;
        } else if (options->from) {
            print_references(&session, &crossings, library);
        } else if (!options->json) {
            print_table(&session, &crossings, costs);
        } else if (!print_json(&session, costs)) {
            status = HOST_BAD_INPUT;
        }
        free(crossings.list);
        free(costs);
    }
    session_end(&session);
    return status;
}
