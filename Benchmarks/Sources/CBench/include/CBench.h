#ifndef TANDEM_CBENCH_H
#define TANDEM_CBENCH_H

#include <sys/types.h>

/// Runs a program to its end; its wait status, or -1.
int bench_run(char *const arguments[], double *user, double *system, long *peak_kib);

/// open(2) for writing a new file.
int bench_create(const char *path);

/// open(2) for reading.
int bench_open(const char *path);

/// syncfs(2) on the file system of a directory.
int bench_sync(const char *directory);

/// Writes a whole file in place, without a flush; -1 for an error.
int bench_write(const char *path, const void *content, size_t length);

/// Writes a file in place and waits until another one holds the same.
///
/// `directory` holds `to` and is watched, so that the waiting costs little. Seconds from the close of
/// the one to the content of the other; -1 after `limit` seconds.
double bench_edit(
    const char *from, const char *to, const char *directory, const void *content, size_t length, double limit
);

/// Replaces a file durably: write, fsync, rename, fsync of the directory. Seconds; -1 for an error.
double bench_replace(
    const char *directory, const char *name, const char *temporary, const void *content, size_t length
);

/// Relays loopback connections and appends the bytes of each, "up down", to a file; -1 when it cannot.
int bench_count(int listen_port, int target_port, const char *result);

#endif
