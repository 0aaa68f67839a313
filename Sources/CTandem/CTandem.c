#include "CTandem.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#ifdef __linux__
#include <linux/netlink.h>
#include <linux/openat2.h>
#include <linux/rtnetlink.h>
#include <malloc.h>
#include <sys/eventfd.h>
#include <sys/fanotify.h>
#include <sys/ioctl.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>

static int64_t nanoseconds(struct statx_timestamp t) {
    // Wraps for years past 2262: a stamp is compared, never shown.
    return (int64_t)((uint64_t)t.tv_sec * 1000000000u + t.tv_nsec);
}

int tandem_status_at(int directory, const char *name, struct tandem_status *out) {
    struct statx raw;
    int flags = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | (name[0] == 0 ? AT_EMPTY_PATH : 0);
    if (statx(directory, name, flags, STATX_BASIC_STATS | STATX_BTIME, &raw) != 0)
        return -1;
    out->mode = raw.stx_mode;
    out->uid = raw.stx_uid;
    out->gid = raw.stx_gid;
    out->links = raw.stx_nlink;
    out->inode = raw.stx_ino;
    out->device = makedev(raw.stx_dev_major, raw.stx_dev_minor);
    out->size = raw.stx_size;
    out->blocks = raw.stx_blocks;
    out->mtime_ns = nanoseconds(raw.stx_mtime);
    out->ctime_ns = nanoseconds(raw.stx_ctime);
    out->birth_ns = (raw.stx_mask & STATX_BTIME) ? nanoseconds(raw.stx_btime) : 0;
    out->mount_root = (raw.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
    return 0;
}

ssize_t tandem_read_directory(int directory, void *buffer, size_t capacity) {
    return syscall(SYS_getdents64, directory, buffer, capacity);
}

int tandem_rename(int from_directory, const char *from, int to_directory, const char *to,
                  unsigned flags) {
    return renameat2(from_directory, from, to_directory, to, flags);
}

int tandem_open_beneath(int directory, const char *path, int flags, mode_t mode) {
    struct open_how how;
    memset(&how, 0, sizeof how);
    how.flags = (uint64_t)flags;
    how.mode = (flags & (O_CREAT | O_TMPFILE)) ? mode : 0;
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
    return (int)syscall(SYS_openat2, directory, path, &how, sizeof how);
}

int tandem_sync_file_system(int descriptor) { return syncfs(descriptor); }

int tandem_start_writeback(int descriptor, int64_t offset, int64_t length) {
    return sync_file_range(descriptor, offset, length, SYNC_FILE_RANGE_WRITE);
}

ssize_t tandem_copy_range(int from, int to, size_t length) {
    return copy_file_range(from, NULL, to, NULL, length, 0);
}

int tandem_read_lease(int descriptor, int take) {
    return fcntl(descriptor, F_SETLEASE, take ? F_RDLCK : F_UNLCK);
}

int tandem_fanotify(void) {
    return fanotify_init(FAN_CLASS_NOTIF | FAN_CLOEXEC | FAN_NONBLOCK | FAN_REPORT_DFID_NAME, 0);
}

int tandem_fanotify_mark(int group, int whole_file_system, int takes_away, uint64_t mask,
                         int directory) {
    unsigned flags = takes_away ? FAN_MARK_REMOVE : FAN_MARK_ADD;
    if (whole_file_system)
        flags |= FAN_MARK_FILESYSTEM;
    return fanotify_mark(group, flags, mask, directory, NULL);
}

int tandem_bytes_waiting(int descriptor) {
    int count = 0;
    return ioctl(descriptor, FIONREAD, &count) == 0 ? count : -1;
}

int tandem_file_handle(int directory, const char *name, int32_t *kind, void *bytes,
                       uint32_t *length) {
    union {
        struct file_handle handle;
        unsigned char room[sizeof(struct file_handle) + TANDEM_LONGEST_HANDLE];
    } raw;
    int mount;
    raw.handle.handle_bytes = TANDEM_LONGEST_HANDLE;
    if (*length < TANDEM_LONGEST_HANDLE) {
        errno = EINVAL;
        return -1;
    }
    if (name_to_handle_at(directory, name, &raw.handle, &mount, name[0] == 0 ? AT_EMPTY_PATH : 0)
        != 0)
        return -1;
    *kind = raw.handle.handle_type;
    *length = raw.handle.handle_bytes;
    memcpy(bytes, raw.handle.f_handle, raw.handle.handle_bytes);
    return 0;
}

int tandem_file_system(int descriptor, uint64_t *kind, uint64_t *free_bytes,
                       uint64_t *total_bytes) {
    struct statfs raw;
    if (fstatfs(descriptor, &raw) != 0)
        return -1;
    *kind = (uint64_t)(uint32_t)raw.f_type;
    *free_bytes = (uint64_t)raw.f_bavail * (uint64_t)raw.f_bsize;
    *total_bytes = (uint64_t)raw.f_blocks * (uint64_t)raw.f_bsize;
    return 0;
}

int64_t tandem_peer_uid(int descriptor) {
    struct ucred peer;
    socklen_t size = sizeof peer;
    if (getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0)
        return -1;
    return (int64_t)peer.uid;
}

int tandem_accept(int listener) { return accept4(listener, NULL, NULL, SOCK_CLOEXEC); }

int tandem_eventfd(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

int tandem_pipe(int ends[2]) { return pipe2(ends, O_CLOEXEC); }

int tandem_network_changes(void) {
    int descriptor = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
    if (descriptor < 0)
        return -1;
    struct sockaddr_nl address;
    memset(&address, 0, sizeof address);
    address.nl_family = AF_NETLINK;
    address.nl_groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR;
    if (bind(descriptor, (struct sockaddr *)&address, sizeof address) != 0) {
        int saved = errno;
        close(descriptor);
        errno = saved;
        return -1;
    }
    return descriptor;
}
#else
int tandem_network_changes(void) {
    int descriptor = socket(PF_ROUTE, SOCK_RAW, 0);
    if (descriptor < 0)
        return -1;
    fcntl(descriptor, F_SETFD, FD_CLOEXEC);
    fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK);
    return descriptor;
}
#endif

short tandem_spawn_new_session(void) {
#ifdef POSIX_SPAWN_SETSID
    return POSIX_SPAWN_SETSID;
#else
    return 0;
#endif
}

int tandem_open_at(int directory, const char *name, int flags, mode_t mode) {
    return openat(directory, name, flags, mode);
}

int tandem_lock_file(int descriptor) { return flock(descriptor, LOCK_EX | LOCK_NB); }

int tandem_share_file(int descriptor) { return flock(descriptor, LOCK_SH | LOCK_NB); }

int tandem_unlock_file(int descriptor) { return flock(descriptor, LOCK_UN); }

void tandem_harden_process(void) {
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    signal(SIGIO, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
}

void tandem_name_thread(const char *name) {
    char kept[16];
    strncpy(kept, name, sizeof kept - 1);
    kept[sizeof kept - 1] = 0;
#ifdef __linux__
    pthread_setname_np(pthread_self(), kept);
#else
    pthread_setname_np(kept);
#endif
}

void tandem_give_back_memory(void) {
#ifdef __GLIBC__
    malloc_trim(0);
#endif
}

int tandem_start_thread(void *(*body)(void *), void *argument, size_t stack_size) {
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, stack_size);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_t thread;
    int code = pthread_create(&thread, &attributes, body, argument);
    pthread_attr_destroy(&attributes);
    return code;
}
