#define _GNU_SOURCE
#include "CBench.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double seconds(struct timeval time) { return time.tv_sec + time.tv_usec / 1e6; }

int bench_run(char *const arguments[], double *user, double *system, long *peak_kib) {
    pid_t child = fork();
    if (child < 0) return -1;
    if (child == 0) {
        execvp(arguments[0], arguments);
        _exit(127);
    }
    int status;
    struct rusage usage;
    if (wait4(child, &status, 0, &usage) < 0) return -1;
    *user = seconds(usage.ru_utime);
    *system = seconds(usage.ru_stime);
    *peak_kib = usage.ru_maxrss;
    return status;
}

int bench_create(const char *path) { return open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644); }

int bench_open(const char *path) { return open(path, O_RDONLY | O_CLOEXEC); }

int bench_sync(const char *directory) {
    int descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return -1;
    int status = syncfs(descriptor);
    close(descriptor);
    return status;
}

static double monotonic(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

int bench_write(const char *path, const void *content, size_t length) {
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (file < 0) return -1;
    ssize_t written = write(file, content, length);
    close(file);
    return written == (ssize_t)length ? 0 : -1;
}

static int holds(const char *path, const void *content, size_t length) {
    static char buffer[1 << 16];
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return 0;
    ssize_t count = read(file, buffer, sizeof buffer);
    close(file);
    return count == (ssize_t)length && memcmp(buffer, content, length) == 0;
}

double bench_edit(
    const char *from, const char *to, const char *directory, const void *content, size_t length, double limit
) {
    int watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (watch < 0) return -1;
    inotify_add_watch(watch, directory, IN_MOVED_TO | IN_CLOSE_WRITE | IN_CREATE);
    double start = -1, end = -1;
    if (bench_write(from, content, length) == 0) {
        start = monotonic();
        struct pollfd waiting = {.fd = watch, .events = POLLIN};
        char events[4096];
        while (monotonic() < start + limit) {
            if (holds(to, content, length)) {
                end = monotonic();
                break;
            }
            // A tool that writes in place gives no event at the right time: look again soon anyway.
            poll(&waiting, 1, 2);
            while (read(watch, events, sizeof events) > 0) continue;
        }
    }
    close(watch);
    return end < 0 ? -1 : end - start;
}

double bench_replace(const char *directory, const char *name, const char *temporary, const void *content, size_t length) {
    double start = monotonic();
    int place = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int file = openat(place, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    int failed = file < 0 || write(file, content, length) != (ssize_t)length || fsync(file) != 0
        || renameat(place, temporary, place, name) != 0 || fsync(place) != 0;
    close(file);
    close(place);
    return failed ? -1 : monotonic() - start;
}

// One connection: copies both ways until both ends closed, then appends "up down" to `result`.
static void relay(int client, int port, const char *result) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int server = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(server, (struct sockaddr *)&address, sizeof address) != 0) _exit(1);
    struct pollfd ends[2] = {{.fd = client, .events = POLLIN}, {.fd = server, .events = POLLIN}};
    long long total[2] = {0, 0};
    static char buffer[1 << 18];
    for (int open_ends = 2; open_ends > 0;) {
        if (poll(ends, 2, -1) < 0) break;
        for (int i = 0; i < 2; i++) {
            if (!ends[i].revents) continue;
            int other = i ? client : server;
            ssize_t count = read(i ? server : client, buffer, sizeof buffer);
            if (count <= 0) {
                shutdown(other, SHUT_WR);
                ends[i].fd = -1;
                open_ends--;
                continue;
            }
            total[i] += count;
            for (ssize_t sent = 0; sent < count;) {
                ssize_t step = write(other, buffer + sent, (size_t)(count - sent));
                if (step <= 0) _exit(1);
                sent += step;
            }
        }
    }
    FILE *file = fopen(result, "a");
    if (file) fprintf(file, "%lld %lld\n", total[0], total[1]);
    if (file) fclose(file);
    _exit(0);
}

int bench_count(int listen_port, int target_port, const char *result) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)listen_port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int listener = socket(AF_INET, SOCK_STREAM, 0), on = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0) return -1;
    if (listen(listener, 8) != 0) return -1;
    signal(SIGCHLD, SIG_IGN);
    for (;;) {
        int client = accept(listener, NULL, NULL);
        if (client < 0) return -1;
        if (fork() == 0) {
            setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
            close(listener);
            relay(client, target_port, result);
        }
        close(client);
    }
}
