/* SPDX-License-Identifier: BSD-2-Clause */
#include "key.h"

/* The key is part of what the ID is made from, so the signed object is another object. */
static int sign(const char *path, const char *key_path, const char *output)
{
    struct secret_key key;
    struct input input;
    struct packed packed;
    struct obj object;
    uint64_t offset;
    int status = secret_read(&key, key_path);

    if (status != STATUS_FINE)
        return status;
    status = input_read(&input, path, UINT64_MAX);
    if (status == STATUS_FINE) {
        status = object_open(&input, NULL, &object, &offset);
        if (status == STATUS_FINE)
            status = packed_sign(&packed, &object, &key, path);
        if (status == STATUS_FINE) {
            status = packed_write(&packed, output, path);
            packed_free(&packed);
        }
        input_free(&input);
    }
    secret_wipe(&key);
    return status == STATUS_NO ? STATUS_INPUT : status;
}

static int run(int argc, char **argv)
{
    const char *output = NULL, *key = NULL;
    const struct choice choices[] = {
        {"output", 'o', .text = &output}, {"key", 'k', .text = &key}, {0}};
    struct arguments arguments;
    int status = options_read(&command_sign, choices, argc, argv, &arguments);

    if (status != GO_ON)
        return status;
    if (arguments.count != 1)
        return usage_error(&command_sign, "one object to sign is needed");
    if (!key || !output)
        return usage_error(&command_sign, "%s is missing", key ? "-o OBJ" : "--key KEY");
    report_start("sign", arguments.json);
    return report_end(sign(arguments.words[0], key, output));
}

const struct command command_sign = {
    .name = "sign",
    .summary = "sign an object with its maker's key",
    .help = "Usage: objtool sign OBJ --key KEY -o OBJ [--json]\n"
            "\n"
            "  -k, --key KEY        the secret key, made by `objtool keygen`\n"
            "  -o, --output OBJ     the signed object to write; its ID is another, because the ID\n"
            "                       names the key as well\n"
            "\n"
            "Examples:\n"
            "  objtool sign libcodec.obj --key maker.key -o libcodec-signed.obj\n"
            "  objtool verify --key maker.key.pub libcodec-signed.obj\n",
    .run = run,
};
