/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the subcommands of objtool share: exit statuses, options, reports, input and output. A
 * subcommand is one file and one struct command. It reads whole files into memory (so that nobody
 * changes them under its feet), asks libtwzelf, and writes through output_write(), which leaves
 * either the complete new file or nothing.
 */
#ifndef OBJTOOL_TOOL_H
#define OBJTOOL_TOOL_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* mkostemp(), realpath() and what else is beyond C11 */
#endif

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <twzelf/diag.h>
#include <twzelf/fot.h>
#include <twzelf/image.h>

struct twz_elf_module;

enum status {
    STATUS_FINE = 0,
    STATUS_NO = 1,    /* the answer is no: a check failed */
    STATUS_USAGE = 2, /* the command line is wrong */
    STATUS_INPUT = 3  /* a file is not what it should be, or cannot be read or written */
};

struct command {
    const char *name;
    const char *summary;
    const char *help; /* what --help prints after the summary */
    int (*run)(int argc, char **argv);
};

extern const struct command command_pack, command_unpack, command_info, command_ls, command_verify,
    command_check, command_image, command_keygen, command_sign, command_grant, command_gates,
    command_diff, command_extension;

/* options.c */

/* Values of an option that may be repeated, in the order given. */
struct texts {
    char **list; /* to be freed */
    uint32_t count;
};

/* An option of a subcommand, --name and perhaps -letter, and where it goes: one of the three. */
struct choice {
    const char *name;
    char letter;
    const char **text;
    bool *flag; /* it takes no value */
    struct texts *list;
};

/* What stands on the command line besides options. words[count] is NULL. */
struct arguments {
    char **words;
    int count;
    bool json;
};

#define GO_ON (-1)

/* Reads the options of a subcommand: its own (the last has no name; NULL: there are none), --json
 * and --help. GO_ON: the command is to be run; else it is done and has this status. Lists have to
 * be freed in any case. */
__attribute__((warn_unused_result)) int options_read(const struct command *command,
                                                     const struct choice *choices, int argc,
                                                     char **argv, struct arguments *arguments);

struct input;

/* A subcommand without options of its own, on one file: reports what `work` does with it. `most`
 * is 2 if the name of an object in the file may follow, else `name` is NULL. `needed`: what file,
 * such as "one image is". */
int run_on_file(const struct command *command, int argc, char **argv, int most, const char *needed,
                int (*work)(const struct input *input, const char *name));

/* Says what is wrong with the command line; returns STATUS_USAGE. */
__attribute__((format(printf, 2, 3))) int usage_error(const struct command *command,
                                                      const char *format, ...);

/* report.c: text on a terminal or in a pipe, or one JSON document */

/* Begins the report of a command. In JSON everything is collected until report_end(). */
void report_start(const char *command, bool json);

/* The document, to be filled. NULL in text mode. */
json_t *report_document(void);

/* json_object_set_new() and json_array_append_new() that accept NULL as target (text mode) and
 * remember failures until report_end(). */
void report_set(json_t *object, const char *key, json_t *value);
void report_append(json_t *array, json_t *value);

/* Why a file was refused. `place` is text such as "offset 0x8" or "program header 3", or NULL.
 * `found` and `cure` may be NULL. In text: "objtool: FILE: PLACE in SECTION: EXPECTED, found FOUND;
 * CURE". */
struct problem {
    const char *file;
    const char *place;
    const char *section; /* of an ELF file, or NULL */
    const char *error;   /* stable name, such as OBJ_E_MAGIC */
    const char *expected;
    const char *found;
    const char *cure;
};
void report_problem(const struct problem *problem);

/* A refusal of the object or image reader. Returns STATUS_INPUT. */
int report_refusal(const char *file, const struct obj_diag *diag);

/* A failed system call: errno says why. Returns STATUS_INPUT. */
int report_errno(const char *file, const char *action);

/* Returns STATUS_INPUT. */
int report_no_memory(const char *file);

/* A line or part of it on standard output, in text mode only. */
__attribute__((format(printf, 1, 2))) void say(const char *format, ...);

/* The same for a text that comes from a file: control characters become question marks. */
void say_text(const char *text);

/* A JSON string, even of bytes that are no UTF-8. */
json_t *report_text(const char *text);

/* One line "KEY VALUE", or a member of the document. */
void text_field(const char *key, const char *value);
void number_field(const char *key, uint64_t value);

/* "ok" in green or another word in red, where colours are wanted; else the word. */
const char *say_word(bool good, const char *word);

/* Ends the report: prints the document with `ok` and `problems`, and flushes. Returns the status,
 * or STATUS_INPUT if the report could not be written. */
int report_end(int status);

/* progress.c */

/* What a command is doing with a file and how far it is (total 0: nobody knows), to be called often
 * enough. On a terminal it is said once a second has passed, on one line that goes away before
 * anything else is said; elsewhere, and in JSON, never. */
void progress(const char *doing, const char *file, uint64_t done, uint64_t total);
void progress_clear(void);

/* input.c */

struct input {
    const char *path;
    uint8_t *bytes; /* page aligned */
    uint64_t size;
};

/* Reads a file of at most `limit` bytes. Reports failures; then nothing has to be released. */
__attribute__((warn_unused_result)) int input_read(struct input *input, const char *path,
                                                   uint64_t limit);
void input_free(struct input *input);

/* Whether the file begins like an image, an object, or a capability. */
bool input_is_image(const struct input *input);
bool input_is_object(const struct input *input);
bool input_is_capability(const struct input *input);

/* Page aligned zeroed memory, or NULL; release with buffer_free(). */
uint8_t *buffer_new(uint64_t size);
void buffer_free(uint8_t *buffer, uint64_t size);

/* output.c */

/* Writes the whole file as host/replace.h says, and reads it back. On failure reports, and leaves
 * what was at `path` as it was. */
__attribute__((warn_unused_result)) int output_write(const char *path, const void *bytes,
                                                     uint64_t size);

/* The same for a file that may not be there yet, whatever others do meanwhile. */
__attribute__((warn_unused_result)) int output_write_new(const char *path, const void *bytes,
                                                         uint64_t size);

/* object.c: building and taking apart */

struct secret_key; /* key.h */

/* What pack makes an object from. */
struct recipe {
    const char *name;
    enum obj_id_kind id_kind;
    uint32_t permissions;
    bool compress;
    const uint8_t *payload;
    uint64_t payload_length;
    enum twz_medium medium;
    const struct obj_fot_builder *fot;      /* NULL: no foreign objects */
    const struct obj_extension *extensions; /* sorted by tag */
    uint32_t extension_count;
    const struct secret_key *key; /* NULL: not signed */
};

struct packed {
    uint8_t *bytes; /* object.packed_length of them are the object */
    uint64_t size;  /* of the buffer */
    struct obj object;
};

/* Builds a packed object. `file` is named in refusals. */
__attribute__((warn_unused_result)) int packed_make(struct packed *packed,
                                                    const struct recipe *recipe, const char *file);

/* The same object with a key and signed, and so with another ID. */
__attribute__((warn_unused_result)) int packed_sign(struct packed *packed, const struct obj *object,
                                                    const struct secret_key *key, const char *file);

/* An object with an expanded payload that was checked, with other extensions (sorted by tag),
 * signed with `key`, or by nobody if that is NULL. */
__attribute__((warn_unused_result)) int packed_extend(struct packed *packed,
                                                      const struct obj *object,
                                                      const struct obj_extension *extensions,
                                                      uint32_t count, const struct secret_key *key,
                                                      bool compress, const char *file);

/* Writes an object to `path` after having looked at it as `verify` does. */
__attribute__((warn_unused_result)) int packed_write(const struct packed *packed, const char *path,
                                                     const char *file);

/* The object with its payload expanded: bytes of its own in any case. STATUS_NO: the payload does
 * not expand to its length; STATUS_INPUT: there is no memory. Both are reported. */
__attribute__((warn_unused_result)) int
packed_expand(struct packed *packed, const struct obj *object, const char *file, uint64_t offset);
void packed_free(struct packed *packed);

/* The SHA-256 of all that is immutable about an object without compression; see
 * obj_digest_header(). */
void object_digest(const struct obj *object, uint8_t digest[32]);

/* Checks ID, digest and signature of an object whose payload is expanded. `offset` is added to
 * places. */
__attribute__((warn_unused_result)) enum obj_error
object_check(const struct obj *object, uint64_t offset, struct obj_diag *diag);

/* The object in `input`, which is a packed object, or the one called `name` in an image. Reports
 * failures. *offset becomes its place in the file. */
__attribute__((warn_unused_result)) int object_open(const struct input *input, const char *name,
                                                    struct obj *object, uint64_t *offset);

/* The same with the payload expanded; `packed` has to be released. */
__attribute__((warn_unused_result)) int object_expand(const struct input *input, const char *name,
                                                      struct obj *object, struct packed *packed,
                                                      uint64_t *offset);

/* Rights as letters of `rwxud`; parsing takes each at most once, and none as well. */
const char *rights_text(uint32_t rights, char text[6]);
__attribute__((warn_unused_result)) bool rights_parse(const char *text, uint32_t *rights);

/* The last component of a path. */
const char *path_base(const char *path);

/* compress.c: zlib streams. `*length` is the room and becomes what was made. */

uint64_t compress_room(uint64_t size);
__attribute__((warn_unused_result)) int
compress_bytes(const char *file, const uint8_t *from, uint64_t size, uint8_t *to, uint64_t *length);
/* STATUS_NO, not reported: it is no stream that expands to just *length bytes. */
__attribute__((warn_unused_result)) int expand_bytes(const char *file, const uint8_t *from,
                                                     uint64_t size, uint8_t *to, uint64_t *length);

/* elf.c */

/* Whether the bytes are an ELF file that the loader will accept: layout, tables, relocations,
 * notes, gates. With `scan`, code is looked at as well. Reports every violation; places are in the
 * ELF file. Returns STATUS_FINE, STATUS_NO, or STATUS_INPUT if it is no ELF file at all. */
int elf_check(const char *file, const uint8_t *bytes, uint64_t size, bool scan);

/* What is found in one ELF file. */
struct elf_findings {
    const char *file;
    const uint8_t *bytes;
    uint64_t size;
    const struct twz_elf_module *module; /* as far as it could be read */
    struct Elf *elf;                     /* for section_of(), opened when it is needed */
    uint64_t count;
};

/* section.c: the section that a problem is about; NULL if there is none or it cannot be told. */
const char *section_of(struct elf_findings *findings, const struct twz_elf_problem *problem);

/* Adds what the payload is to the report: kind, soname, needed libraries, ABI, gates. */
void elf_describe(const uint8_t *bytes, uint64_t size);

/* split.c: the name of the object that holds a whole file for debuggers, BUILDID.debug. False: the
 * file has no build ID. */
bool elf_debug_name(const struct twz_elf_module *module, char name[OBJ_NAME_SIZE]);

/* How many bytes of the ELF file are loaded, and the name of the object that is to hold the whole
 * of it. Failures are reported. */
__attribute__((warn_unused_result)) int elf_split(struct input *input, uint64_t *loaded,
                                                  char name[OBJ_NAME_SIZE]);

/* Makes an ELF file say that it has no sections. Failures are reported. */
__attribute__((warn_unused_result)) int elf_forget_sections(struct input *input);

/* extension.c: what `count` texts TAG=TABLE mean for this payload, sorted by tag. Failures are
 * reported. *extensions is to be freed in any case. */
__attribute__((warn_unused_result)) int extensions_make(char *const *texts, uint32_t count,
                                                        const struct input *payload,
                                                        struct obj_extension **extensions);

/* For qsort(), and a line or an entry of `array` (which may be NULL) about one. */
int extension_by_tag(const void *a, const void *b);
void extension_describe(const struct obj_extension *extension, json_t *array);

/* The gates alone. */
void elf_describe_gates(const struct twz_elf_module *module);

/* functions.c: the functions that a library exports, from its debug information. STATUS_INPUT if
 * that cannot be read. */
__attribute__((warn_unused_result)) int elf_describe_functions(const char *path,
                                                               const struct twz_elf_module *module,
                                                               uint8_t *bytes, uint64_t size);

/* scan.c: reports instructions with %fs operands other than %fs:0 and %fs:0x28 in the file's range
 * [offset, offset + size), whose address is vaddr. */
void scan_segment_operands(struct elf_findings *findings, uint64_t offset, uint64_t size,
                           uint64_t vaddr);

#endif
