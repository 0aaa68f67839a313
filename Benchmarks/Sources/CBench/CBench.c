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
#include <sys/socket.h>
#include <sys/resource.h>
#include <sys/wait.h>
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
