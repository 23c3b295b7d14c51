/* A disk that has lost its power knows only what was synced. Loaded before the C library, this keeps a copy
 * of a file, under its name with `.synced` at the end, each time the file is synced; what a test finds in
 * those copies after a kill is what a power cut would have left. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;

static int copy(int from, const char *path) {
    static char buffer[1 << 16];
    int to = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    if (to < 0)
        return -1;
    off_t at = 0;
    ssize_t got;
    while ((got = pread(from, buffer, sizeof buffer, at)) > 0) {
        if (write(to, buffer, (size_t)got) != got) {
            close(to);
            return -1;
        }
        at += got;
    }
    close(to);
    return got < 0 ? -1 : 0;
}

/* Whole or not at all: a sync that is cut off leaves the copy of the one before. */
static int keep(int file) {
    char link[64], path[PATH_MAX], half[PATH_MAX + 16], whole[PATH_MAX + 16];
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0)
        return -1;
    path[length] = 0;
    if (!strstr(path, "sales.db"))
        return 0;
    snprintf(half, sizeof half, "%s.half", path);
    snprintf(whole, sizeof whole, "%s.synced", path);
    pthread_mutex_lock(&one_at_a_time);
    int done = copy(file, half);
    if (done == 0)
        done = rename(half, whole);
    pthread_mutex_unlock(&one_at_a_time);
    return done;
}

int fsync(int file) { return keep(file); }

int fdatasync(int file) { return keep(file); }
