/* SPDX-License-Identifier: BSD-2-Clause */
/* The policy: the text language with its messages, the binary form with its refusals, patterns. */
#include "ld_world.h"
#include "policy_blob.h"
#include <time.h>

static void *blob;
static size_t blob_size;
static struct policy_error text_error;

static bool compile(const char *text)
{
    char path[512];
    snprintf(path, sizeof path, "%s/p", world_directory());
    world_write(path, text);
    free(blob);
    policy_error_free(&text_error);
    blob = policy_text_compile(path, &blob_size, &text_error);
    return blob != NULL;
}

static int down(void **state)
{
    (void)state;
    free(blob);
    blob = NULL;
    policy_error_free(&text_error);
    return 0;
}

/* The text is refused with this line, but for the file's name. */
static void refuses(const char *text, const char *line)
{
    assert_false(compile(text));
    char *got = policy_error_line(&text_error);
    const char *rest = got + strlen(world_directory()) + 1;
    if (strcmp(rest, line) != 0)
        print_error("%s\n", got);
    assert_string_equal(rest, line);
    free(got);
}

static void one_line(void **state)
{
    (void)state;
    struct ld_policy policy;
    assert_true(compile("compartment codec { libraries = { \"libcodec.so\", \"libz.so.1\" } }"));
    assert_int_equal(ld_policy_read(blob, blob_size, &policy, NULL), LD_OK);
    assert_int_equal(policy.compartment_count, 1);
    const struct ld_policy_compartment *codec = &policy.compartments[0];
    assert_string_equal(ld_policy_string(&policy, codec->name), "codec");
    assert_int_equal(codec->libraries.count, 2);
    assert_string_equal(ld_policy_string(&policy, policy.libraries[1].pattern), "libz.so.1");
    assert_int_equal(codec->flags, 0);
    assert_int_equal(codec->line, 1);
}

static void everything(void **state)
{
    (void)state;
    struct ld_policy policy;
    assert_true(compile("# all of it\n"
                        "defaults { heap = 1M deadline = 2s }\n"
                        "compartment a {\n"
                        "    libraries = {\n"
                        "        \"liba.so\",\n"
                        "        \"libx*.so.[0-9]\" }\n"
                        "    imports = { \"b:get\", \"b\" }\n"
                        "    import \"b:put_*\" { isolation = both deadline = 50ms }\n"
                        "    exports = { }\n"
                        "    first-dibs = { \"libmalloc.so\" }\n"
                        "    stack = 64k\n"
                        "    after-fault = restart\n"
                        "    isolation = callee\n"
                        "}\n"
                        "compartment b { heap = 4096 output = kept }\n"));
    assert_int_equal(ld_policy_read(blob, blob_size, &policy, NULL), LD_OK);
    const struct ld_policy_compartment *a = &policy.compartments[0], *b = &policy.compartments[1];
    assert_int_equal(a->heap, 1 << 20);
    assert_int_equal(a->stack, 64 << 10);
    assert_int_equal(a->deadline, 2000);
    assert_int_equal(a->after_fault, LD_AFTER_FAULT_RESTART);
    assert_int_equal(a->isolation, 1);
    assert_int_equal(a->flags, LD_POLICY_NARROWS_IMPORTS | LD_POLICY_NARROWS_EXPORTS);
    assert_int_equal(a->exports.count, 0);
    assert_int_equal(policy.libraries[a->libraries.first + 1].line, 6);
    assert_int_equal(a->imports.count, 3);
    const struct ld_policy_import *import = &policy.imports[a->imports.first];
    assert_string_equal(ld_policy_string(&policy, import[0].gate), "put_*");
    assert_int_equal(import[0].isolation, 3);
    assert_int_equal(import[0].deadline, 50);
    assert_string_equal(ld_policy_string(&policy, import[2].gate), "*");
    assert_int_equal(import[1].line, 7);
    assert_string_equal(ld_policy_string(&policy, policy.first_dibs[0].pattern), "libmalloc.so");
    assert_int_equal(b->heap, 4096);
    assert_int_equal(b->flags, LD_POLICY_OUTPUT_KEPT);
    assert_int_equal(ld_policy_compartment(&policy, "b"), 1);
    assert_int_equal(ld_policy_compartment(&policy, "c"), UINT32_MAX);
}

static void includes(void **state)
{
    (void)state;
    char path[512];
    struct ld_policy policy;
    snprintf(path, sizeof path, "%s/more", world_directory());
    world_write(path, "compartment b { libraries = { \"b.so\" } }\n");
    assert_true(compile("include(\"more\")\ncompartment a { imports = { \"b\" } }\n"));
    assert_int_equal(ld_policy_read(blob, blob_size, &policy, NULL), LD_OK);
    assert_int_equal(policy.compartment_count, 2);
    world_write(path, "\ncompartment b { libaries = { } }\n");
    assert_false(compile("include(\"more\")\n"));
    assert_string_equal(text_error.file, path);
    assert_int_equal(text_error.line, 2);
    assert_int_equal(text_error.column, 17);
    world_write(path, "include(\"more\")\n");
    assert_false(compile("include(\"more\")\n"));
}

/* File, line, column, what was expected, the nearest valid word. */
static void text_refusals(void **state)
{
    static const struct {
        const char *text, *line;
    } cases[] = {
        {"compartment a { libraries { \"x\" } }\n", "p:1:27: unexpected `{`; expected `=`"},
        {"compartment a { heap = }\n", "p:1:24: unexpected `}`; expected a value"},
        {"compartment a { libraries = { \"x\" \"y\" } }\n",
         "p:1:35: unexpected `\"y\"`; expected `,` or `}`"},
        {"compartment { }\n", "p:1:13: unexpected `{`; expected the name of a compartment"},
        {"compartment a\n", "p:2:1: the file ends too early; expected `{`"},
        {"compartment a { } }\n",
         "p:1:19: unexpected `}`; expected one of compartment, defaults, include"},
        {"= = =\n", "p:1:1: unexpected `=`; expected one of compartment, defaults, include"},
        {"compartment a { libraries = { \"x\" }\n",
         "p:1:15: this brace is not closed; expected `}`"},
        {"compartment a { libraries = { \"x } }\n",
         "p:1:31: a text has no end; expected a quote at its end"},
        {"/* abc\n", "p:1:1: this comment has no end; expected `*/`"},
        {"compartmnt a { }\n", "p:1:1: no such option 'compartmnt'; expected one of compartment, "
                               "defaults, include; did you mean `compartment`?"},
        {"compartment a { }\nfoo = 3\n",
         "p:2:1: no such option 'foo'; expected one of compartment, defaults, include"},
        {"compartment a {\n    librarys = { \"x\" }\n}\n",
         "p:2:5: no such option 'librarys'; expected one of libraries, imports, exports, "
         "first-dibs, import, heap, stack, after-fault, isolation, deadline, output; did you mean "
         "`libraries`?"},
        {"defaults { heep = 1M }\n",
         "p:1:12: no such option 'heep'; expected one of heap, stack, after-fault, isolation, "
         "deadline, output; did you mean `heap`?"},
        {"compartment codec { }\ncompartment a { import \"codec\" { isolatoin = both } }\n",
         "p:2:34: no such option 'isolatoin'; expected one of isolation, deadline; did you mean "
         "`isolation`?"},
        {"compartment a { import { } }\n", "p:1:24: unexpected `{`; expected \"COMPARTMENT:GATE\""},
        {"include(\"a\", \"b\")\n", "p:1:12: unexpected `,`; expected `)`"},
        {"compartment a {\n  heap = 12Q\n}\n",
         "p:2:10: `12Q` is no size that fits into an object; expected bytes, or a number with k, M "
         "or G, below 1G"},
        {"compartment a {\n  heap = 2G\n}\n",
         "p:2:10: `2G` is no size that fits into an object; expected bytes, or a number with k, M "
         "or G, below 1G"},
        {"compartment heap { heap = heap }\n",
         "p:1:27: `heap` is no size that fits into an object; expected bytes, or a number with k, "
         "M or G, below 1G"},
        {"compartment a { deadline = 5 }\n",
         "p:1:28: `5` is no duration; expected a number with ms or s, as in 50ms"},
        {"compartment a { after-fault = restat }\n",
         "p:1:31: `restat` is no value of after-fault; expected one of stop, continue, restart; "
         "did you mean `restart`?"},
        {"compartment a { isolation = calee }\n",
         "p:1:29: `calee` is no value of isolation; expected one of none, callee, caller, both; "
         "did you mean `callee`?"},
        {"compartment a { libraries = { \"a/b\" } }\n",
         "p:1:32: `a/b` is no name of a library; expected a soname or pattern without '/', as in "
         "\"libz.so.1\""},
        {"compartment a { libraries = { \"ab\", \"ab\" } }\n",
         "p:1:38: `ab` stands in this list twice; expected each name once"},
        {"compartment a { libraries = { \"\" } }\n",
         "p:1:32: `` is no name of a library; expected a soname or pattern without '/', as in "
         "\"libz.so.1\""},
        {"compartment a { exports = { \"\" } }\n",
         "p:1:30: an export without a name; expected the name of a gate, or a pattern"},
        {"compartment a { libraries = { \"ok\", \"ok2\",\n   \"x/y\" } }\n",
         "p:2:5: `x/y` is no name of a library; expected a soname or pattern without '/', as in "
         "\"libz.so.1\""},
        {"compartment codec { }\ncompartment a { imports = { \"codek:x\" } }\n",
         "p:2:30: there is no compartment `codek`; expected the name of a compartment of this "
         "policy; did you mean `codec`?"},
        {"compartment codec { }\ncompartment a { import \"codek\" { } }\n",
         "p:2:25: there is no compartment `codek`; expected the name of a compartment of this "
         "policy; did you mean `codec`?"},
        {"compartment a { imports = { \"a:x\" } }\n",
         "p:1:30: compartment a cannot import from itself; expected another compartment: inside "
         "one, calls are direct"},
        {"compartment a { imports = { \":x\" } }\n",
         "p:1:30: `:x` is no import; expected COMPARTMENT or COMPARTMENT:GATE"},
        {"compartment a { }\ncompartment a { }\n", "p:2:13: there is a compartment `a` already; "
                                                   "expected a name that no other compartment has"},
        {"compartment \"a b\" { }\n",
         "p:1:14: a compartment cannot be named `a b`; expected letters, digits and _ . + - (but "
         "not monitor, which is there already)"},
        {"compartment monitor { }\n",
         "p:1:13: a compartment cannot be named `monitor`; expected letters, digits and _ . + - "
         "(but not monitor, which is there already)"},
    };
    (void)state;
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++)
        refuses(cases[i].text, cases[i].line);
    assert_true(compile(""));
    assert_true(compile("compartment a { heap = 1M; stack = 64k; }"));
    assert_true(compile("compartment a{libraries={'a.so',\"b.so\",}exports={}}"));
}

/* A list of `count` entries e0, e1, ... from column 1 of line 2 on, one on each line. */
static char *long_list(const char *before, const char *entry, unsigned count, const char *after)
{
    char *text;
    size_t size;
    FILE *stream = open_memstream(&text, &size);
    assert_non_null(stream);
    fprintf(stream, "%s\n", before);
    for (unsigned i = 0; i < count; i++)
        fprintf(stream, entry, i);
    fputs(after, stream);
    fclose(stream);
    return text;
}

static void refuses_list(const char *before, const char *entry, unsigned count, const char *after,
                         const char *line)
{
    char *text = long_list(before, entry, count, after);
    refuses(text, line);
    free(text);
}

/* The first entry that does not fit is named, and without it all is well. */
static void fills(const char *before, const char *entry, const char *after)
{
    char *text = long_list(before, entry, 19000, after);
    assert_false(compile(text));
    free(text);
    assert_int_equal(text_error.column, 2);
    assert_string_equal(text_error.message,
                        "the compiled policy is larger than 1 MiB from here on");
    text = long_list(before, entry, text_error.line - 2, after);
    assert_true(compile(text));
    free(text);
}

/* What is wrong with all of a file has the place of the first entry that is too many. */
static void too_many(void **state)
{
    (void)state;
    refuses_list("", "compartment c%u { }\n", 1100, "",
                 "p:1025:13: there are more than 1023 compartments; expected fewer compartments, "
                 "with more libraries in each");
    fills("compartment a { exports = {", "\"%050u\",\n", "} }");
    fills("compartment a { libraries = {", "\"%050u\",\n", "} }");
    refuses_list("compartment b { } compartment a {", "import \"b:%u\" { }\n", 5000, "}",
                 "p:4098:9: there are more than 4096 import sections here; expected a pattern that "
                 "stands for many gates");
}

/* Each entry is looked up among those before it: were that done one by one, minutes. (Under
 * AddressSanitizer realloc() always copies, and libconfuse calls it for each entry.) */
static void long_lists(void **state)
{
#ifdef __SANITIZE_ADDRESS__
    enum { COUNT = 6000 };
#else
    enum { COUNT = 60000 };
#endif
    (void)state;
    char *text = long_list("compartment a { libraries = {", "\"l%u\",\n", COUNT, "} }");
    struct timespec before, after;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);
    assert_true(compile(text));
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
    assert_true(after.tv_sec - before.tv_sec < 10);
    free(text);
}

/* An import has the place of its own section, and not that of a compartment of that name. */
static void titles(void **state)
{
    (void)state;
    struct ld_policy policy;
    assert_true(compile("compartment b { }\ncompartment a {\n import \"b\" { }\n}\n"
                        "compartment c {\n import \"b\" { }\n import \"a\" { }\n}\n"));
    assert_int_equal(ld_policy_read(blob, blob_size, &policy, NULL), LD_OK);
    assert_int_equal(policy.imports[0].line, 3);
    assert_int_equal(policy.imports[1].line, 6);
    assert_int_equal(policy.imports[2].line, 7);
}

static void text_with_nul(void **state)
{
    (void)state;
    char path[512];
    snprintf(path, sizeof path, "%s/p", world_directory());
    FILE *stream = fopen(path, "w");
    assert_non_null(stream);
    assert_int_equal(fwrite("compartment a\n{ \0 }", 1, 19, stream), 19);
    fclose(stream);
    free(blob);
    policy_error_free(&text_error);
    blob = policy_text_compile(path, &blob_size, &text_error);
    assert_null(blob);
    assert_int_equal(text_error.line, 2);
    assert_int_equal(text_error.column, 3);
}

static void missing_include(void **state)
{
    (void)state;
    assert_false(compile("compartment a { }\n  include(\"nosuch\")\n"));
    assert_int_equal(text_error.line, 2);
    assert_int_equal(text_error.column, 12);
    assert_non_null(strstr(text_error.message, "/nosuch` cannot be included"));
}

static void patterns(void **state)
{
    (void)state;
    assert_true(ld_glob_match("libz.so.1", "libz.so.1"));
    assert_false(ld_glob_match("libz.so.1", "libz.so.12"));
    assert_true(ld_glob_match("*", ""));
    assert_true(ld_glob_match("lib*.so*", "libpng16.so.16"));
    assert_true(ld_glob_match("a*b*c", "aXbXbXc"));
    assert_false(ld_glob_match("a*b*c", "aXbXbX"));
    assert_true(ld_glob_match("lib?.so", "libz.so"));
    assert_true(ld_glob_match("x[0-9a]y", "x5y"));
    assert_true(ld_glob_match("x[!0-9]y", "xzy"));
    assert_false(ld_glob_match("x[!0-9]y", "x5y"));
    assert_true(ld_glob_match("x[]]", "x]"));
    assert_true(ld_glob_match("x[", "x["));
    assert_true(ld_glob_match("\\*", "*"));
    assert_false(ld_glob_match("\\*", "x"));
    /* A pattern made to be slow. */
    char text[4097];
    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    assert_false(ld_glob_match("*a*a*a*a*a*a*a*a*a*a*a*a*b", text));
}

static bool keep_first(void *context, const struct ld_report *report)
{
    struct ld_report *first = context;
    if (!first->message)
        *first = *report;
    return true;
}

/* Changes 4 bytes of a valid policy and wants it refused, at this place, with these words. */
static void spoiled(size_t offset, uint32_t value, const char *message)
{
    struct ld_policy policy;
    struct ld_report first = {0};
    struct ld_diag diag = {.context = &first, .report = keep_first};
    unsigned char *copy = aligned_alloc(8, (blob_size + 7) & ~(size_t)7);
    memcpy(copy, blob, blob_size);
    memcpy(copy + offset, &value, sizeof value);
    assert_int_equal(ld_policy_read(copy, blob_size, &policy, &diag), LD_EPOLICY);
    assert_string_equal(first.message, message);
    assert_null(policy.compartments);
    free(copy);
}

static void binary_refusals(void **state)
{
    (void)state;
    assert_true(
        compile("compartment a { libraries = { \"a.so\" } imports = { \"b:g\" } exports = { "
                "\"e\" } first-dibs = { \"m.so\" } }\ncompartment b { }"));
    const struct ld_policy_header *header = blob;
    const size_t a = header->compartments.first;
    spoiled(0, 1, "this is no compiled policy: wrong magic number");
    spoiled(8, 2, "the policy has another format version than 1");
    spoiled(12, 1 << 30, "the policy is truncated, or its size field is wrong");
    spoiled(12, 8, "the policy is truncated, or its size field is wrong");
    spoiled(16, 71, "a table does not start where the one before it ends");
    spoiled(20, UINT32_MAX, "a table ends after the end of the policy");
    spoiled(64, UINT32_MAX, "the source has no name");
    spoiled(68, 1, "unknown flags are set");
    spoiled(a, 0, "a compartment has no name");
    spoiled(a, UINT32_MAX, "a compartment has no name");
    spoiled(a + 4, 8, "a compartment has unknown flags");
    spoiled(a + 8, 2, "a compartment refers to entries that do not exist");
    spoiled(a + 12, UINT32_MAX, "a compartment refers to entries that do not exist");
    spoiled(a + 16, UINT32_MAX, "a compartment refers to entries that do not exist");
    spoiled(a + 56, 3, "after-fault is none of stop, continue, restart");
    spoiled(a + 60, 4, "isolation is none of none, callee, caller, both");
    spoiled(header->libraries.first, UINT32_MAX, "a library has no name");
    spoiled(header->imports.first, UINT32_MAX, "an import is not valid");
    spoiled(header->imports.first + 8, 4, "an import is not valid");
    spoiled(header->imports.first + 20, 1, "an import is not valid");
    spoiled(header->exports.first, UINT32_MAX, "an export has no name");
    spoiled(header->first_dibs.first, UINT32_MAX, "an entry of first-dibs has no name");
    spoiled(header->strings.first, 0x41414141, "the string table does not start and end with NUL");
    uint32_t name;
    memcpy(&name, (char *)blob + a, 4);
    spoiled(a + sizeof(struct ld_policy_compartment), name, "two compartments have the same name");
}

static void truncated(void **state)
{
    (void)state;
    struct ld_policy policy;
    assert_true(compile("compartment a { libraries = { \"a.so\" } }"));
    for (size_t size = 0; size < blob_size; size++) {
        void *copy = aligned_alloc(8, (size + 8) & ~(size_t)7);
        memcpy(copy, blob, size);
        assert_int_equal(ld_policy_read(copy, size, &policy, NULL), LD_EPOLICY);
        free(copy);
    }
    unsigned char *longer = aligned_alloc(8, 8192);
    memset(longer, 0, 8192);
    memcpy(longer, blob, blob_size);
    assert_int_equal(ld_policy_read(longer, 4096, &policy, NULL), LD_OK);
    longer[4000] = 1;
    assert_int_equal(ld_policy_read(longer, 4096, &policy, NULL), LD_EPOLICY);
    assert_int_equal(ld_policy_read(longer + 1, 4000, &policy, NULL), LD_EPOLICY);
    free(longer);
}

RUN_TESTS(
    T_STATE(one_line, "one line of policy makes a compartment", NULL, down),
    T_STATE(everything, "all that the language says arrives in the binary form", NULL, down),
    T_STATE(includes, "include is relative to its file, and errors name it", NULL, down),
    T_STATE(text_with_nul, "a NUL byte is refused where it stands", NULL, down),
    T_STATE(missing_include, "an include that is not there, by line and column", NULL, down),
    T_STATE(text_refusals, "errors give line, column, what was expected, the nearest word", NULL,
            down),
    T_STATE(too_many, "what is too much is told at the first entry that is too many", NULL, down),
    T_STATE(long_lists, "60,000 entries are read without a look at each other", NULL, down),
    T_STATE(titles, "imports of one name in two compartments have their own lines", NULL, down),
    T_STATE(patterns, "patterns match as in a shell, in bounded time", NULL, down),
    T_STATE(binary_refusals, "every broken field of a compiled policy is refused", NULL, down),
    T_STATE(truncated, "a truncated or longer policy is refused", NULL, down))
