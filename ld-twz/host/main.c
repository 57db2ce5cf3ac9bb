/* SPDX-License-Identifier: BSD-2-Clause */
/* ld-twz on the host: reads the command line and runs one command. */
#include "out.h"
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef TWZ_VERSION
#define TWZ_VERSION "unknown"
#endif

enum long_option {
    OPTION_POLICY = 256,
    OPTION_IMAGE,
    OPTION_ROOT,
    OPTION_LIBRARY_PATH,
    OPTION_RUNTIME,
    OPTION_PRELOAD,
    OPTION_FROM,
    OPTION_SEED,
    OPTION_SERIAL,
    OPTION_OUTPUT,
    OPTION_JSON,
    OPTION_ALL,
    OPTION_PATHS,
    OPTION_SVG,
    OPTION_VERSION
};

/* Sets of options. */
#define TAKES(option) (1u << ((option)-OPTION_POLICY))
enum {
    OF_PROGRAMS = TAKES(OPTION_POLICY) | TAKES(OPTION_IMAGE) | TAKES(OPTION_ROOT) |
                  TAKES(OPTION_LIBRARY_PATH) | TAKES(OPTION_RUNTIME) | TAKES(OPTION_PRELOAD) |
                  TAKES(OPTION_OUTPUT),
    OF_REPORTS = OF_PROGRAMS | TAKES(OPTION_JSON)
};

struct command {
    const char *name;
    enum host_status (*run)(const struct session_options *, int count, char **arguments);
    int arguments;
    uint32_t takes; /* of its own options; --help and --version belong to all */
    const char *synopsis;
    const char *text;
    const char *examples;
};

static const struct command commands[] = {
    {"inspect", command_inspect, 1, OF_REPORTS | TAKES(OPTION_ALL), "inspect PROG",
     "Shows compartments, libraries with the rule that put each there, gates, slots, rights,\n"
     "and every place that was searched for what was not found. --all shows every edge.",
     "  ld-twz inspect /bin/ls\n"
     "  ld-twz inspect --policy inflate.policy build/programs/inflate\n"
     "  ld-twz inspect build/twz.img:inflate --json\n"},
    {"check", command_check, 1, OF_REPORTS, "check PROG",
     "Reports all that would be refused: policy violations, unresolved references, gates whose\n"
     "caller and callee disagree, libraries not found; also duplicates. Exit status 1 if any.",
     "  ld-twz check --policy inflate.policy build/programs/inflate\n"
     "  ld-twz check --root /srv/jail /usr/bin/python3 --json\n"},
    {"bindings", command_bindings, 1, OF_REPORTS | TAKES(OPTION_PATHS), "bindings PROG",
     "Prints one line per reference: referrer TAB symbol[@version] TAB definer. A definer `0` is\n"
     "a weak undefined symbol. --paths prints paths instead of names.",
     "  ld-twz bindings /bin/ls\n"
     "  ld-twz bindings --paths /usr/bin/git | grep -w inflate\n"},
    {"why", command_why, 2, OF_REPORTS | TAKES(OPTION_FROM),
     "why PROG SYMBOL[@VERSION] [--from LIB]",
     "Replays the resolution of a symbol: each rule in order, each place searched, what refused\n"
     "or accepted it, and the cure. LIB may be COMPARTMENT:LIB.",
     "  ld-twz why /bin/ls malloc\n"
     "  ld-twz why --policy p.policy app secret_key --from app\n"},
    {"suggest", command_suggest, 1, OF_REPORTS | TAKES(OPTION_FROM), "suggest PROG [--from LIB]",
     "Ranks libraries by what would cross if each had a compartment of its own: functions, which\n"
     "become gates, and data, which stands in the way. --from LIB lists the references of one.",
     "  ld-twz suggest /usr/bin/git\n"
     "  ld-twz suggest /usr/bin/git --from libz.so.1\n"},
    {"diff", command_diff, 3, OF_REPORTS & ~TAKES(OPTION_POLICY), "diff PROG OLD-POLICY NEW-POLICY",
     "Shows which bindings change from one policy to another; `none` is no policy. Exit status 1\n"
     "if any does.",
     "  ld-twz diff build/programs/inflate none inflate.policy\n"},
    {"map", command_map, 1, OF_REPORTS | TAKES(OPTION_SEED), "map PROG",
     "Shows which slots hold which object, and the rights of each range. --seed N places\n"
     "libraries at random. Ordinary programs have no slots: their ranges count from where each\n"
     "file is loaded.",
     "  ld-twz map build/twz.img:inflate\n"},
    {"graph", command_graph, 1, OF_PROGRAMS | TAKES(OPTION_SVG), "graph PROG [--svg] [-o FILE]",
     "Draws compartments as boxes and gates as arrows, refused references in red, as Graphviz\n"
     "dot, or svg if `dot` is installed.",
     "  ld-twz graph --policy p.policy app | dot -Tpng >app.png\n"
     "  ld-twz graph --svg -o app.svg app\n"},
    {"top", command_top, 0, TAKES(OPTION_SERIAL) | TAKES(OPTION_JSON) | TAKES(OPTION_OUTPUT),
     "top --serial FILE",
     "Shows the last table of compartments, libraries, gates and memory that a running image has\n"
     "printed: FILE is its serial log, or - for standard input.",
     "  build/bin/twz-run build/twz.img hello | ld-twz top --serial - --json\n"},
    {"policy", command_policy, 1, TAKES(OPTION_JSON) | TAKES(OPTION_OUTPUT), "policy FILE [-o OUT]",
     "Checks a policy and compiles it into the binary form that the image reads.",
     "  ld-twz policy inflate.policy\n"
     "  ld-twz policy inflate.policy -o build/policy.bin\n"},
};
#define COMMANDS (sizeof commands / sizeof *commands)

static const struct option long_options[] = {
    {"policy", required_argument, NULL, OPTION_POLICY},
    {"image", required_argument, NULL, OPTION_IMAGE},
    {"root", required_argument, NULL, OPTION_ROOT},
    {"library-path", required_argument, NULL, OPTION_LIBRARY_PATH},
    {"runtime", required_argument, NULL, OPTION_RUNTIME},
    {"preload", required_argument, NULL, OPTION_PRELOAD},
    {"from", required_argument, NULL, OPTION_FROM},
    {"seed", required_argument, NULL, OPTION_SEED},
    {"serial", required_argument, NULL, OPTION_SERIAL},
    {"output", required_argument, NULL, OPTION_OUTPUT},
    {"json", no_argument, NULL, OPTION_JSON},
    {"all", no_argument, NULL, OPTION_ALL},
    {"paths", no_argument, NULL, OPTION_PATHS},
    {"svg", no_argument, NULL, OPTION_SVG},
    {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, OPTION_VERSION},
    {0}};

static const struct {
    enum long_option option;
    const char *text;
} option_texts[] = {
    {OPTION_POLICY, "  --policy FILE        policy, as text or compiled"},
    {OPTION_IMAGE, "  --image FILE         look PROG and its libraries up in this image"},
    {OPTION_ROOT, "  --root DIR           look for files below DIR"},
    {OPTION_LIBRARY_PATH, "  --library-path DIRS  search these first, instead of LD_LIBRARY_PATH"},
    {OPTION_RUNTIME,
     "  --runtime NAME       runtime set of each compartment, may be repeated; `none`"},
    {OPTION_PRELOAD, "  --preload NAME       as LD_PRELOAD, may be repeated"},
    {OPTION_FROM, "  --from LIB           the library that refers, or COMPARTMENT:LIB"},
    {OPTION_SEED, "  --seed N             places libraries at random, by this number"},
    {OPTION_SERIAL, "  --serial FILE        serial log of an image, - for standard input"},
    {OPTION_ALL, "  --all                show every edge"},
    {OPTION_PATHS, "  --paths              print paths instead of names"},
    {OPTION_SVG, "  --svg                a picture, by the program `dot`"},
    {OPTION_JSON, "  --json               print JSON"},
    {OPTION_OUTPUT, "  -o, --output FILE    write there instead of standard output"},
};

static void print_help(const struct command *command)
{
    if (command) {
        printf("usage: ld-twz %s [OPTION]...\n\n%s\n\nExamples:\n%s\n", command->synopsis,
               command->text, command->examples);
    } else {
        puts("usage: ld-twz COMMAND PROG [OPTION]...\n\nCommands:");
        for (size_t i = 0; i < COMMANDS; i++)
            printf("  %s\n", commands[i].synopsis);
        puts("\nPROG is an ELF file, a packed object, or IMAGE:NAME. Nothing is executed.\n"
             "`ld-twz COMMAND --help` has examples.\n");
    }
    puts("Options:");
    uint32_t taken = command ? command->takes : OF_REPORTS;
    for (size_t i = 0; i < sizeof option_texts / sizeof *option_texts; i++)
        if (taken & TAKES(option_texts[i].option))
            puts(option_texts[i].text);
    puts("  -h, --help           this text\n"
         "      --version        the version\n\n"
         "Exit status: 0 fine, 1 the answer is no, 2 usage, 3 bad input. See ld-twz(1).");
}

static enum host_status usage(const char *text, const char *detail)
{
    host_complain("%s%s%s; try `ld-twz --help`", text, detail ? " " : "", detail ? detail : "");
    return HOST_USAGE;
}

static const struct command *find_command(const char *name)
{
    for (size_t i = 0; i < COMMANDS; i++)
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    return NULL;
}

static enum host_status unknown_command(const char *name)
{
    const char *nearest = NULL;
    uint32_t best = 3;
    for (size_t i = 0; i < COMMANDS; i++) {
        uint32_t distance = host_distance(name, commands[i].name, 2);
        if (distance < best) {
            best = distance;
            nearest = commands[i].name;
        }
    }
    host_complain("no command `%s`%s%s%s; try `ld-twz --help`", name,
                  nearest ? "; did you mean `" : "", nearest ? nearest : "", nearest ? "`?" : "");
    return HOST_USAGE;
}

static void add_name(const char ***names, uint32_t *count, const char *name)
{
    *names = host_realloc(*names, *count + 1, sizeof **names);
    (*names)[(*count)++] = name;
}

static bool take_seed(struct session_options *options, const char *text)
{
    char *end;
    options->seed = strtoull(text, &end, 0);
    return *text && !*end;
}

/* Whether the command has this option; complains if not. */
static bool is_taken(const struct command *command, int option)
{
    if (option == 'o')
        option = OPTION_OUTPUT;
    if (!command || command->takes & TAKES(option))
        return true;
    const struct option *entry = long_options;
    while (entry->val != option)
        entry++;
    host_complain("%s has no --%s; try `ld-twz %s --help`", command->name, entry->name,
                  command->name);
    return false;
}

/* One option; false when its argument is not valid. */
static bool take_option(struct session_options *options, int option, const char *argument)
{
    switch (option) {
    case OPTION_POLICY:
        options->policy = argument;
        break;
    case OPTION_IMAGE:
        options->image = argument;
        break;
    case OPTION_ROOT:
        options->root = argument;
        break;
    case OPTION_LIBRARY_PATH:
        options->library_path = argument;
        break;
    case OPTION_RUNTIME:
        if (strcmp(argument, "none") == 0)
            options->no_runtime = true;
        else
            add_name(&options->runtime, &options->runtime_count, argument);
        break;
    case OPTION_PRELOAD:
        add_name(&options->preload, &options->preload_count, argument);
        break;
    case OPTION_FROM:
        options->from = argument;
        break;
    case OPTION_SEED:
        return take_seed(options, argument);
    case OPTION_SERIAL:
        options->serial = argument;
        break;
    case OPTION_OUTPUT:
    case 'o':
        options->output = argument;
        break;
    case OPTION_JSON:
        options->json = true;
        break;
    case OPTION_ALL:
        options->all = true;
        break;
    case OPTION_PATHS:
        options->paths = true;
        break;
    default:
        options->svg = true;
    }
    return true;
}

/* Runs with standard output in a file that is replaced when all of it was written. */
static enum host_status run_into_file(const struct command *command,
                                      const struct session_options *options, char **arguments)
{
    struct host_output output;
    if (!host_output_open(&output, options->output))
        return HOST_BAD_INPUT;
    int standard = dup(STDOUT_FILENO);
    bool fine = dup2(fileno(output.stream), STDOUT_FILENO) >= 0;
    enum host_status status =
        fine ? command->run(options, command->arguments, arguments) : HOST_BAD_INPUT;
    errno = EIO; /* if it was a write before the last that failed */
    fine = fine && fflush(stdout) == 0 && !ferror(stdout);
    if (!fine)
        host_complain("%s: cannot write it: %s", options->output, strerror(errno));
    if (standard >= 0) {
        (void)!dup2(standard, STDOUT_FILENO);
        close(standard);
    }
    bool keep = fine && (status == HOST_FINE || status == HOST_NO);
    return host_output_close(&output, keep) && fine ? status : HOST_BAD_INPUT;
}

static enum host_status run(const struct command *command, struct session_options *options,
                            int count, char **arguments)
{
    if (!command)
        return usage("there is no command", NULL);
    if (count != command->arguments)
        return usage("usage: ld-twz", command->synopsis);
    for (int i = 0; i < count; i++)
        if (!*arguments[i])
            return usage("an argument is empty: ld-twz", command->synopsis);
    if (options->root && options->image)
        return usage("--root and --image exclude each other", NULL);
    const char *no_colour = getenv("NO_COLOR");
    bool to_file = options->output && strcmp(options->output, "-") != 0;
    options->colour = !to_file && isatty(STDOUT_FILENO) && !(no_colour && *no_colour);
    if (to_file && command->run != command_policy) /* whose -o is another form of the policy */
        return run_into_file(command, options, arguments);
    enum host_status status = command->run(options, count, arguments);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        host_complain("standard output: write error");
        return HOST_BAD_INPUT;
    }
    return status;
}

int main(int argc, char **argv)
{
    struct session_options options = {0};
    const struct command *command = NULL;
    const char *name = argc > 1 && argv[1][0] != '-' ? argv[1] : NULL;
    int skip = name != NULL, option;
    bool help = false;
    static char buffer[1 << 12]; /* what is collected in larger pieces passes it by */
#ifndef __SANITIZE_ADDRESS__     /* which looks for leaks */
    options.last = true;
#endif
    if (!isatty(STDOUT_FILENO))
        setvbuf(stdout, buffer, _IOFBF, sizeof buffer);
    if (name && !(command = find_command(name)))
        return (int)unknown_command(name);
    opterr = 0;
    while ((option = getopt_long(argc - skip, argv + skip, "o:h", long_options, NULL)) != -1) {
        const char *given = argv[skip + optind - 1];
        if (option == '?')
            return (int)usage("unknown option or missing argument:", given);
        if (option == OPTION_VERSION) {
            puts("ld-twz " TWZ_VERSION);
            return HOST_FINE;
        }
        if (option == 'h')
            help = true;
        else if (!is_taken(command, option))
            return HOST_USAGE;
        else if (!take_option(&options, option, optarg))
            return (int)usage("not a number:", optarg);
    }
    int status = HOST_FINE;
    if (help)
        print_help(command);
    else
        status = (int)run(command, &options, argc - skip - optind, argv + skip + optind);
    free(options.runtime);
    free(options.preload);
    return status;
}
