/* SPDX-License-Identifier: BSD-2-Clause */
#include "policy_text.h"
#include "host.h"
#include "policy_blob.h"
#include "policy_files.h"
#include <confuse.h>
#include <ctype.h>
#include <search.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef __SANITIZE_ADDRESS__
/* libconfuse keeps its buffer after a syntax error. */
__attribute__((visibility("default"))) const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libconfuse";
}
__attribute__((visibility("default"))) const char *__lsan_default_options(void);
const char *__lsan_default_options(void)
{
    return "print_suppressions=0";
}
#endif

/* Where a value stands: libconfuse keeps no places of values. */
struct spot {
    const cfg_opt_t *option;
    unsigned index;
    uint32_t line, column;
    char *file;
};

/* libconfuse calls back without a context of ours. */
static struct {
    struct policy_error *error;
    bool failed;
    void *spots;        /* tree of struct spot */
    void *compartments; /* tree of their names */
    struct policy_files files;
    const cfg_t *root; /* knows the file that is being read; some sections do not */
} reading;

static struct policy_file *file_of(const char *name)
{
    if (!name && reading.root)
        name = reading.root->filename;
    return policy_files_find(&reading.files, name);
}

/* The name that people know a file by. */
static const char *real_name(const char *name)
{
    const struct policy_file *file = file_of(name);
    return file ? file->path : name ? name : "?";
}

/* Keeps the first error. */
static void fail(const char *file, uint32_t line, uint32_t column, char *message)
{
    if (reading.failed) {
        free(message);
        return;
    }
    reading.failed = true;
    reading.error->file = host_copy(file);
    reading.error->line = line;
    reading.error->column = column;
    reading.error->message = message;
}

/* At the title of a section, or the name of a file, that was read in this line. */
static void fail_at_title(const char *name, uint32_t line, const char *title, char *message)
{
    const struct policy_file *file = file_of(name);
    const struct policy_place *place =
        file && title ? policy_scan_title(&file->scan, title, line) : NULL;
    fail(real_name(name), place ? place->line : line, place ? place->column : 0, message);
}

static void expect(char *expected)
{
    if (reading.error->expected)
        free(expected);
    else
        reading.error->expected = expected;
}

/* Remembers `candidate` if it is closer to `word` than the best before; *best starts at 3. */
static void consider(const char *word, const char *candidate, uint32_t *best)
{
    uint32_t distance = host_distance(word, candidate, *best);
    if (distance < *best && distance < strlen(word)) {
        *best = distance;
        free(reading.error->nearest);
        reading.error->nearest = host_copy(candidate);
    }
}

/* What the grammar does not catch: two compartments of one name, and limits of libconfuse. */
__attribute__((format(printf, 2, 0))) static void on_error(cfg_t *section, const char *format,
                                                           va_list list)
{
    if (reading.failed)
        return;
    char *message;
    if (vasprintf(&message, format, list) < 0)
        host_out_of_memory();
    char *quote = strchr(message, '\''), *end = quote ? strrchr(quote + 1, '\'') : NULL;
    char *word = end ? strndup(quote + 1, (size_t)(end - quote - 1)) : NULL;
    bool twice = word && strstr(message, "duplicate title");
    if (twice) {
        free(message);
        message = host_format("there is a compartment `%s` already", word);
    }
    fail_at_title(section->filename, (uint32_t)section->line, word, message);
    if (twice)
        expect(host_copy("a name that no other compartment has"));
    free(word);
}

static int compare_spots(const void *a, const void *b)
{
    const struct spot *one = a, *other = b;
    if (one->option != other->option)
        return (uintptr_t)one->option < (uintptr_t)other->option ? -1 : 1;
    return one->index < other->index ? -1 : one->index > other->index;
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* Adds a text, which stays the caller's, to a tree; false: it is there already. */
static bool add_text(void **tree, const char *text)
{
    const char **known = tsearch(text, tree, compare_texts);
    if (!known)
        host_out_of_memory();
    return *known == text;
}

static void keep_text(void *text)
{
    (void)text;
}

static void free_spot(void *spot)
{
    free(((struct spot *)spot)->file);
    free(spot);
}

static int note_spot(cfg_t *section, cfg_opt_t *option)
{
    struct policy_file *file = file_of(section->filename);
    const struct policy_place *place = file ? policy_scan_value(&file->scan) : NULL;
    if (place && place->end)
        return 0;
    struct spot *spot = host_realloc(NULL, 1, sizeof *spot);
    *spot = (struct spot){option, cfg_opt_size(option) - 1,
                          place ? place->line : (uint32_t)section->line, place ? place->column : 0,
                          host_copy(real_name(section->filename))};
    struct spot **known = tsearch(spot, &reading.spots, compare_spots);
    if (!known)
        host_out_of_memory();
    if (*known != spot) { /* the option is set once more */
        free_spot(*known);
        *known = spot;
    }
    return 0;
}

/* Where value `index` of an option stands; never NULL. */
static const struct spot *spot_of(const cfg_opt_t *option, unsigned index)
{
    static const struct spot nowhere = {.file = "?"};
    const struct spot wanted = {.option = option, .index = index};
    struct spot *const *known = tfind(&wanted, &reading.spots, compare_spots);
    return known ? *known : &nowhere;
}

static void fail_at(cfg_opt_t *option, unsigned index, char *message)
{
    const struct spot *spot = spot_of(option, index);
    fail(spot->file, spot->line, spot->column, message);
}

/* After each entry: the first one that is too many has a place. */
static void check_size(const struct policy_blob *blob, const char *file, uint32_t line,
                       uint32_t column)
{
    if (reading.failed || policy_blob_size(blob) <= LD_POLICY_MAX)
        return;
    fail(file, line, column, host_copy("the compiled policy is larger than 1 MiB from here on"));
    expect(host_copy("fewer entries: patterns can stand for many"));
}

/* include("FILE"), relative to the file that includes. */
static int on_include(cfg_t *section, cfg_opt_t *option, int count, const char **arguments)
{
    (void)count; /* one, by the grammar */
    const char *from = real_name(section->filename), *given = arguments[0];
    const char *slash = *given == '/' ? NULL : strrchr(from, '/');
    char *path =
        slash ? host_format("%.*s/%s", (int)(slash - from), from, given) : host_copy(given);
    struct policy_error error = {0};
    const struct policy_file *file = policy_files_open(&reading.files, path, &error);
    int result = 1;
    if (file) {
        const char *alias = file->alias;
        result = cfg_include(section, option, 1, &alias);
    } else if (error.line) {
        if (!reading.failed)
            *reading.error = error;
        else
            policy_error_free(&error);
        reading.failed = true;
    } else {
        fail_at_title(section->filename, (uint32_t)section->line, given,
                      host_format("`%s` cannot be included: %s", path, error.message));
        expect(host_copy("the name of a file with more of the policy"));
        policy_error_free(&error);
    }
    free(path);
    return result;
}

static uint64_t read_size(cfg_t *section, const char *name, uint64_t otherwise)
{
    cfg_opt_t *option = cfg_getopt(section, name);
    const char *text = cfg_opt_getnstr(option, 0);
    uint64_t size = otherwise;
    if (text && !policy_size(text, &size)) {
        fail_at(option, 0, host_format("`%s` is no size that fits into an object", text));
        expect(host_copy("bytes, or a number with k, M or G, below 1G"));
    }
    return size;
}

static uint32_t read_deadline(cfg_t *section, uint32_t otherwise)
{
    cfg_opt_t *option = cfg_getopt(section, "deadline");
    const char *text = cfg_opt_getnstr(option, 0);
    uint32_t deadline = otherwise;
    if (text && !policy_duration(text, &deadline)) {
        fail_at(option, 0, host_format("`%s` is no duration", text));
        expect(host_copy("a number with ms or s, as in 50ms"));
    }
    return deadline;
}

static uint32_t read_word(cfg_t *section, const char *name, const char *const *words,
                          uint32_t count, uint32_t otherwise)
{
    cfg_opt_t *option = cfg_getopt(section, name);
    const char *text = cfg_opt_getnstr(option, 0);
    if (!text)
        return otherwise;
    for (uint32_t i = 0; i < count; i++)
        if (strcmp(words[i], text) == 0)
            return i;
    if (!reading.failed) {
        uint32_t best = 4;
        fail_at(option, 0, host_format("`%s` is no value of %s", text, name));
        char *list = host_copy("one of");
        for (uint32_t i = 0; i < count; i++) {
            char *longer = host_format("%s%s %s", list, i ? "," : "", words[i]);
            free(list);
            list = longer;
            consider(text, words[i], &best);
        }
        expect(list);
    }
    return 0;
}

static const char *const after_fault_words[] = {"stop", "continue", "restart"};
static const char *const output_words[] = {"console", "kept"};
static const char *const isolation_words[] = {"none", "callee", "caller", "both"};

static uint32_t read_isolation(cfg_t *section, uint32_t otherwise)
{
    return read_word(section, "isolation", isolation_words, 4, otherwise);
}

static bool valid_name(const char *name)
{
    size_t length = strlen(name);
    for (size_t i = 0; i < length; i++)
        if (!isalnum((unsigned char)name[i]) && !strchr("_.+-", name[i]))
            return false;
    return length > 0 && length < 64;
}

/* A list of library names, into `table`. */
static struct ld_policy_run read_libraries(struct policy_blob *blob, struct policy_table *table,
                                           cfg_t *section, const char *name)
{
    cfg_opt_t *option = cfg_getopt(section, name);
    struct ld_policy_run run = {table->count, 0};
    void *texts = NULL;
    for (unsigned i = 0; i < cfg_opt_size(option); i++) {
        const char *text = cfg_opt_getnstr(option, i);
        if (!*text || strchr(text, '/')) {
            fail_at(option, i, host_format("`%s` is no name of a library", text));
            expect(host_copy("a soname or pattern without '/', as in \"libz.so.1\""));
        }
        if (!add_text(&texts, text)) {
            fail_at(option, i, host_format("`%s` stands in this list twice", text));
            expect(host_copy("each name once"));
        }
        struct ld_policy_library *library = policy_blob_add(table, sizeof *library);
        const struct spot *spot = spot_of(option, i);
        library->line = spot->line;
        library->pattern = policy_blob_string(blob, text);
        check_size(blob, spot->file, spot->line, spot->column);
        run.count++;
    }
    tdestroy(texts, keep_text);
    return run;
}

static struct ld_policy_run read_exports(struct policy_blob *blob, cfg_t *section)
{
    cfg_opt_t *option = cfg_getopt(section, "exports");
    struct ld_policy_run run = {blob->exports.count, 0};
    for (unsigned i = 0; i < cfg_opt_size(option); i++) {
        const char *text = cfg_opt_getnstr(option, i);
        if (!*text) {
            fail_at(option, i, host_copy("an export without a name"));
            expect(host_copy("the name of a gate, or a pattern"));
        }
        struct ld_policy_export *export = policy_blob_add(&blob->exports, sizeof *export);
        const struct spot *spot = spot_of(option, i);
        export->line = spot->line;
        export->gate = policy_blob_string(blob, text);
        check_size(blob, spot->file, spot->line, spot->column);
        run.count++;
    }
    return run;
}

/* Whether `compartment` of an import is a compartment of this policy, a pattern, or main. */
static bool known_compartment(const char *name)
{
    return strcmp(name, LD_MAIN) == 0 || ld_glob_is_pattern(name) ||
           tfind(name, &reading.compartments, compare_texts);
}

/* "COMPARTMENT", "COMPARTMENT:GATE"; patterns allowed in both. */
static struct ld_policy_import *add_import(struct policy_blob *blob, cfg_t *root, const char *own,
                                           const char *text, const struct spot *spot)
{
    const char *colon = strchr(text, ':');
    char *compartment = colon ? strndup(text, (size_t)(colon - text)) : host_copy(text);
    const char *gate = colon ? colon + 1 : "*";
    if (!*compartment || !*gate) {
        fail(spot->file, spot->line, spot->column, host_format("`%s` is no import", text));
        expect(host_copy("COMPARTMENT or COMPARTMENT:GATE"));
    } else if (strcmp(compartment, own) == 0) {
        fail(spot->file, spot->line, spot->column,
             host_format("compartment %s cannot import from itself", own));
        expect(host_copy("another compartment: inside one, calls are direct"));
    } else if (!known_compartment(compartment) && !reading.failed) {
        uint32_t best = 4;
        fail(spot->file, spot->line, spot->column,
             host_format("there is no compartment `%s`", compartment));
        expect(host_copy("the name of a compartment of this policy"));
        consider(compartment, LD_MAIN, &best);
        for (unsigned i = 0; i < cfg_size(root, "compartment"); i++)
            consider(compartment, cfg_title(cfg_getnsec(root, "compartment", i)), &best);
    }
    struct ld_policy_import *import = policy_blob_add(&blob->imports, sizeof *import);
    import->line = spot->line;
    import->compartment = policy_blob_string(blob, compartment);
    import->gate = policy_blob_string(blob, gate);
    check_size(blob, spot->file, spot->line, spot->column);
    free(compartment);
    return import;
}

/* Of a section, if all sections of a file are asked for in their order. */
static struct spot spot_of_title(const cfg_t *section)
{
    struct policy_file *file = file_of(section->filename);
    const struct policy_place *place =
        file ? policy_scan_next_title(&file->scan, section->title) : NULL;
    return (struct spot){.line = place ? place->line : (uint32_t)section->line,
                         .column = place ? place->column : 0,
                         .file = file ? file->path : NULL};
}

static struct ld_policy_run read_imports(struct policy_blob *blob, cfg_t *root, cfg_t *section)
{
    struct ld_policy_run run = {blob->imports.count, 0};
    const char *own = cfg_title(section);
    /* Sections first: they say more, and the first import that matches counts. */
    for (unsigned i = 0; i < cfg_size(section, "import"); i++) {
        cfg_t *demand = cfg_getnsec(section, "import", i);
        const struct spot spot = spot_of_title(demand);
        uint32_t isolation = read_isolation(demand, 0), deadline = read_deadline(demand, 0);
        struct ld_policy_import *import = add_import(blob, root, own, cfg_title(demand), &spot);
        import->isolation = isolation;
        import->deadline = deadline;
    }
    cfg_opt_t *option = cfg_getopt(section, "imports");
    for (unsigned i = 0; i < cfg_opt_size(option); i++)
        add_import(blob, root, own, cfg_opt_getnstr(option, i), spot_of(option, i));
    run.count = blob->imports.count - run.first;
    return run;
}

static void read_compartment(struct policy_blob *blob, cfg_t *root, cfg_t *section,
                             const struct ld_policy_compartment *defaults)
{
    struct ld_policy_compartment result = *defaults;
    const char *name = cfg_title(section);
    const struct spot spot = spot_of_title(section);
    struct ld_policy_compartment *record = policy_blob_add(&blob->compartments, sizeof *record);
    check_size(blob, spot.file, spot.line, spot.column);
    result.line = (uint32_t)section->line;
    if (!valid_name(name) || strcmp(name, LD_MONITOR) == 0) {
        fail(spot.file, spot.line, spot.column,
             host_format("a compartment cannot be named `%s`", name));
        expect(host_copy("letters, digits and _ . + - (but not monitor, which is there already)"));
    }
    result.name = policy_blob_string(blob, name);
    result.libraries = read_libraries(blob, &blob->libraries, section, "libraries");
    result.first_dibs = read_libraries(blob, &blob->first_dibs, section, "first-dibs");
    result.imports = read_imports(blob, root, section);
    result.exports = read_exports(blob, section);
    if (cfg_size(section, "import") || spot_of(cfg_getopt(section, "imports"), 0)->line ||
        cfg_getopt(section, "imports")->flags & CFGF_MODIFIED)
        result.flags |= LD_POLICY_NARROWS_IMPORTS;
    if (cfg_getopt(section, "exports")->flags & CFGF_MODIFIED)
        result.flags |= LD_POLICY_NARROWS_EXPORTS;
    result.heap = read_size(section, "heap", result.heap);
    result.stack = read_size(section, "stack", result.stack);
    result.after_fault =
        read_word(section, "after-fault", after_fault_words, 3, result.after_fault);
    bool kept = result.flags & LD_POLICY_OUTPUT_KEPT;
    if (read_word(section, "output", output_words, 2, kept) == 0)
        result.flags &= ~(uint32_t)LD_POLICY_OUTPUT_KEPT;
    else
        result.flags |= LD_POLICY_OUTPUT_KEPT;
    result.isolation = read_isolation(section, result.isolation);
    result.deadline = read_deadline(section, result.deadline);
    *record = result;
}

static void read_defaults(cfg_t *root, struct ld_policy_compartment *defaults)
{
    cfg_t *section = cfg_getsec(root, "defaults");
    if (!section)
        return;
    defaults->heap = read_size(section, "heap", 0);
    defaults->stack = read_size(section, "stack", 0);
    defaults->after_fault = read_word(section, "after-fault", after_fault_words, 3, 0);
    if (read_word(section, "output", output_words, 2, 0) == 1)
        defaults->flags |= LD_POLICY_OUTPUT_KEPT;
    defaults->isolation = read_isolation(section, 0);
    defaults->deadline = read_deadline(section, 0);
}

#define COMMON_OPTIONS                                                                             \
    CFG_STR("heap", NULL, CFGF_NONE), CFG_STR("stack", NULL, CFGF_NONE),                           \
        CFG_STR("after-fault", NULL, CFGF_NONE), CFG_STR("isolation", NULL, CFGF_NONE),            \
        CFG_STR("deadline", NULL, CFGF_NONE), CFG_STR("output", NULL, CFGF_NONE)

static int parse(FILE *stream, const char *alias, struct policy_blob *blob)
{
    cfg_opt_t import_options[] = {CFG_STR("isolation", NULL, CFGF_NONE),
                                  CFG_STR("deadline", NULL, CFGF_NONE), CFG_END()};
    cfg_opt_t compartment_options[] = {CFG_STR_LIST("libraries", NULL, CFGF_NODEFAULT),
                                       CFG_STR_LIST("imports", NULL, CFGF_NODEFAULT),
                                       CFG_STR_LIST("exports", NULL, CFGF_NODEFAULT),
                                       CFG_STR_LIST("first-dibs", NULL, CFGF_NODEFAULT),
                                       CFG_SEC("import", import_options, CFGF_MULTI | CFGF_TITLE),
                                       COMMON_OPTIONS,
                                       CFG_END()};
    cfg_opt_t default_options[] = {COMMON_OPTIONS, CFG_END()};
    cfg_opt_t root_options[] = {
        CFG_SEC("compartment", compartment_options, CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES),
        CFG_SEC("defaults", default_options, CFGF_NONE), CFG_FUNC("include", on_include),
        CFG_END()};
    static const char *const noted[] = {"compartment|libraries",
                                        "compartment|imports",
                                        "compartment|exports",
                                        "compartment|first-dibs",
                                        "compartment|heap",
                                        "compartment|stack",
                                        "compartment|after-fault",
                                        "compartment|isolation",
                                        "compartment|deadline",
                                        "compartment|output",
                                        "defaults|heap",
                                        "defaults|stack",
                                        "defaults|after-fault",
                                        "defaults|isolation",
                                        "defaults|deadline",
                                        "defaults|output",
                                        "compartment|import|isolation",
                                        "compartment|import|deadline"};
    cfg_t *root = cfg_init(root_options, CFGF_NONE);
    if (!root)
        host_out_of_memory();
    cfg_set_error_function(root, on_error);
    for (size_t i = 0; i < sizeof noted / sizeof *noted; i++)
        cfg_set_validate_func(root, noted[i], note_spot);
    free(root->filename);
    root->filename = host_copy(alias);
    reading.root = root;
    int result = cfg_parse_fp(root, stream);
    if (result == CFG_SUCCESS && !reading.failed) {
        struct ld_policy_compartment defaults = {0};
        read_defaults(root, &defaults);
        for (unsigned i = 0; i < cfg_size(root, "compartment"); i++)
            (void)add_text(&reading.compartments, cfg_title(cfg_getnsec(root, "compartment", i)));
        for (unsigned i = 0; i < cfg_size(root, "compartment"); i++)
            read_compartment(blob, root, cfg_getnsec(root, "compartment", i), &defaults);
    }
    reading.root = NULL;
    tdestroy(reading.compartments, keep_text);
    reading.compartments = NULL;
    cfg_free(root);
    return result;
}

/* libconfuse counts places of a text, so that all of it is read from the checked one. */
static bool parse_file(const char *path, struct policy_blob *blob)
{
    const struct policy_file *file = policy_files_open(&reading.files, path, reading.error);
    if (!file) {
        reading.failed = true;
        return false;
    }
    FILE *stream = fopen(file->alias, "re");
    if (!stream)
        host_out_of_memory();
    if (parse(stream, file->alias, blob) != CFG_SUCCESS)
        fail(path, 0, 0, host_copy("this is no policy"));
    fclose(stream);
    return !reading.failed;
}

void *policy_text_compile(const char *path, size_t *size, struct policy_error *error)
{
    struct policy_blob blob = {0};
    void *result = NULL;
    memset(error, 0, sizeof *error);
    memset(&reading, 0, sizeof reading);
    reading.error = error;
    reading.files.compartments = LD_POLICY_COMPARTMENTS_MAX;
    (void)policy_blob_string(&blob, path); /* counts as well */
    if (parse_file(path, &blob))
        result = policy_blob_finish(&blob, path, size);
    policy_blob_free(&blob);
    tdestroy(reading.spots, free_spot);
    reading.spots = NULL;
    policy_files_close(&reading.files);
    return result;
}
