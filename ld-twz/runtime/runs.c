/* SPDX-License-Identifier: BSD-2-Clause */
#include "runs.h"
#include <twz/rt/alloc.h>
#include <twz/rt/string.h>

bool twz_rt_runs_reserve(struct twz_rt_runs *runs)
{
    if (runs->count + 2 <= runs->room)
        return true;
    size_t room = runs->room == 0 ? 32 : runs->room * 2;
    struct twz_rt_run *longer = realloc(runs->list, room * sizeof *longer);
    if (longer == NULL)
        return false;
    runs->list = longer;
    runs->room = room;
    return true;
}

static void insert(struct twz_rt_runs *runs, size_t index, struct twz_rt_run run)
{
    memmove(runs->list + index + 1, runs->list + index, (runs->count - index) * sizeof run);
    runs->list[index] = run;
    runs->count++;
}

static void erase(struct twz_rt_runs *runs, size_t index)
{
    memmove(runs->list + index, runs->list + index + 1,
            (runs->count - index - 1) * sizeof *runs->list);
    runs->count--;
}

void twz_rt_runs_extend(struct twz_rt_runs *runs, uint64_t start, uint64_t state)
{
    struct twz_rt_run *first = runs->list;
    if (first->state == state)
        first->start = start;
    else
        insert(runs, 0, (struct twz_rt_run){start, first->start, state});
}

/* Gives [start, end), which lies in run `index`, a state. Needs room for two more. */
static void set_in_run(struct twz_rt_runs *runs, size_t index, uint64_t start, uint64_t end,
                       uint64_t state)
{
    struct twz_rt_run old = runs->list[index];
    if (old.state == state)
        return;
    runs->list[index] = (struct twz_rt_run){start, end, state};
    if (old.end > end)
        insert(runs, index + 1, (struct twz_rt_run){end, old.end, old.state});
    if (old.start < start) {
        insert(runs, index, (struct twz_rt_run){old.start, start, old.state});
        index++;
    }
    if (index + 1 < runs->count && runs->list[index + 1].state == state) {
        runs->list[index].end = runs->list[index + 1].end;
        erase(runs, index + 1);
    }
    if (index > 0 && runs->list[index - 1].state == state) {
        runs->list[index - 1].end = runs->list[index].end;
        erase(runs, index);
    }
}

size_t twz_rt_runs_at(const struct twz_rt_runs *runs, uint64_t address)
{
    size_t low = 0, high = runs->count;
    while (high - low > 1) {
        size_t middle = (low + high) / 2;
        if (runs->list[middle].start <= address)
            low = middle;
        else
            high = middle;
    }
    return low;
}

bool twz_rt_runs_set(struct twz_rt_runs *runs, uint64_t start, uint64_t end, uint64_t state)
{
    while (start < end) {
        size_t index = twz_rt_runs_at(runs, start);
        const struct twz_rt_run *run = &runs->list[index];
        uint64_t stop = run->end < end ? run->end : end;
        /* A whole run needs no room: what was given out can be taken back without memory. */
        if ((run->start < start || stop < run->end) && !twz_rt_runs_reserve(runs))
            return false;
        set_in_run(runs, index, start, stop, state);
        start = stop;
    }
    return true;
}

const struct twz_rt_run *twz_rt_runs_find(const struct twz_rt_runs *runs, uint64_t size,
                                          uint64_t align)
{
    const struct twz_rt_run *best = NULL;
    for (const struct twz_rt_run *run = runs->list; run < runs->list + runs->count; run++) {
        uint64_t start = (run->start + align - 1) & ~(align - 1);
        if (run->state == 0 && start <= run->end && run->end - start >= size &&
            (best == NULL || run->end - run->start < best->end - best->start))
            best = run;
    }
    return best;
}
