/* SPDX-License-Identifier: BSD-2-Clause */
/* What is typed on the console, and the time. */
#define _GNU_SOURCE
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

static void interrupt(int number)
{
    printf("signal %d\n", number);
}

int main(void)
{
    setvbuf(stdout, NULL, _IONBF, 0);
    char text[100];
    time_t seconds = time(NULL);
    strftime(text, sizeof text, "%FT%TZ", gmtime(&seconds));
    printf("time: %s\n", text);
    printf("terminal: %d %d\n", isatty(0), isatty(1));
    struct sigaction action = {.sa_handler = interrupt};
    sigaction(SIGINT, &action, NULL);
    struct pollfd input = {.fd = 0, .events = POLLIN};
    printf("poll: %d\n", poll(&input, 1, -1));
    for (int ends = 0; ends < 2;) {
        ssize_t size = read(0, text, sizeof text - 1);
        if (size < 0) {
            perror("read");
            continue;
        }
        text[size] = '\0';
        text[strcspn(text, "\n")] = '\0';
        if (size == 0)
            printf("end %d\n", ++ends);
        else
            printf("line: <%s>\n", text);
    }
    struct termios mode;
    tcgetattr(0, &mode);
    mode.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    tcsetattr(0, TCSANOW, &mode);
    ssize_t size = 0;
    while (size < 3)
        size += read(0, text + size, 3 - (size_t)size);
    printf("bytes: %.*s\n", (int)size, text);
    return 0;
}
