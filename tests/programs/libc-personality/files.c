/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE
#include "check.h"
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static void check_open(void)
{
    fails(open("/tmp/no-such-directory/y", O_RDONLY), ENOENT, "open: no such directory");
    fails(open("/tmp/none", O_RDONLY), ENOENT, "open: no such file");
    int fd = open("/tmp/file", O_RDWR | O_CREAT | O_EXCL, 0640);
    ok(fd >= 3, "open: O_CREAT | O_EXCL");
    fails(open("/tmp/file", O_RDWR | O_CREAT | O_EXCL, 0600), EEXIST, "open: O_EXCL again");
    fails(open("/tmp/file/more", O_RDONLY), ENOTDIR, "open: below a file");
    fails(open("/tmp", O_WRONLY), EISDIR, "open: a directory for writing");
    fails(open("/tmp/file", O_RDONLY | O_DIRECTORY), ENOTDIR, "open: O_DIRECTORY");
    ok(write(fd, "hello world", 11) == 11, "write");
    ok(lseek(fd, 0, SEEK_CUR) == 11 && lseek(fd, -5, SEEK_END) == 6, "lseek");
    char text[32] = {0};
    ok(read(fd, text, sizeof text) == 5 && strcmp(text, "world") == 0, "read: to the end");
    ok(read(fd, text, sizeof text) == 0, "read: at the end");
    fails(lseek(fd, -1, SEEK_SET), EINVAL, "lseek: before the start");
    ok(pwrite(fd, "W", 1, 6) == 1 && pread(fd, text, 5, 6) == 5 && strcmp(text, "World") == 0,
       "pwrite, pread");
    ok(lseek(fd, 0, SEEK_CUR) == 11, "they leave the offset");
    int other = open("/tmp/file", O_WRONLY | O_APPEND);
    ok(write(other, "!", 1) == 1 && lseek(other, 0, SEEK_CUR) == 12, "O_APPEND");
    fails(read(other, text, 1), EBADF, "read: open for writing only");
    close(other);
    other = open("/tmp/file", O_RDONLY);
    fails(write(other, text, 1), EBADF, "write: open for reading only");
    close(other);
    fails(close(other), EBADF, "close: twice");
    close(open("/tmp/file", O_WRONLY | O_TRUNC));
    struct stat st;
    ok(fstat(fd, &st) == 0 && st.st_size == 0 && S_ISREG(st.st_mode) && (st.st_mode & 0777) == 0640,
       "O_TRUNC; fstat");
    ok(unlink("/tmp/file") == 0 && write(fd, "still", 5) == 5 && fstat(fd, &st) == 0 &&
           st.st_nlink == 0 && st.st_size == 16,
       "unlink: an open file lives on");
    close(fd);
}

static void check_sizes(void)
{
    int fd = open("/tmp/sparse", O_RDWR | O_CREAT, 0600);
    ok(pwrite(fd, "end", 3, 1000000) == 3, "pwrite: far behind the end");
    char text[8] = "xxxxxxx";
    ok(pread(fd, text, 4, 999998) == 4 && memcmp(text, "\0\0en", 4) == 0, "the gap reads as zeros");
    ok(ftruncate(fd, 10) == 0 && pwrite(fd, "0123456789", 10, 0) == 10 && ftruncate(fd, 5) == 0 &&
           ftruncate(fd, 10) == 0 && pread(fd, text, 7, 3) == 7 &&
           memcmp(text, "34\0\0\0\0\0", 7) == 0,
       "ftruncate: what was cut off comes back as zeros");
    fails(ftruncate(fd, -1), EINVAL, "ftruncate: negative");
    ok(posix_fallocate(fd, 0, 5000) == 0 && lseek(fd, 0, SEEK_END) == 5000, "posix_fallocate");
    ok(truncate("/tmp/sparse", 3) == 0 && lseek(fd, 0, SEEK_END) == 3, "truncate");
    static char big[300000], back[300000];
    for (size_t i = 0; i < sizeof big; i++)
        big[i] = (char)(i * 31 + i / 4096);
    ok(pwrite(fd, big, sizeof big, 77) == (ssize_t)sizeof big &&
           pread(fd, back, sizeof back, 77) == (ssize_t)sizeof back &&
           memcmp(big, back, sizeof big) == 0,
       "300,000 bytes and back");
    struct iovec out[3] = {{"one", 3}, {"", 0}, {"two", 3}};
    struct iovec in[2] = {{text, 2}, {back, 100}};
    lseek(fd, 0, SEEK_SET);
    ok(ftruncate(fd, 0) == 0 && writev(fd, out, 3) == 6 && lseek(fd, 0, SEEK_SET) == 0 &&
           readv(fd, in, 2) == 6 && memcmp(text, "on", 2) == 0 && memcmp(back, "etwo", 4) == 0,
       "writev, readv");
    close(fd);
    unlink("/tmp/sparse");
}

static void check_descriptors(void)
{
    int fd = open("/tmp/dup", O_RDWR | O_CREAT, 0600);
    int copy = dup(fd);
    ok(copy > fd && write(fd, "ab", 2) == 2 && lseek(copy, 0, SEEK_CUR) == 2,
       "dup: one offset for both");
    ok(dup2(fd, 20) == 20 && lseek(20, 0, SEEK_CUR) == 2, "dup2");
    ok(dup2(fd, fd) == fd, "dup2: onto itself");
    fails(dup2(99, 21), EBADF, "dup2: no such descriptor");
    ok(fcntl(fd, F_DUPFD, 30) == 30, "fcntl: F_DUPFD");
    int next = open("/dev/null", O_RDWR);
    ok(next == copy + 1, "open: the lowest free descriptor");
    close(next);
    ok(fcntl(fd, F_GETFD) == 0 && fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 &&
           fcntl(fd, F_GETFD) == FD_CLOEXEC && fcntl(copy, F_GETFD) == 0,
       "fcntl: F_SETFD");
    ok(fcntl(fd, F_SETFL, O_APPEND) == 0 &&
           (fcntl(copy, F_GETFL) & (O_APPEND | O_ACCMODE)) == (O_APPEND | O_RDWR),
       "fcntl: F_SETFL");
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    ok(fcntl(fd, F_SETLK, &lock) == 0 && fcntl(copy, F_GETLK, &lock) == 0 && lock.l_type == F_UNLCK,
       "fcntl: locks");
    for (int i = 0; i < 4; i++)
        close((int[]){fd, copy, 20, 30}[i]);
    unlink("/tmp/dup");
    fails(fcntl(fd, F_GETFL), EBADF, "fcntl: no such descriptor");
}

static void check_devices(void)
{
    char bytes[64];
    int fd = open("/dev/null", O_RDWR);
    ok(read(fd, bytes, 8) == 0 && write(fd, bytes, 8) == 8, "/dev/null");
    close(fd);
    fd = open("/dev/zero", O_RDONLY);
    memset(bytes, 1, 8);
    ok(read(fd, bytes, 8) == 8 && bytes[0] == 0 && bytes[7] == 0, "/dev/zero");
    close(fd);
    fd = open("/dev/urandom", O_RDONLY);
    char more[64];
    ok(read(fd, bytes, 64) == 64 && read(fd, more, 64) == 64 && memcmp(bytes, more, 64) != 0,
       "/dev/urandom");
    close(fd);
    struct winsize size;
    fd = open("/dev/null", O_RDONLY);
    fails(ioctl(fd, TIOCGWINSZ, &size), ENOTTY, "ioctl: a device that is no terminal");
    close(fd);
    fails(ioctl(99, TIOCGWINSZ, &size), EBADF, "ioctl: no such descriptor");
}

static void check_streams(void)
{
    FILE *f = fopen("/tmp/stream", "w+");
    ok(f && fprintf(f, "%d %s %.3f\n", 7, "seven", 7.7) == 14, "fprintf");
    rewind(f);
    int i;
    double d;
    char word[16];
    ok(fscanf(f, "%d %15s %lf", &i, word, &d) == 3 && i == 7 && d > 7.69 && d < 7.71, "fscanf");
    ok(fclose(f) == 0 && fopen("/tmp/none/stream", "r") == NULL, "fclose; fopen of nothing");
    f = fopen("/tmp/stream", "a+");
    fputs("second\n", f);
    fseek(f, 0, SEEK_SET);
    char line[32];
    ok(fgets(line, sizeof line, f) && fgets(line, sizeof line, f) &&
           strcmp(line, "second\n") == 0 && !fgets(line, sizeof line, f) && feof(f),
       "fopen: appending; fgets");
    fclose(f);
    remove("/tmp/stream");
    f = tmpfile();
    ok(f && fputs("x", f) >= 0 && fclose(f) == 0, "tmpfile");
    char path[] = "/tmp/nameXXXXXX";
    int fd = mkstemp(path);
    ok(fd >= 0 && strcmp(path, "/tmp/nameXXXXXX") != 0, "mkstemp");
    close(fd);
    unlink(path);
}

void check_files(void)
{
    check_open();
    check_sizes();
    check_descriptors();
    check_devices();
    check_streams();
}
