/* SPDX-License-Identifier: BSD-2-Clause */
#include "key.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int taken(const char *path)
{
    report_problem(&(struct problem){.file = path,
                                     .error = "E_KEY",
                                     .expected = "there is a file of this name already",
                                     .cure = "keys are not overwritten: choose another name"});
    return STATUS_INPUT;
}

/* The public key first: a secret one without it could be made public by mistake for it. */
static int keygen(const char *path)
{
    struct secret_key key;
    char text[KEY_TEXT];
    size_t room = strlen(path) + sizeof(".pub");
    char *public_path = malloc(room);
    int status;

    if (!public_path)
        return report_no_memory(path);
    snprintf(public_path, room, "%s.pub", path);
    if (access(path, F_OK) == 0 || access(public_path, F_OK) == 0) {
        status = taken(access(path, F_OK) == 0 ? path : public_path);
        free(public_path);
        return status;
    }
    status = secret_make(&key);
    if (status == STATUS_FINE) {
        public_text(key.public_key, text);
        status = output_write_new(public_path, text, strlen(text));
    }
    if (status == STATUS_FINE) {
        mode_t mask = umask(077);

        secret_text(&key, text);
        status = output_write_new(path, text, strlen(text));
        umask(mask);
        if (status != STATUS_FINE)
            unlink(public_path);
    }
    secret_wipe(&key);
    explicit_bzero(text, sizeof(text));
    free(public_path);
    return status;
}

static int run(int argc, char **argv)
{
    const char *output = NULL;
    const struct choice choices[] = {{"output", 'o', .text = &output}, {0}};
    struct arguments arguments;
    int status = options_read(&command_keygen, choices, argc, argv, &arguments);

    if (status != GO_ON)
        return status;
    if (arguments.count != 0 || !output)
        return usage_error(&command_keygen, "-o KEY is needed, and nothing else");
    report_start("keygen", arguments.json);
    return report_end(keygen(output));
}

const struct command command_keygen = {
    .name = "keygen",
    .summary = "make a pair of keys",
    .help = "Usage: objtool keygen -o KEY [--json]\n"
            "\n"
            "  -o, --output KEY     the secret key to write, for its owner's eyes; the public key\n"
            "                       is written to KEY.pub\n"
            "\n"
            "Examples:\n"
            "  objtool keygen -o maker.key\n"
            "  objtool keygen --output ~/keys/release\n",
    .run = run,
};
