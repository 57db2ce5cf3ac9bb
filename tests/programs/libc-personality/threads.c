/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE
#include "check.h"
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define THREADS 8

static __thread int initial = 42;
static __thread char zeroed[100];
__thread int *volatile exported;

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
static int counter, turn;

static pthread_once_t once = PTHREAD_ONCE_INIT;
static int once_count;
static void count_once(void)
{
    once_count++;
}

static void check_one_thread(void)
{
    ok(initial == 42 && zeroed[99] == 0 && exported == NULL, "thread-local storage: its image");
    initial = 43;
    exported = &initial;
    ok(*exported == 43, "thread-local storage: written");
    ok(pthread_mutex_lock(&mutex) == 0 && pthread_mutex_trylock(&mutex) == EBUSY &&
           pthread_mutex_unlock(&mutex) == 0,
       "pthread_mutex");
    pthread_once(&once, count_once);
    pthread_once(&once, count_once);
    ok(once_count == 1, "pthread_once");
    struct timespec soon;
    clock_gettime(CLOCK_REALTIME, &soon);
    pthread_mutex_lock(&mutex);
    ok(pthread_cond_timedwait(&condition, &mutex, &soon) == ETIMEDOUT, "pthread_cond_timedwait");
    pthread_mutex_unlock(&mutex);
    uint32_t word = 1;
    fails(syscall(SYS_futex, &word, 0, 2, NULL), EAGAIN, "futex: another value");
    struct timespec rest = {0, 1000000};
    fails(syscall(SYS_futex, &word, 0, 1, &rest), ETIMEDOUT, "futex: time out");
    ok(syscall(SYS_futex, &word, 1, 1, NULL) == 0, "futex: nobody waits");
    struct timespec long_ago = {1, 0};
    fails(syscall(SYS_futex, &word, 9 | 256, 1, &long_ago, NULL, ~0u), ETIMEDOUT,
          "futex: until a time of the calendar that has passed");
    ok(pthread_equal(pthread_self(), pthread_self()), "pthread_self");
}

static void *count(void *argument)
{
    int fresh = initial == 42 && zeroed[0] == 0;
    initial = (int)(intptr_t)argument;
    zeroed[0] = 1;
    for (int i = 0; i < 2000; i++) {
        pthread_mutex_lock(&mutex);
        counter++;
        pthread_mutex_unlock(&mutex);
        free(malloc((size_t)i));
        if (i % 500 == 0)
            sched_yield();
    }
    return (void *)(intptr_t)(fresh && initial == (intptr_t)argument ? initial : -1);
}

static void check_counting(void)
{
    pthread_t threads[THREADS];
    int good = 1;
    for (intptr_t i = 0; i < THREADS; i++)
        good = good && pthread_create(&threads[i], NULL, count, (void *)(i + 100)) == 0;
    ok(good, "pthread_create: 8 threads");
    for (intptr_t i = 0; i < THREADS; i++) {
        void *result;
        good = good && pthread_join(threads[i], &result) == 0 && (intptr_t)result == i + 100;
    }
    ok(good, "pthread_join: what each returns; thread-local storage is fresh and its own");
    ok(counter == THREADS * 2000, "pthread_mutex: no count is lost");
    ok(initial == 43 && zeroed[0] == 0, "thread-local storage: ours is as it was");
}

static void *take_turns(void *argument)
{
    int own = (int)(intptr_t)argument;
    for (int i = 0; i < 50; i++) {
        pthread_mutex_lock(&mutex);
        while (turn % 3 != own)
            pthread_cond_wait(&condition, &mutex);
        turn++;
        pthread_cond_broadcast(&condition);
        pthread_mutex_unlock(&mutex);
    }
    return NULL;
}

static sem_t ping, pong;
static void *answer(void *argument)
{
    for (int i = 0; i < 100; i++) {
        sem_wait(&ping);
        (*(int *)argument)++;
        sem_post(&pong);
    }
    return NULL;
}

static pthread_barrier_t barrier;
static void *meet(void *argument)
{
    (void)argument;
    return (void *)(intptr_t)(pthread_barrier_wait(&barrier) == PTHREAD_BARRIER_SERIAL_THREAD);
}

static void check_meeting(void)
{
    pthread_t threads[4];
    for (intptr_t i = 0; i < 3; i++)
        pthread_create(&threads[i], NULL, take_turns, (void *)i);
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    ok(turn == 150, "pthread_cond: three threads take turns");
    int answers = 0;
    sem_init(&ping, 0, 0);
    sem_init(&pong, 0, 0);
    pthread_create(&threads[0], NULL, answer, &answers);
    int good = 1;
    for (int i = 0; i < 100; i++) {
        sem_post(&ping);
        sem_wait(&pong);
        good = good && answers == i + 1;
    }
    pthread_join(threads[0], NULL);
    ok(good, "sem: a hundred questions, a hundred answers");
    pthread_barrier_init(&barrier, NULL, 4);
    for (int i = 0; i < 3; i++)
        pthread_create(&threads[i], NULL, meet, NULL);
    intptr_t serial = (intptr_t)meet(NULL);
    for (int i = 0; i < 3; i++) {
        void *result;
        pthread_join(threads[i], &result);
        serial += (intptr_t)result;
    }
    ok(serial == 1, "pthread_barrier: one of four is told");
}

static volatile int destroyed, cleaned;
static void destroy(void *value)
{
    destroyed += (int)(intptr_t)value;
}
static void clean(void *value)
{
    cleaned = (int)(intptr_t)value;
}

static pthread_key_t key;
static void *use_key(void *argument)
{
    pthread_setspecific(key, argument);
    pthread_exit(pthread_getspecific(key));
}

static void *read_one(void *pipe)
{
    char byte;
    return (void *)(intptr_t)read(*(int *)pipe, &byte, 1);
}

#define BLOCKS 64
#define BLOCK  (16 + i / 16 * 16)

/* One thread waits for the pipe, another one closes it, and allocates. What read() said; -2: that
 * has gone wrong. */
static int close_under_reader(int wait)
{
    int ends[2];
    unsigned char *blocks[BLOCKS];
    pthread_t thread;
    void *result = NULL;
    int good = pipe(ends) == 0 && pthread_create(&thread, NULL, read_one, ends) == 0;
    usleep((useconds_t)wait);
    close(ends[0]);
    for (size_t i = 0; i < BLOCKS; i++)
        memset(blocks[i] = malloc(BLOCK), 0x41, BLOCK);
    good = good && (write(ends[1], "x", 1) == 1 || errno == EPIPE) &&
           pthread_join(thread, &result) == 0;
    for (size_t i = 0; i < BLOCKS; i++) {
        for (size_t k = 0; k < BLOCK; k++)
            good = good && blocks[i][k] == 0x41;
        free(blocks[i]);
    }
    good = good && write(ends[1], "x", 1) == -1 && errno == EPIPE;
    close(ends[1]);
    return good ? (int)(intptr_t)result : -2;
}

/* What another thread waits for may be closed: what it works with stays, whatever is allocated
 * then. On a busy machine it may come too late to wait. */
static void check_closing(void)
{
    int result = -1;
    signal(SIGPIPE, SIG_IGN);
    for (int wait = 10000; wait < 1000000 && result == -1; wait *= 2)
        result = close_under_reader(wait);
    ok(result == 1, "close: of a pipe that another thread reads from");
    signal(SIGPIPE, SIG_DFL);
}

static void *sleep_forever(void *argument)
{
    pthread_cleanup_push(clean, argument);
    for (;;)
        sleep(1000);
    pthread_cleanup_pop(0);
    return NULL;
}

static volatile int caught_by;
static void catch (int number)
{
    (void)number;
    caught_by = (int)syscall(SYS_gettid);
}
static void *wait_for_signal(void *argument)
{
    *(volatile int *)argument = (int)syscall(SYS_gettid);
    while (caught_by == 0)
        usleep(1000);
    return NULL;
}

static void check_ends(void)
{
    pthread_t thread;
    void *result;
    pthread_key_create(&key, destroy);
    pthread_create(&thread, NULL, use_key, (void *)7);
    ok(pthread_join(thread, &result) == 0 && (intptr_t)result == 7 && destroyed == 7 &&
           pthread_getspecific(key) == NULL,
       "pthread_key: a value per thread, destroyed at its end");
    pthread_create(&thread, NULL, sleep_forever, (void *)9);
    usleep(2000);
    ok(pthread_cancel(thread) == 0 && pthread_join(thread, &result) == 0 &&
           result == PTHREAD_CANCELED && cleaned == 9,
       "pthread_cancel: wakes a sleeper, cleans up");
    volatile int tid = 0;
    signal(SIGUSR1, catch);
    pthread_create(&thread, NULL, wait_for_signal, (void *)&tid);
    while (tid == 0)
        usleep(1000);
    ok(pthread_kill(thread, SIGUSR1) == 0 && pthread_join(thread, NULL) == 0 && caught_by == tid &&
           tid != syscall(SYS_gettid),
       "pthread_kill: handled by that thread");
    signal(SIGUSR1, SIG_DFL);
}

static volatile int ended;
static void *end(void *argument)
{
    __atomic_fetch_add(&ended, 1, __ATOMIC_SEQ_CST);
    return argument;
}

static void check_many(void)
{
    int good = 1;
    for (intptr_t i = 0; i < 500; i++) {
        pthread_t thread;
        void *result = NULL;
        good = good && pthread_create(&thread, NULL, end, (void *)i) == 0 &&
               pthread_join(thread, &result) == 0 && (intptr_t)result == i;
    }
    ok(good && ended == 500, "500 threads, one after the other");
    pthread_attr_t detached;
    pthread_attr_init(&detached);
    pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&detached, 65536);
    for (int i = 0; i < 100; i++) {
        pthread_t thread;
        good = good && pthread_create(&thread, &detached, end, NULL) == 0;
        while (ended < 501 + i)
            sched_yield();
    }
    ok(good, "100 detached threads");
}

void check_threads(void)
{
    check_one_thread();
    check_counting();
    check_meeting();
    check_ends();
    check_closing();
    check_many();
}
