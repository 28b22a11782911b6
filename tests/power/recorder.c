/* Records, in their order, what a process does to the files of one folder and what it tells others, and makes calls fail
 * on demand. Loaded before libc (LD_PRELOAD), so that SQLite's own calls are seen too. Read by tests/power/recording.py.
 *
 * What is not understood ends the process: a write that is not recorded would make the proof worthless. Linux only. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum { CREATE = 1, MAKE_DIRECTORY, LINK, UNLINK, RENAME, WRITE, TRUNCATE, SYNC_BEGINS, SYNCED, SYNC_FAILED, SENT };
enum { FAIL_WRITES = 1, FAIL_SYNCS = 2, FAIL_CREATES = 4 };

#define HEAD_BYTES 4096
#define MOST_FILES 65536
#define NAME_BYTES 256
#define MOST_SENT_BYTES 65536

/* The first page of the log, which the test writes to as well. */
struct control {
    uint64_t end;
    uint64_t capacity;
    uint32_t fail;
    int32_t error;
    uint64_t calls_before_failure;
    uint64_t failures;
    char suffix[64];
};

struct entry {
    uint32_t operation;
    int32_t descriptor;
    uint64_t inode;
    uint64_t first;
    uint64_t second;
    uint32_t name_length;
    uint32_t data_length;
};

struct file {
    uint64_t inode;
    char name[NAME_BYTES];
};

static struct control *control;
static char *log_start;
static const char *root;
static size_t root_length;
static struct file files[MOST_FILES];
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("DVSS_RECORDER_LOG");
    struct stat status;
    root = getenv("DVSS_RECORDER_ROOT");
    if (!path || !root)
        return;
    root_length = strlen(root);
    int descriptor = syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC);
    if (descriptor < 0 || fstat(descriptor, &status) < 0)
        abort();
    log_start = (char *)syscall(SYS_mmap, NULL, status.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    if (log_start == MAP_FAILED)
        abort();
    syscall(SYS_close, descriptor);
    control = (struct control *)log_start;
}

static void refuse(const char *call) {
    fprintf(stderr, "recorder: %s is not understood\n", call);
    abort();
}

static int is_inside(const char *path) {
    if (!control)
        return 0;
    return strncmp(path, root, root_length) == 0 && (path[root_length] == '/' || !path[root_length]);
}

static struct file *file_of(int descriptor) {
    if (!control || descriptor < 0 || descriptor >= MOST_FILES || !files[descriptor].inode)
        return NULL;
    return &files[descriptor];
}

static int is_elsewhere(int directory, const char *path) {
    if (control && path[0] != '/' && (directory == AT_FDCWD ? 0 : file_of(directory) != NULL))
        refuse("a path that is relative to a folder");
    return !is_inside(path);
}

static const char *last_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static uint64_t inode_of(const char *path) {
    struct stat status;
    return lstat(path, &status) < 0 ? 0 : status.st_ino;
}

static uint64_t parent_of(const char *path) {
    char parent[4096];
    snprintf(parent, sizeof parent, "%.*s", (int)(last_name(path) - path - 1), path);
    return inode_of(parent);
}

/* Its place in the log. Called with the lock held. */
static uint64_t note(uint32_t operation, int descriptor, uint64_t inode, uint64_t first, uint64_t second,
                     const char *name, uint32_t name_length, const struct iovec *parts, int count, uint32_t length) {
    uint64_t place = control->end;
    struct entry entry = {operation, descriptor, inode, first, second, name_length, length};
    if (place + sizeof entry + name_length + length > control->capacity)
        refuse("a log that is longer than its file");
    char *to = log_start + place;
    memcpy(to, &entry, sizeof entry);
    to += sizeof entry;
    memcpy(to, name, name_length);
    to += name_length;
    for (int part = 0; part < count && length; part++) {
        uint32_t taken = parts[part].iov_len < length ? parts[part].iov_len : length;
        memcpy(to, parts[part].iov_base, taken);
        to += taken;
        length -= taken;
    }
    __atomic_store_n(&control->end, (uint64_t)(to - log_start), __ATOMIC_RELEASE);
    return place;
}

static uint64_t note_names(uint32_t operation, uint64_t inode, uint64_t first, uint64_t second, const char *name) {
    return note(operation, -1, inode, first, second, name, strlen(name), NULL, 0, 0);
}

/* Called with the lock held. */
static int must_fail(uint32_t kind, const char *name) {
    if (!(control->fail & kind))
        return 0;
    size_t length = strlen(name), suffix = strlen(control->suffix);
    if (length < suffix || strcmp(name + length - suffix, control->suffix))
        return 0;
    if (control->calls_before_failure) {
        control->calls_before_failure--;
        return 0;
    }
    control->failures++;
    errno = control->error;
    return 1;
}

static int open_inside(const char *path, int flags, mode_t mode) {
    struct stat status;
    pthread_mutex_lock(&lock);
    int was_there = inode_of(path) != 0;
    int descriptor = -1;
    if ((flags & O_TMPFILE) == O_TMPFILE)
        refuse("O_TMPFILE");
    if (was_there || !(flags & O_CREAT) || !must_fail(FAIL_CREATES, path))
        descriptor = syscall(SYS_openat, AT_FDCWD, path, flags, mode);
    if (descriptor >= 0) {
        if (descriptor >= MOST_FILES || fstat(descriptor, &status) < 0)
            refuse("a file descriptor");
        if ((flags & O_CREAT) && !was_there)
            note_names(CREATE, status.st_ino, parent_of(path), 0, last_name(path));
        else if (flags & O_TRUNC)
            note_names(TRUNCATE, status.st_ino, 0, 0, "");
        files[descriptor].inode = status.st_ino;
        snprintf(files[descriptor].name, NAME_BYTES, "%s", last_name(path));
    }
    pthread_mutex_unlock(&lock);
    return descriptor;
}

static int open_any(int directory, const char *path, int flags, mode_t mode) {
    return is_elsewhere(directory, path) ? syscall(SYS_openat, directory, path, flags, mode)
                                         : open_inside(path, flags, mode);
}

#define MODE_OF(flags, mode)                                                                                           \
    mode_t mode = 0;                                                                                                   \
    if ((flags) & O_CREAT) {                                                                             \
        va_list rest;                                                                                                  \
        va_start(rest, flags);                                                                                         \
        mode = va_arg(rest, mode_t);                                                                                   \
        va_end(rest);                                                                                                  \
    }

int open(const char *path, int flags, ...) {
    MODE_OF(flags, mode)
    return open_any(AT_FDCWD, path, flags, mode);
}

int open64(const char *path, int flags, ...) {
    MODE_OF(flags, mode)
    return open_any(AT_FDCWD, path, flags | O_LARGEFILE, mode);
}

int openat(int directory, const char *path, int flags, ...) {
    MODE_OF(flags, mode)
    return open_any(directory, path, flags, mode);
}

int openat64(int directory, const char *path, int flags, ...) {
    MODE_OF(flags, mode)
    return open_any(directory, path, flags | O_LARGEFILE, mode);
}

int close(int descriptor) {
    if (file_of(descriptor))
        files[descriptor].inode = 0;
    return syscall(SYS_close, descriptor);
}

/* A write of any kind; `at` is -1 for one that moves the file's place. */
static ssize_t write_any(int descriptor, const struct iovec *parts, int count, off_t at) {
    struct file *file = file_of(descriptor);
    struct stat status;
    struct iovec some = {NULL, 512};
    size_t length = 0;
    ssize_t written = -1;
    for (int part = 0; part < count; part++)
        length += parts[part].iov_len;
    if (!file) {
        if (control && (descriptor == 1 || (fstat(descriptor, &status) == 0 && S_ISSOCK(status.st_mode)))) {
            pthread_mutex_lock(&lock);
            note(SENT, descriptor, 0, 0, 0, "", 0, parts, count, length < MOST_SENT_BYTES ? length : MOST_SENT_BYTES);
            pthread_mutex_unlock(&lock);
        }
        return at < 0 ? syscall(SYS_writev, descriptor, parts, count)
                      : syscall(SYS_pwritev, descriptor, parts, count, (long)at, 0L);
    }
    pthread_mutex_lock(&lock);
    if (must_fail(FAIL_WRITES, file->name)) {
        /* A disk that is full takes what fits: one sector of the first part. */
        if (errno != ENOSPC || count == 0 || parts[0].iov_len <= some.iov_len)
            goto end;
        some.iov_base = parts[0].iov_base;
        parts = &some;
        count = 1;
    }
    off_t offset = at;
    if (at < 0 && (fcntl(descriptor, F_GETFL) & O_APPEND) && fstat(descriptor, &status) == 0)
        offset = status.st_size;
    else if (at < 0)
        offset = lseek(descriptor, 0, SEEK_CUR);
    written = at < 0 ? syscall(SYS_writev, descriptor, parts, count)
                     : syscall(SYS_pwritev, descriptor, parts, count, (long)at, 0L);
    if (written > 0)
        note(WRITE, descriptor, file->inode, offset, 0, "", 0, parts, count, written);
end:
    pthread_mutex_unlock(&lock);
    return written;
}

ssize_t write(int descriptor, const void *from, size_t length) {
    struct iovec part = {(void *)from, length};
    return write_any(descriptor, &part, 1, -1);
}

ssize_t pwrite(int descriptor, const void *from, size_t length, off_t at) {
    struct iovec part = {(void *)from, length};
    return write_any(descriptor, &part, 1, at);
}

ssize_t pwrite64(int descriptor, const void *from, size_t length, off64_t at) {
    return pwrite(descriptor, from, length, at);
}

ssize_t writev(int descriptor, const struct iovec *parts, int count) { return write_any(descriptor, parts, count, -1); }

ssize_t send(int descriptor, const void *from, size_t length, int flags) {
    struct iovec part = {(void *)from, length};
    if (!control || flags & ~(MSG_NOSIGNAL | MSG_DONTWAIT))
        return syscall(SYS_sendto, descriptor, from, length, flags, NULL, 0);
    pthread_mutex_lock(&lock);
    note(SENT, descriptor, 0, 0, 0, "", 0, &part, 1, length < MOST_SENT_BYTES ? length : MOST_SENT_BYTES);
    pthread_mutex_unlock(&lock);
    return syscall(SYS_sendto, descriptor, from, length, flags, NULL, 0);
}

ssize_t sendmsg(int descriptor, const struct msghdr *message, int flags) {
    if (control) {
        size_t length = 0;
        for (size_t part = 0; part < message->msg_iovlen; part++)
            length += message->msg_iov[part].iov_len;
        pthread_mutex_lock(&lock);
        note(SENT, descriptor, 0, 0, 0, "", 0, message->msg_iov, message->msg_iovlen,
             length < MOST_SENT_BYTES ? length : MOST_SENT_BYTES);
        pthread_mutex_unlock(&lock);
    }
    return syscall(SYS_sendmsg, descriptor, message, flags);
}

int ftruncate(int descriptor, off_t size) {
    struct file *file = file_of(descriptor);
    if (!file)
        return syscall(SYS_ftruncate, descriptor, size);
    pthread_mutex_lock(&lock);
    int result = must_fail(FAIL_WRITES, file->name) ? -1 : syscall(SYS_ftruncate, descriptor, size);
    if (result == 0)
        note_names(TRUNCATE, file->inode, size, 0, "");
    pthread_mutex_unlock(&lock);
    return result;
}

int ftruncate64(int descriptor, off64_t size) { return ftruncate(descriptor, size); }

/* The lock is not held meanwhile: what is written during a sync may or may not be part of it. */
static int sync_any(long call, int descriptor) {
    struct file *file = file_of(descriptor);
    if (!file)
        return syscall(call, descriptor);
    pthread_mutex_lock(&lock);
    uint64_t inode = file->inode;
    uint64_t start = note_names(SYNC_BEGINS, inode, 0, 0, "");
    int fails = must_fail(FAIL_SYNCS, file->name);
    int error = errno;
    pthread_mutex_unlock(&lock);
    int result = fails ? -1 : syscall(call, descriptor);
    if (!fails)
        error = errno;
    pthread_mutex_lock(&lock);
    note_names(result == 0 ? SYNCED : SYNC_FAILED, inode, start, 0, "");
    pthread_mutex_unlock(&lock);
    errno = error;
    return result;
}

int fsync(int descriptor) { return sync_any(SYS_fsync, descriptor); }

int fdatasync(int descriptor) { return sync_any(SYS_fdatasync, descriptor); }

int mkdir(const char *path, mode_t mode) {
    if (is_elsewhere(AT_FDCWD, path))
        return syscall(SYS_mkdirat, AT_FDCWD, path, mode);
    pthread_mutex_lock(&lock);
    int result = must_fail(FAIL_CREATES, path) ? -1 : syscall(SYS_mkdirat, AT_FDCWD, path, mode);
    if (result == 0)
        note_names(MAKE_DIRECTORY, inode_of(path), parent_of(path), 0, last_name(path));
    pthread_mutex_unlock(&lock);
    return result;
}

static int unlink_any(int directory, const char *path, int flags) {
    if (is_elsewhere(directory, path))
        return syscall(SYS_unlinkat, directory, path, flags);
    pthread_mutex_lock(&lock);
    uint64_t inode = inode_of(path);
    int result = syscall(SYS_unlinkat, directory, path, flags);
    if (result == 0)
        note_names(UNLINK, inode, parent_of(path), 0, last_name(path));
    pthread_mutex_unlock(&lock);
    return result;
}

int unlink(const char *path) { return unlink_any(AT_FDCWD, path, 0); }

int unlinkat(int directory, const char *path, int flags) { return unlink_any(directory, path, flags); }

int rmdir(const char *path) { return unlink_any(AT_FDCWD, path, AT_REMOVEDIR); }

static int link_any(int from_directory, const char *from, int to_directory, const char *to, int flags) {
    if (is_elsewhere(from_directory, from) & is_elsewhere(to_directory, to))
        return syscall(SYS_linkat, from_directory, from, to_directory, to, flags);
    pthread_mutex_lock(&lock);
    int result = must_fail(FAIL_CREATES, to) ? -1 : syscall(SYS_linkat, from_directory, from, to_directory, to, flags);
    if (result == 0)
        note_names(LINK, inode_of(to), parent_of(to), 0, last_name(to));
    pthread_mutex_unlock(&lock);
    return result;
}

int link(const char *from, const char *to) { return link_any(AT_FDCWD, from, AT_FDCWD, to, 0); }

int linkat(int from_directory, const char *from, int to_directory, const char *to, int flags) {
    return link_any(from_directory, from, to_directory, to, flags);
}

static int rename_any(int from_directory, const char *from, int to_directory, const char *to, unsigned flags) {
    char names[2 * NAME_BYTES];
    if (is_elsewhere(from_directory, from) & is_elsewhere(to_directory, to))
        return syscall(SYS_renameat2, from_directory, from, to_directory, to, flags);
    if (flags)
        refuse("renameat2 with flags");
    pthread_mutex_lock(&lock);
    int result = syscall(SYS_renameat2, from_directory, from, to_directory, to, 0);
    if (result == 0) {
        snprintf(names, sizeof names, "%s/%s", last_name(from), last_name(to));
        note_names(RENAME, inode_of(to), parent_of(from), parent_of(to), names);
    }
    pthread_mutex_unlock(&lock);
    return result;
}

int rename(const char *from, const char *to) { return rename_any(AT_FDCWD, from, AT_FDCWD, to, 0); }

int renameat(int from_directory, const char *from, int to_directory, const char *to) {
    return rename_any(from_directory, from, to_directory, to, 0);
}

int renameat2(int from_directory, const char *from, int to_directory, const char *to, unsigned flags) {
    return rename_any(from_directory, from, to_directory, to, flags);
}

/* SQLite maps its `-shm` alone, which is made anew after a power loss. */
void *mmap(void *address, size_t length, int protection, int flags, int descriptor, off_t offset) {
    struct file *file = flags & MAP_ANONYMOUS ? NULL : file_of(descriptor);
    if (file && flags & MAP_SHARED && protection & PROT_WRITE) {
        size_t end = strlen(file->name);
        if (end < 4 || strcmp(file->name + end - 4, "-shm"))
            refuse("a file that is written through memory");
    }
    return (void *)syscall(SYS_mmap, address, length, protection, flags, descriptor, offset);
}

void *mmap64(void *address, size_t length, int protection, int flags, int descriptor, off64_t offset) {
    return mmap(address, length, protection, flags, descriptor, offset);
}

ssize_t pwritev(int descriptor, const struct iovec *parts, int count, off_t at) {
    return write_any(descriptor, parts, count, at);
}

ssize_t pwritev64(int descriptor, const struct iovec *parts, int count, off64_t at) {
    return write_any(descriptor, parts, count, at);
}

int fallocate(int descriptor, int mode, off_t offset, off_t length) {
    if (file_of(descriptor))
        refuse("fallocate");
    return syscall(SYS_fallocate, descriptor, mode, offset, length);
}

int fallocate64(int descriptor, int mode, off64_t offset, off64_t length) {
    return fallocate(descriptor, mode, offset, length);
}

int posix_fallocate(int descriptor, off_t offset, off_t length) {
    return fallocate(descriptor, 0, offset, length) < 0 ? errno : 0;
}

int posix_fallocate64(int descriptor, off64_t offset, off64_t length) {
    return posix_fallocate(descriptor, offset, length);
}

int truncate(const char *path, off_t size) {
    if (is_inside(path))
        refuse("truncate");
    return syscall(SYS_truncate, path, size);
}

int truncate64(const char *path, off64_t size) { return truncate(path, size); }

int dup(int descriptor) {
    if (file_of(descriptor))
        refuse("dup");
    return syscall(SYS_dup, descriptor);
}
