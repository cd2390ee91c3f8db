#define _GNU_SOURCE
#include "CLinux.h"

#include <pthread.h>
#include <spawn.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

const int CLinux_SOCK_NONBLOCK = SOCK_NONBLOCK;
const int CLinux_SOCK_CLOEXEC = SOCK_CLOEXEC;

int CLinux_accept4(int descriptor, struct sockaddr *address, socklen_t *length, int flags) {
    return accept4(descriptor, address, length, flags);
}

int CLinux_memoryFile(const char *name) {
    return memfd_create(name, MFD_CLOEXEC);
}

int CLinux_openProcess(int process) {
    return (int)syscall(SYS_pidfd_open, process, 0);
}

int CLinux_closeFrom(posix_spawn_file_actions_t *actions, int first) {
    return posix_spawn_file_actions_addclosefrom_np(actions, first);
}

int CLinux_pipe2(int ends[2], int flags) {
    return pipe2(ends, flags);
}

int CLinux_peerCredentials(int descriptor, struct CLinux_PeerCredentials *credentials) {
    struct ucred peer;
    socklen_t length = sizeof peer;
    if (getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0) {
        return -1;
    }
    credentials->process = peer.pid;
    credentials->user = peer.uid;
    credentials->group = peer.gid;
    return 0;
}

void CLinux_nameThread(const char *name) {
    char cut[16];
    strncpy(cut, name, sizeof cut - 1);
    cut[sizeof cut - 1] = '\0';
    pthread_setname_np(pthread_self(), cut);
}

// The reflected Castagnoli polynomial (RFC 3720, appendix B.4).
#define CRC32C_POLYNOMIAL 0x82F63B78u

static uint32_t crc32cTable[256];
static pthread_once_t crc32cTableOnce = PTHREAD_ONCE_INIT;

static void makeCRC32CTable(void) {
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t value = byte;
        for (int bit = 0; bit < 8; bit++) {
            value = (value >> 1) ^ ((value & 1) ? CRC32C_POLYNOMIAL : 0);
        }
        crc32cTable[byte] = value;
    }
}

uint32_t CLinux_crc32cTable(uint32_t crc, const void *bytes, size_t count) {
    pthread_once(&crc32cTableOnce, makeCRC32CTable);
    const uint8_t *next = bytes;
    crc = ~crc;
    while (count-- > 0) {
        crc = (crc >> 8) ^ crc32cTable[(crc ^ *next++) & 0xFF];
    }
    return ~crc;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2")))
static uint32_t crc32cHardware(uint32_t crc, const uint8_t *next, size_t count) {
    uint64_t wide = ~crc;
    while (count >= 8) {
        uint64_t word;
        memcpy(&word, next, 8);
        wide = _mm_crc32_u64(wide, word);
        next += 8;
        count -= 8;
    }
    uint32_t narrow = (uint32_t)wide;
    while (count-- > 0) {
        narrow = _mm_crc32_u8(narrow, *next++);
    }
    return ~narrow;
}
#endif

uint32_t CLinux_crc32c(uint32_t crc, const void *bytes, size_t count) {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("sse4.2")) {
        return crc32cHardware(crc, bytes, count);
    }
#endif
    return CLinux_crc32cTable(crc, bytes, count);
}
