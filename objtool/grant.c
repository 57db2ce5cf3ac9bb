/* SPDX-License-Identifier: BSD-2-Clause */
#include "key.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

struct request {
    const char *object;
    const char *output;
    const char *key;
    const char *from; /* the chain that is delegated, or NULL */
    const char *delegate;
    struct obj_capability token;
};

/* What the chain has to be about, from the object itself. */
static int read_root(const char *path, struct obj_capability_root *root)
{
    struct input input;
    struct obj object;
    struct obj_diag diag;
    int status = input_read(&input, path, UINT64_MAX);

    if (status != STATUS_FINE)
        return status;
    if (obj_open(input.bytes, input.size, &object, &diag) != OBJ_OK ||
        object_check_signature(object.header, 0, &diag) != OBJ_OK) {
        status = report_refusal(path, &diag);
    } else {
        root->object = object.header->id;
        memcpy(root->key, object.header->key, sizeof(root->key));
    }
    input_free(&input);
    return status;
}

/* Reads a chain into room for one more token. */
static int read_chain(const char *path, struct obj_capability chain[OBJ_CAP_CHAIN_MAX + 1],
                      uint32_t *count)
{
    const struct obj_capability *tokens;
    struct input input;
    struct obj_diag diag;
    int status = input_read(&input, path, OBJ_CAP_CHAIN_MAX * sizeof(*chain));

    if (status != STATUS_FINE)
        return status;
    if (obj_capability_open(input.bytes, input.size, &tokens, count, &diag) != OBJ_OK)
        status = report_refusal(path, &diag);
    else
        memcpy(chain, tokens, *count * sizeof(*chain));
    input_free(&input);
    return status;
}

/* Makes the token and checks it as whoever gets it would. */
static int make(struct request *request, const struct secret_key *key)
{
    struct obj_capability chain[OBJ_CAP_CHAIN_MAX + 1];
    const struct obj_capability *checked;
    struct obj_capability_root root;
    struct obj_diag diag;
    uint32_t count = 0;
    int status = read_root(request->object, &root);

    if (status == STATUS_FINE && request->from)
        status = read_chain(request->from, chain, &count);
    if (status == STATUS_FINE && request->delegate)
        status = public_read(request->token.delegate_key, request->delegate);
    if (status != STATUS_FINE)
        return status;
    memcpy(request->token.magic, OBJ_CAP_MAGIC, sizeof(request->token.magic));
    request->token.version = OBJ_CAP_VERSION;
    request->token.object = root.object;
    if (count > 0)
        crypto.hash(NULL, &chain[count - 1], sizeof(*chain), request->token.parent);
    token_sign(&request->token, key);
    chain[count++] = request->token;
    if (obj_capability_open(chain, count * sizeof(*chain), &checked, &count, &diag) != OBJ_OK ||
        obj_capability_check(checked, count, &root, &crypto, &diag) != OBJ_OK)
        return report_refusal(request->from ? request->from : request->object, &diag);
    return output_write(request->output, chain, count * sizeof(*chain));
}

/* FIRST or FIRST-LAST */
static bool parse_gates(const char *text, struct obj_capability *token)
{
    unsigned long first, last;
    char *end;

    if (*text < '0' || *text > '9')
        return false;
    first = last = strtoul(text, &end, 10);
    if (*end == '-' && end[1] >= '0' && end[1] <= '9')
        last = strtoul(end + 1, &end, 10);
    if (*end || first > last || last >= OBJ_CAP_GATES_MAX)
        return false;
    token->gate_first = first;
    token->gate_count = (uint32_t)(last - first + 1);
    return true;
}

static int grant(struct request *request)
{
    struct secret_key key;
    int status = secret_read(&key, request->key);

    if (status == STATUS_FINE)
        status = make(request, &key);
    secret_wipe(&key);
    return status;
}

static int run(int argc, char **argv)
{
    struct request request = {0};
    const char *holder = NULL, *rights = NULL, *gates = NULL;
    const struct choice choices[] = {{"output", 'o', .text = &request.output},
                                     {"key", 'k', .text = &request.key},
                                     {"from", 0, .text = &request.from},
                                     {"delegate", 0, .text = &request.delegate},
                                     {"to", 0, .text = &holder},
                                     {"rights", 0, .text = &rights},
                                     {"gates", 0, .text = &gates},
                                     {0}};
    struct arguments arguments;
    int status = options_read(&command_grant, choices, argc, argv, &arguments);

    if (status != GO_ON)
        return status;
    if (holder && !obj_id_parse(holder, &request.token.holder))
        return usage_error(&command_grant, "--to takes a context's ID, 32 hexadecimal digits");
    if (rights && !rights_parse(rights, &request.token.rights))
        return usage_error(&command_grant, "--rights takes letters of `rwxud`");
    if (gates && !parse_gates(gates, &request.token))
        return usage_error(&command_grant, "--gates takes FIRST or FIRST-LAST, below 65536");
    if (arguments.count != 1)
        return usage_error(&command_grant, "one object is needed");
    if (!request.key || !request.output || !holder || !request.token.rights)
        return usage_error(&command_grant, "--to, --rights, --key and -o are needed");
    request.object = arguments.words[0];
    report_start("grant", arguments.json);
    return report_end(grant(&request));
}

const struct command command_grant = {
    .name = "grant",
    .summary = "make a capability: who may do what with an object",
    .help = "Usage: objtool grant OBJ --to CONTEXT --rights RIGHTS --key KEY -o CAP [options] "
            "[--json]\n"
            "\n"
            "      --to CONTEXT     the ID of the context that holds it\n"
            "      --rights RIGHTS  letters of `rwxud`: read, write, execute, use, delete\n"
            "      --gates F[-L]    gates that may be called, by their place in `objtool info`,\n"
            "                       from 0; without this option none\n"
            "  -k, --key KEY        the secret key of the object, or with --from the delegate's\n"
            "      --delegate PUB   the public key whose owner may pass it on, narrowed\n"
            "      --from CAP       pass this capability on instead of making a first one\n"
            "  -o, --output CAP     the capability to write\n"
            "\n"
            "Examples:\n"
            "  objtool grant lib.obj --to 00112233445566778899aabbccddeeff --rights rx \\\n"
            "      --gates 0-2 --delegate alice.key.pub --key maker.key -o alice.cap\n"
            "  objtool grant lib.obj --from alice.cap --to ffeeddccbbaa99887766554433221100 \\\n"
            "      --rights r --key alice.key -o bob.cap\n",
    .run = run,
};

/* ---- What info and verify say about a capability ---- */

static void describe(const struct obj_capability *token)
{
    char id[OBJ_ID_TEXT], rights[6], gates[48] = "none";

    obj_id_format(token->object, id);
    text_field("object", id);
    obj_id_format(token->holder, id);
    text_field("holder", id);
    text_field("rights", rights_text(token->rights, rights));
    if (token->gate_count)
        snprintf(gates, sizeof(gates), "%" PRIu64 "-%" PRIu64, token->gate_first,
                 token->gate_first + token->gate_count - 1);
    text_field("gates", gates);
}

int capability_describe(const struct input *input)
{
    const struct obj_capability *chain;
    struct obj_diag diag;
    uint32_t count;

    if (obj_capability_open(input->bytes, input->size, &chain, &count, &diag) != OBJ_OK)
        return report_refusal(input->path, &diag);
    text_field("kind", "capability");
    number_field("version", OBJ_CAP_VERSION);
    number_field("tokens", count);
    describe(&chain[count - 1]);
    return STATUS_FINE;
}

int capability_verify(const struct input *input, const char *object, const char *holder)
{
    const struct obj_capability *chain, *last;
    struct obj_capability_root root;
    struct obj_diag diag;
    struct twz_id wanted;
    uint32_t count;
    int status = read_root(object, &root);

    if (status != STATUS_FINE)
        return status;
    if (obj_capability_open(input->bytes, input->size, &chain, &count, &diag) != OBJ_OK ||
        obj_capability_check(chain, count, &root, &crypto, &diag) != OBJ_OK) {
        report_refusal(input->path, &diag);
        return STATUS_NO;
    }
    last = &chain[count - 1];
    if (holder && (!obj_id_parse(holder, &wanted) || !obj_id_equal(wanted, last->holder))) {
        report_refusal(input->path,
                       &(struct obj_diag){.error = OBJ_E_CAP_HOLDER,
                                          .place = (count - 1) * sizeof(*chain) +
                                                   offsetof(struct obj_capability, holder)});
        return STATUS_NO;
    }
    describe(last);
    say("%s\n", say_word(true, "ok"));
    return STATUS_FINE;
}
