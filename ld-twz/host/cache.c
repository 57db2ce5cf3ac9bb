/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * /etc/ld.so.cache, as glibc writes it (sysdeps/generic/dl-cache.h): a header, entries of 24 bytes,
 * strings by offset from the header, and extensions that name the glibc-hwcaps directories. Every
 * offset is checked against the file.
 */
#include "search.h"
#include <elf.h>
#include <limits.h>
#include <string.h>
#ifdef __x86_64__
#include <sys/platform/x86.h>
#endif

#define NEW_MAGIC     "glibc-ld.so.cache1.1"
#define OLD_MAGIC     "ld.so-1.7.0"
#define EXTENSION     0xeaa42174u
#define TAG_HWCAPS    1u
#define HWCAP_INDEXED ((uint64_t)1 << 62) /* the low half is an index into the extension */

#define SECTIONS_MAX 64u /* of the extension: glibc writes two */
#define ENTRIES_MAX  64u /* of one name: one for each glibc-hwcaps directory and ABI */

struct cache_header {
    char magic[20];
    uint32_t count;
    uint32_t strings;
    uint8_t flags;
    uint8_t zero[3];
    uint32_t extensions;
    uint32_t unused[3];
};
_Static_assert(sizeof(struct cache_header) == 48, "cache format");

struct cache_entry {
    int32_t flags;
    uint32_t key;
    uint32_t value;
    uint32_t version;
    uint64_t hwcap;
};
_Static_assert(sizeof(struct cache_entry) == 24, "cache format");

struct cache {
    const unsigned char *base;
    size_t size;
    struct cache_header header;
    const unsigned char *levels; /* offsets of names, 4 bytes each */
    uint32_t level_count;
};

static const char *text_at(const struct cache *cache, uint32_t offset)
{
    if (offset >= cache->size)
        return NULL;
    size_t left = cache->size - offset;
    return memchr(cache->base + offset, '\0', left < PATH_MAX ? left : PATH_MAX)
               ? (const char *)cache->base + offset
               : NULL;
}

static void find_levels(struct cache *cache)
{
    uint32_t words[2], section[4];
    uint64_t at = cache->header.extensions;
    if (!at || at > cache->size || cache->size - at < sizeof words)
        return;
    memcpy(words, cache->base + at, sizeof words);
    at += sizeof words;
    if (words[0] != EXTENSION)
        return;
    for (uint32_t i = 0; i < words[1] && i < SECTIONS_MAX && cache->size - at >= sizeof section;
         i++) {
        memcpy(section, cache->base + at, sizeof section);
        at += sizeof section;
        if (section[0] == TAG_HWCAPS && section[2] <= cache->size &&
            section[3] <= cache->size - section[2]) {
            cache->levels = cache->base + section[2];
            cache->level_count = section[3] / 4;
        }
    }
}

static bool open_cache(const struct host_bytes *bytes, struct cache *cache)
{
    const unsigned char *base = bytes->bytes;
    size_t size = bytes->size, skip = 0;
    uint32_t old_count;
    if (size >= 16 && memcmp(base, OLD_MAGIC, sizeof OLD_MAGIC - 1) == 0) {
        memcpy(&old_count, base + 12, 4);
        skip = (16 + (size_t)old_count * 12 + 7) & ~(size_t)7;
    }
    if (skip > size || size - skip < sizeof cache->header)
        return false;
    *cache = (struct cache){.base = base + skip, .size = size - skip};
    memcpy(&cache->header, cache->base, sizeof cache->header);
    if (memcmp(cache->header.magic, NEW_MAGIC, sizeof cache->header.magic) != 0 ||
        cache->header.count > (cache->size - sizeof cache->header) / sizeof(struct cache_entry))
        return false;
    find_levels(cache);
    return true;
}

const char *const *cache_levels(uint16_t machine)
{
    static const char *levels[4];
    size_t count = 0;
    if (machine != EM_X86_64 || levels[0])
        return levels;
#ifdef __x86_64__
    bool v2 = CPU_FEATURE_ACTIVE(SSE4_2) && CPU_FEATURE_ACTIVE(POPCNT);
    bool v3 = v2 && CPU_FEATURE_ACTIVE(AVX2) && CPU_FEATURE_ACTIVE(BMI2) && CPU_FEATURE_ACTIVE(FMA);
    bool v4 = v3 && CPU_FEATURE_ACTIVE(AVX512BW) && CPU_FEATURE_ACTIVE(AVX512VL) &&
              CPU_FEATURE_ACTIVE(AVX512CD) && CPU_FEATURE_ACTIVE(AVX512DQ);
    if (v4)
        levels[count++] = "x86-64-v4";
    if (v3)
        levels[count++] = "x86-64-v3";
    if (v2)
        levels[count++] = "x86-64-v2";
#endif
    levels[count] = NULL;
    return levels;
}

/* How good an entry is: 0 not for this processor, 1 plain, more for better glibc-hwcaps. */
static unsigned rank(const struct cache *cache, const struct cache_entry *entry, uint16_t machine)
{
    if (!entry->hwcap)
        return 1;
    uint32_t index = (uint32_t)entry->hwcap, offset;
    if (!(entry->hwcap & HWCAP_INDEXED) || index >= cache->level_count)
        return 0;
    memcpy(&offset, cache->levels + (size_t)index * 4, 4);
    const char *level = text_at(cache, offset);
    const char *const *levels = cache_levels(machine);
    unsigned count = 0, found = 0;
    while (levels[count])
        count++;
    for (unsigned i = 0; i < count && level; i++)
        if (strcmp(levels[i], level) == 0)
            found = 1 + count - i;
    return found;
}

/* How glibc orders names (elf/dl-cache.c, _dl_cache_libcmp): digits by their number, and greater
 * than everything else. */
static int compare_names(const unsigned char *a, const unsigned char *b)
{
    for (; *a; a++, b++) {
        bool digit_a = *a >= '0' && *a <= '9', digit_b = *b >= '0' && *b <= '9';
        if (digit_a && digit_b) {
            uint32_t number_a = 0, number_b = 0; /* wrapping, where glibc's int would overflow */
            while (*a >= '0' && *a <= '9')
                number_a = number_a * 10 + (*a++ - '0');
            while (*b >= '0' && *b <= '9')
                number_b = number_b * 10 + (*b++ - '0');
            if (number_a != number_b)
                return number_a < number_b ? -1 : 1;
            a--;
            b--;
        } else if (digit_a != digit_b) {
            return digit_a ? 1 : -1;
        } else if (*a != *b) {
            return (signed char)*a < (signed char)*b ? -1 : 1;
        }
    }
    return *b ? -1 : 0;
}

static const char *key_of(const struct cache *cache, uint32_t i, struct cache_entry *entry)
{
    memcpy(entry, cache->base + sizeof cache->header + (size_t)i * sizeof *entry, sizeof *entry);
    const char *key = text_at(cache, entry->key);
    return key ? key : "";
}

/* The first entry that is not before `name`: greater names come first. */
static uint32_t first_entry(const struct cache *cache, const char *name)
{
    uint32_t low = 0, high = cache->header.count;
    struct cache_entry entry;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        const char *key = key_of(cache, middle, &entry);
        if (compare_names((const unsigned char *)key, (const unsigned char *)name) > 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const char *cache_find(const struct host_bytes *bytes, const char *name, uint16_t machine)
{
    /* libc6 (3) and the machine's ABI. */
    int32_t wanted = machine == EM_AARCH64 ? 0x0a03 : 0x0303;
    struct cache cache;
    const char *best = NULL;
    unsigned best_rank = 0;
    if (!open_cache(bytes, &cache))
        return NULL;
    const uint32_t first = first_entry(&cache, name);
    for (uint32_t i = first; i < cache.header.count && i - first < ENTRIES_MAX; i++) {
        struct cache_entry entry;
        if (compare_names((const unsigned char *)key_of(&cache, i, &entry),
                          (const unsigned char *)name) != 0)
            break;
        if (entry.flags != wanted)
            continue;
        unsigned found = rank(&cache, &entry, machine);
        const char *path = text_at(&cache, entry.value);
        if (path && found > best_rank) {
            best = path;
            best_rank = found;
        }
    }
    return best;
}
