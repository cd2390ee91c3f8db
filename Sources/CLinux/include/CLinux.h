#ifndef CLINUX_H
#define CLINUX_H

// What the Glibc overlay lacks. Each forward has its reason beside it.

#include <spawn.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/un.h>
#include <sys/vfs.h>

/// accept4 is a GNU extension that the overlay does not show; without it a descriptor can leak into a child
/// between accept and fcntl (accept(2)).
int CLinux_accept4(int descriptor, struct sockaddr *address, socklen_t *length, int flags);

/// pipe2 is a GNU extension that the overlay does not show; without it another thread's child can inherit an end and
/// keep the pipe open (pipe(2)).
int CLinux_pipe2(int ends[2], int flags);

/// memfd_create is a GNU extension that the overlay does not show: a file in memory, closed on exec (memfd_create(2)).
int CLinux_memoryFile(const char *name);

/// pidfd_open has no wrapper that the overlay shows: a descriptor that is readable once a process has ended, closed on
/// exec (pidfd_open(2)).
int CLinux_openProcess(int process);

/// posix_spawn_file_actions_addclosefrom_np is a GNU extension that the overlay does not show: the child closes every
/// descriptor from that number on, also one that a library opened without O_CLOEXEC
/// (https://www.gnu.org/software/libc/manual/html_node/Process-Creation-Concepts.html).
int CLinux_closeFrom(posix_spawn_file_actions_t *actions, int first);

/// The credentials of a Unix socket's peer, as of its connect (unix(7), SO_PEERCRED). `struct ucred` is GNU only.
struct CLinux_PeerCredentials {
    int32_t process;
    uint32_t user;
    uint32_t group;
};
int CLinux_peerCredentials(int descriptor, struct CLinux_PeerCredentials *credentials);

/// The socket flags are enum constants, which the importer does not turn into Int32.
extern const int CLinux_SOCK_NONBLOCK;
extern const int CLinux_SOCK_CLOEXEC;

/// CRC-32C (Castagnoli) of `count` bytes, continuing from `crc` (0 to begin). Uses the SSE4.2 instruction where the
/// processor has it, a table otherwise; Swift has no intrinsic for it.
uint32_t CLinux_crc32c(uint32_t crc, const void *bytes, size_t count);
/// The table-driven form alone, so that a test can compare the two.
uint32_t CLinux_crc32cTable(uint32_t crc, const void *bytes, size_t count);

/// Names the calling thread; at most 15 bytes are kept (pthread_setname_np(3)).
void CLinux_nameThread(const char *name);

#endif
