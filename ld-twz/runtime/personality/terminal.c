/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The console as a terminal. Lines are edited (erase, kill) and echoed when somebody asks for
 * them, one at a time; the end of input is typed as Control-D, Control-C is SIGINT. With ICANON off
 * bytes come as they are typed. What is typed is the program's: in other compartments there is only
 * the end.
 */
#include "calls.h"
#include "personality.h"
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <twz/rt/io.h>
#include <twz/rt/string.h>
#include <twz/rt/thread.h>

#define KERNEL_TERMIOS (offsetof(struct termios, c_cc) + 19) /* the kernel's struct ends there */
#define NAP            (10 * 1000000ull)                     /* nanoseconds between looks */

enum { INTERRUPT = 3, END = 4, BACKSPACE = 8, KILL = 21, ERASE = 127 };

/* bytes[0..done) can be read, bytes[done..length) is the line that is being typed. */
static char bytes[4096];
static size_t done, length;
static bool ended; /* after what can be read comes the end, once */

static struct termios mode = {
    .c_iflag = ICRNL | IXON,
    .c_oflag = OPOST | ONLCR,
    .c_cflag = B38400 | CS8 | CREAD,
    .c_lflag = ISIG | ICANON | ECHO | ECHOE | ECHOK,
};

static void echo(const char *text, size_t size)
{
    if (mode.c_lflag & ECHO)
        (void)twz_rt_write(text, size);
}

static void erase(void)
{
    length--;
    echo("\b \b", 3);
}

static void take(char c)
{
    if (c == '\r' && (mode.c_iflag & ICRNL))
        c = '\n';
    if (c == INTERRUPT && (mode.c_lflag & ISIG)) {
        length = done;
        signal_post(SIGINT);
        return;
    }
    bool edited = mode.c_lflag & ICANON;
    if (edited && (c == ERASE || c == BACKSPACE)) {
        if (length > done)
            erase();
        return;
    }
    if (edited && c == KILL) {
        while (length > done)
            erase();
        return;
    }
    if (edited && c == END) {
        ended = ended || length == done;
        done = length;
        return;
    }
    /* As a terminal does with what nobody reads; there is always room for the end of the line. */
    if (length >= sizeof bytes - (edited && c != '\n'))
        return;
    echo(&c, 1);
    bytes[length++] = c;
    if (!edited || c == '\n')
        done = length;
}

/* Takes in what was typed, up to the end of a line. False: it is not for this compartment. */
static bool look(void)
{
    static char typed[64];
    static int64_t at, count;
    bool edited = mode.c_lflag & ICANON;
    while ((edited ? done == 0 : length < sizeof bytes) && !ended) {
        if (at == count) {
            at = 0;
            count = twz_rt_read(typed, sizeof typed);
            if (count <= 0) {
                bool ours = count == 0;
                count = 0;
                return ours;
            }
        }
        take(typed[at++]);
    }
    return true;
}

int64_t terminal_read(void *to, size_t size, bool wait)
{
    static uint32_t nobody_wakes;
    while (look() && done == 0 && !ended) {
        if (!wait || signal_breaks())
            return wait ? -EINTR : -EAGAIN;
        linux_unlock();
        (void)twz_rt_futex_wait(&nobody_wakes, 0, (uint64_t)now() + NAP);
        linux_lock();
    }
    if (done == 0) {
        ended = false;
        return 0;
    }
    if (size > done)
        size = done;
    memcpy(to, bytes, size);
    memmove(bytes, bytes + size, length - size);
    done -= size;
    length -= size;
    return (int64_t)size;
}

short terminal_events(void)
{
    bool ours = look();
    return done > 0 || ended || !ours ? POLLIN | POLLOUT : POLLOUT;
}

int64_t terminal_ioctl(unsigned long request, void *argument)
{
    switch (request) {
    case TIOCGWINSZ:
        if (!is_user(argument, sizeof(struct winsize)))
            return -EFAULT;
        *(struct winsize *)argument = (struct winsize){.ws_row = 24, .ws_col = 80};
        return 0;
    case FIONREAD:
        if (!is_user(argument, sizeof(int)))
            return -EFAULT;
        (void)look();
        *(int *)argument = (int)done;
        return 0;
    case TCGETS:
        if (!is_user(argument, KERNEL_TERMIOS))
            return -EFAULT;
        memcpy(argument, &mode, KERNEL_TERMIOS);
        return 0;
    case TCSETS:
    case TCSETSW:
    case TCSETSF:
        if (!is_user(argument, KERNEL_TERMIOS))
            return -EFAULT;
        memcpy(&mode, argument, KERNEL_TERMIOS);
        if (request == TCSETSF)
            done = length = 0;
        if (!(mode.c_lflag & ICANON))
            done = length;
        return 0;
    default:
        return -ENOTTY;
    }
}
