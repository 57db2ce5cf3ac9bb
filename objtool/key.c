/* SPDX-License-Identifier: BSD-2-Clause */
#include "key.h"

#include <sodium.h>
#include <string.h>

static const char secret_tag[] = "twz-secret-ed25519 ";
static const char public_tag[] = "twz-public-ed25519 ";
_Static_assert(sizeof(secret_tag) - 1 + 64 + 1 <= KEY_TEXT, "a line");

static int no_key(const char *path, const char *expected, const char *cure)
{
    report_problem(
        &(struct problem){.file = path, .error = "E_KEY", .expected = expected, .cure = cure});
    return STATUS_INPUT;
}

/* One line: the tag, 64 digits, and a newline. */
static bool parse(const struct input *input, const char *tag, uint8_t bytes[32])
{
    size_t length = strlen(tag), got = 0;
    const char *text = (const char *)input->bytes;

    return input->size == length + 65 && memcmp(text, tag, length) == 0 &&
           text[length + 64] == '\n' &&
           sodium_hex2bin(bytes, 32, text + length, 64, NULL, &got, NULL) == 0 && got == 32;
}

static void format(const char *tag, const uint8_t bytes[32], char text[KEY_TEXT])
{
    char hex[65];

    sodium_bin2hex(hex, sizeof(hex), bytes, 32);
    snprintf(text, KEY_TEXT, "%s%s\n", tag, hex);
    sodium_memzero(hex, sizeof(hex));
}

void secret_text(const struct secret_key *key, char text[KEY_TEXT])
{
    format(secret_tag, key->seed, text);
}

void public_text(const uint8_t key[32], char text[KEY_TEXT])
{
    format(public_tag, key, text);
}

void secret_wipe(struct secret_key *key)
{
    sodium_memzero(key, sizeof(*key));
}

int secret_read(struct secret_key *key, const char *path)
{
    struct input input;
    int status = input_read(&input, path, 4096);

    if (status != STATUS_FINE)
        return status;
    if (!parse(&input, secret_tag, key->seed))
        status = no_key(path, "expected a secret key", "make one with `objtool keygen`");
    else
        crypto_sign_seed_keypair(key->public_key, key->secret, key->seed);
    sodium_memzero(input.bytes, input.size);
    input_free(&input);
    return status;
}

int public_read(uint8_t key[32], const char *path)
{
    struct input input;
    int status = input_read(&input, path, 4096);

    if (status != STATUS_FINE)
        return status;
    if (!parse(&input, public_tag, key))
        status = no_key(path, "expected a public key",
                        "give the file that `objtool keygen` called NAME.pub");
    input_free(&input);
    return status;
}

int secret_make(struct secret_key *key)
{
    if (sodium_init() < 0)
        return no_key("the key", "the system has no randomness", "try again");
    randombytes_buf(key->seed, sizeof(key->seed));
    crypto_sign_seed_keypair(key->public_key, key->secret, key->seed);
    return STATUS_FINE;
}

void object_sign(struct obj_header *header, const struct secret_key *key)
{
    struct obj_signed message;

    obj_signed_make(header, &message);
    crypto_sign_detached(header->signature, NULL, (const unsigned char *)&message, sizeof(message),
                         key->secret);
}

enum obj_error object_check_signature(const struct obj_header *header, uint64_t offset,
                                      struct obj_diag *diag)
{
    struct obj_signed message;

    if (!obj_has_key(header))
        return OBJ_OK;
    obj_signed_make(header, &message);
    if (crypto_sign_verify_detached(header->signature, (const unsigned char *)&message,
                                    sizeof(message), header->key) == 0)
        return OBJ_OK;
    *diag = (struct obj_diag){.error = OBJ_E_SIGNATURE,
                              .place = offset + offsetof(struct obj_header, signature)};
    return OBJ_E_SIGNATURE;
}

void token_sign(struct obj_capability *token, const struct secret_key *key)
{
    memcpy(token->key, key->public_key, sizeof(token->key));
    crypto_sign_detached(token->signature, NULL, (const unsigned char *)token, OBJ_CAP_SIGNED,
                         key->secret);
}

static bool verify(void *context, const uint8_t key[32], const void *message, uint64_t length,
                   const uint8_t signature[64])
{
    (void)context;
    return crypto_sign_verify_detached(signature, message, length, key) == 0;
}

static void hash(void *context, const void *bytes, uint64_t length, uint8_t out[32])
{
    (void)context;
    crypto_hash_sha256(out, bytes, length);
}

const struct obj_crypto crypto = {.verify = verify, .hash = hash};
