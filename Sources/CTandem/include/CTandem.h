#ifndef TANDEM_CTANDEM_H
#define TANDEM_CTANDEM_H

// What Swift's Glibc module cannot say: calls behind _GNU_SOURCE, and variadic ones. Each wrapper
// adds nothing; errno is the kernel's.

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/// What one statx(2) tells, in the fields Tandem uses.
struct tandem_status {
    uint16_t mode;
    uint32_t uid;
    uint32_t gid;
    uint32_t links;
    uint64_t inode;
    uint64_t device;
    uint64_t size;
    uint64_t blocks;
    int64_t mtime_ns;
    int64_t ctime_ns;
    int64_t birth_ns; // 0 where the file system has none
    uint8_t mount_root; // 1 where something is mounted, also a bind mount of the same device
};

/// statx(2) without following a final link; `name` "" with an own descriptor reads the descriptor.
int tandem_status_at(int directory, const char *name, struct tandem_status *out);

/// getdents64(2): raw records into `buffer`; bytes written, 0 at the end, -1 with errno.
ssize_t tandem_read_directory(int directory, void *buffer, size_t capacity);

#define TANDEM_RENAME_NOREPLACE 1
#define TANDEM_RENAME_EXCHANGE 2
/// renameat2(2).
int tandem_rename(int from_directory, const char *from, int to_directory, const char *to,
                  unsigned flags);

/// openat(2), which Swift cannot call with a mode.
int tandem_open_at(int directory, const char *name, int flags, mode_t mode);

/// openat2(2) with RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS.
int tandem_open_beneath(int directory, const char *path, int flags, mode_t mode);

/// syncfs(2) on the file system that holds `descriptor`.
int tandem_sync_file_system(int descriptor);

/// Starts writeback of the file without waiting (sync_file_range SYNC_FILE_RANGE_WRITE).
int tandem_start_writeback(int descriptor, int64_t offset, int64_t length);

/// copy_file_range(2) from and to the current offsets.
ssize_t tandem_copy_range(int from, int to, size_t length);

/// fcntl F_SETLEASE with F_RDLCK (1) or F_UNLCK (0).
int tandem_read_lease(int descriptor, int take);

/// The kind of file system (statfs f_type), its free and total bytes for an ordinary user.
int tandem_file_system(int descriptor, uint64_t *kind, uint64_t *free_bytes,
                       uint64_t *total_bytes);

/// The peer's uid on a connected UNIX socket (SO_PEERCRED), or -1.
int64_t tandem_peer_uid(int descriptor);

/// accept4(2), close-on-exec.
int tandem_accept(int listener);

/// eventfd(2), non-blocking and close-on-exec.
int tandem_eventfd(void);

/// fanotify_init(2): a group that names each event by its directory's handle and a name, not blocking.
int tandem_fanotify(void);

/// fanotify_mark(2) on the directory itself, or on the whole file system that holds it; adds to a
/// mark's mask, or takes from it.
int tandem_fanotify_mark(int group, int whole_file_system, int takes_away, uint64_t mask,
                         int directory);

/// FIONREAD: how many bytes wait; for fanotify 24 for each event, without what follows the header.
int tandem_bytes_waiting(int descriptor);

#define TANDEM_LONGEST_HANDLE 128
/// name_to_handle_at(2) without following a final link; `name` "" is the directory itself.
///
/// `length` is the room in `bytes`, at least TANDEM_LONGEST_HANDLE, then what the handle takes.
int tandem_file_handle(int directory, const char *name, int32_t *kind, void *bytes,
                       uint32_t *length);

/// pipe2(2), close-on-exec at once: a child started meanwhile by another thread keeps no end.
int tandem_pipe(int ends[2]);

/// A socket that becomes readable when an interface or an address of this machine changes: netlink(7)
/// with RTMGRP_LINK, RTMGRP_IPV4_IFADDR and RTMGRP_IPV6_IFADDR, or route(4); -1 with errno.
int tandem_network_changes(void);

/// setsid(2) in a child, as a flag of posix_spawn(3); 0 where there is none.
short tandem_spawn_new_session(void);

/// flock(2) exclusive without waiting: 0, or -1 with EWOULDBLOCK when another holds it.
int tandem_lock_file(int descriptor);

/// flock(2) shared without waiting: 0, or -1 with EWOULDBLOCK when another holds it exclusively.
int tandem_share_file(int descriptor);

/// flock(2) LOCK_UN: also for a copy that a child has between fork and exec.
int tandem_unlock_file(int descriptor);

/// Ends the calling process's core dumps (RLIMIT_CORE 0) and makes SIGIO and SIGPIPE ignored.
void tandem_harden_process(void);

/// Names the calling thread for debuggers; the kernel keeps 15 bytes.
void tandem_name_thread(const char *name);

/// pthread_create(3) of a detached thread; 0 or an errno.
int tandem_start_thread(void *(*body)(void *), void *argument, size_t stack_size);

/// malloc_trim(3) where there is one: gives freed memory back to the machine.
void tandem_give_back_memory(void);

/// Makes each signal in `numbers` write its number as one byte to a pipe; the pipe's read end, or -1.
///
/// The handlers end at exec, so a child has the defaults. To be called once in a process.
int tandem_signal_pipe(const int *numbers, size_t count);

#endif
