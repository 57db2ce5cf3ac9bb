/* SPDX-License-Identifier: BSD-2-Clause */
#define _GNU_SOURCE
#include "check.h"
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static void make(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    (void)!write(fd, text, strlen(text));
    close(fd);
}

/* Names in a directory as one sorted word. */
static const char *list(const char *path)
{
    static char names[4096];
    struct dirent **entries;
    names[0] = '\0';
    int count = scandir(path, &entries, NULL, alphasort);
    for (int i = 0; i < count; i++) {
        strcat(names, entries[i]->d_name);
        strcat(names, " ");
        free(entries[i]);
    }
    if (count >= 0)
        free(entries);
    return names;
}

static void check_directories(void)
{
    ok(mkdir("/tmp/d", 0755) == 0, "mkdir");
    fails(mkdir("/tmp/d", 0755), EEXIST, "mkdir: again");
    fails(mkdir("/tmp/none/d", 0755), ENOENT, "mkdir: no parent");
    ok(mkdir("/tmp/d/e", 0700) == 0 && chdir("/tmp/d/e") == 0, "chdir");
    char path[100];
    ok(getcwd(path, sizeof path) && strcmp(path, "/tmp/d/e") == 0, "getcwd");
    fails(getcwd(path, 5) ? 0 : -1, ERANGE, "getcwd: too little room");
    make("here", "1");
    make("../there", "22");
    make(".././/third", "333");
    ok(strcmp(list("/tmp/d"), ". .. e there third ") == 0, "readdir");
    ok(strcmp(list("."), ". .. here ") == 0, "readdir: the current directory");
    struct stat st, other;
    ok(stat("../../d/e/here", &st) == 0 && st.st_size == 1, "stat: by way of ..");
    ok(stat("/tmp/d", &st) == 0 && S_ISDIR(st.st_mode) && stat("..", &other) == 0 &&
           st.st_ino == other.st_ino,
       "stat: one directory, two paths");
    fails(rmdir("/tmp/d"), ENOTEMPTY, "rmdir: not empty");
    fails(unlink("/tmp/d"), EISDIR, "unlink: a directory");
    fails(rmdir("here"), ENOTDIR, "rmdir: a file");
    int fd = open("/tmp/d", O_RDONLY | O_DIRECTORY);
    ok(openat(fd, "there", O_RDONLY) >= 0 && fstatat(fd, "e/here", &st, 0) == 0, "openat, fstatat");
    ok(faccessat(fd, "third", R_OK, 0) == 0 && unlinkat(fd, "third", 0) == 0, "unlinkat");
    ok(fchdir(fd) == 0 && access("there", F_OK) == 0, "fchdir");
    close(fd);
    fails(openat(fd, "there", O_RDONLY), EBADF, "openat: no such descriptor");
}

static void check_many_entries(void)
{
    mkdir("/tmp/many", 0755);
    char path[32];
    for (int i = 0; i < 300; i++) {
        sprintf(path, "/tmp/many/%03d", i);
        make(path, "");
    }
    DIR *dir = opendir("/tmp/many");
    int seen = 0, twice = 0;
    static char marks[300];
    for (struct dirent *e; (e = readdir(dir));) {
        if (e->d_name[0] == '.')
            continue;
        int number = atoi(e->d_name);
        twice += marks[number]++;
        seen++;
        sprintf(path, "/tmp/many/%s", e->d_name);
        unlink(path); /* while reading */
    }
    closedir(dir);
    ok(seen == 300 && twice == 0, "readdir: 300 names, removed while reading");
    ok(rmdir("/tmp/many") == 0, "rmdir: now empty");
}

static void check_rename(void)
{
    make("/tmp/a", "a");
    make("/tmp/b", "bb");
    struct stat st;
    ok(rename("/tmp/a", "/tmp/b") == 0 && stat("/tmp/b", &st) == 0 && st.st_size == 1 &&
           access("/tmp/a", F_OK) == -1,
       "rename: onto a file");
    fails(rename("/tmp/a", "/tmp/c"), ENOENT, "rename: nothing");
    fails(rename("/tmp/b", "/tmp/d"), EISDIR, "rename: a file onto a directory");
    fails(rename("/tmp/d", "/tmp/d/e/f"), EINVAL, "rename: a directory into itself");
    ok(rename("/tmp/d", "/tmp/moved") == 0 && access("/tmp/moved/e/here", F_OK) == 0,
       "rename: a directory with all that is in it");
    char path[100];
    ok(getcwd(path, sizeof path) && strcmp(path, "/tmp/moved") == 0,
       "rename: the current directory moves along");
    ok(link("/tmp/b", "/tmp/second") == 0 && stat("/tmp/second", &st) == 0 && st.st_nlink == 2 &&
           unlink("/tmp/b") == 0 && stat("/tmp/second", &st) == 0 && st.st_nlink == 1,
       "link");
    ok(chmod("/tmp/second", 0400) == 0 && stat("/tmp/second", &st) == 0 &&
           (st.st_mode & 07777) == 0400,
       "chmod");
    struct timespec times[2] = {{1000, 1}, {2000, 2}};
    ok(utimensat(AT_FDCWD, "/tmp/second", times, 0) == 0 && stat("/tmp/second", &st) == 0 &&
           st.st_mtim.tv_sec == 2000 && st.st_mtim.tv_nsec == 2 && st.st_atim.tv_sec == 1000,
       "utimensat");
    fails(access("/tmp/second", X_OK), EACCES, "access: not executable");
    ok(umask(077) == 022 && (make("/tmp/masked", ""), stat("/tmp/masked", &st)) == 0 &&
           (st.st_mode & 0777) == 0600 && umask(022) == 077,
       "umask");
    fails(readlink("/tmp/second", path, sizeof path), EINVAL, "readlink: no link");
    fails(readlink("/tmp/none", path, sizeof path), ENOENT, "readlink: nothing");
    unlink("/tmp/masked");
    unlink("/tmp/second");
    chdir("/");
    unlink("/tmp/moved/e/here");
    unlink("/tmp/moved/there");
    ok(rmdir("/tmp/moved/e") == 0 && rmdir("/tmp/moved") == 0, "rmdir");
    fails(stat("/tmp/moved", &st), ENOENT, "stat: gone");
}

static void check_links(void)
{
    char text[100];
    struct stat st;
    mkdir("/tmp/twz-links", 0755);
    mkdir("/tmp/twz-links/deep", 0755);
    make("/tmp/twz-links/deep/file", "contents");
    ok(symlink("deep/file", "/tmp/twz-links/link") == 0, "symlink");
    fails(symlink("x", "/tmp/twz-links/link"), EEXIST, "symlink: onto a name");
    ssize_t length = readlink("/tmp/twz-links/link", text, sizeof text);
    ok(length == 9 && memcmp(text, "deep/file", 9) == 0 &&
           readlink("/tmp/twz-links/link", text, 4) == 4,
       "readlink, and a part of it");
    fails(readlink("/tmp/twz-links/deep", text, sizeof text), EINVAL, "readlink: of a directory");
    ok(lstat("/tmp/twz-links/link", &st) == 0 && S_ISLNK(st.st_mode) && st.st_size == 9, "lstat");
    ok(stat("/tmp/twz-links/link", &st) == 0 && S_ISREG(st.st_mode) && st.st_size == 8,
       "stat follows");
    int fd = open("/tmp/twz-links/link", O_RDWR);
    ok(fd >= 0 && read(fd, text, 8) == 8 && memcmp(text, "contents", 8) == 0, "open follows");
    close(fd);
    fails(open("/tmp/twz-links/link", O_RDONLY | O_NOFOLLOW), ELOOP, "open: O_NOFOLLOW");
    ok(symlink("/tmp/twz-links/deep", "/tmp/twz-links/way") == 0 &&
           access("/tmp/twz-links/way/file", F_OK) == 0,
       "a directory behind a link");
    ok(access("/tmp/twz-links/way/../link", F_OK) == 0 &&
           access("/tmp/twz-links/way/../file", F_OK) == -1,
       "..: of where the link leads");
    ok(chdir("/tmp/twz-links/way") == 0 && getcwd(text, sizeof text) &&
           strcmp(text, "/tmp/twz-links/deep") == 0,
       "chdir, getcwd: where it leads");
    chdir("/tmp");
    ok(symlink("new", "/tmp/twz-links/dangling") == 0 &&
           access("/tmp/twz-links/dangling", F_OK) == -1 && errno == ENOENT,
       "a link that leads nowhere");
    fails(open("/tmp/twz-links/dangling", O_WRONLY | O_CREAT | O_EXCL, 0600), EEXIST,
          "open: O_EXCL does not follow it");
    fd = open("/tmp/twz-links/dangling", O_WRONLY | O_CREAT, 0600);
    ok(fd >= 0 && access("/tmp/twz-links/new", F_OK) == 0, "open: O_CREAT makes what it leads to");
    close(fd);
    symlink("around", "/tmp/twz-links/about");
    symlink("about", "/tmp/twz-links/around");
    fails(stat("/tmp/twz-links/about", &st), ELOOP, "two links in a circle");
    ok(rename("/tmp/twz-links/link", "/tmp/twz-links/moved") == 0 &&
           lstat("/tmp/twz-links/moved", &st) == 0 && S_ISLNK(st.st_mode),
       "rename: the link itself");
    ok(unlink("/tmp/twz-links/moved") == 0 && access("/tmp/twz-links/deep/file", F_OK) == 0,
       "unlink: the link itself");
    for (const char *const *name =
             (const char *const[]){"deep/file", "new", "dangling", "way", "about", "around", NULL};
         *name; name++) {
        snprintf(text, sizeof text, "/tmp/twz-links/%s", *name);
        unlink(text);
    }
    ok(rmdir("/tmp/twz-links/deep") == 0 && rmdir("/tmp/twz-links") == 0, "all of them are gone");
}

void check_names(void)
{
    check_links();
    umask(022);
    check_directories();
    check_many_entries();
    check_rename();
}
