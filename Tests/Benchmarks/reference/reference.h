// The least that a receiver of deliveries can do in C on libmicrohttpd and OpenSSL and still keep the promise: verify,
// recognise what came before, append, synchronize, answer 200. It is the ceiling that `falconer bench receive` holds the
// service against, and nothing else: it has no limits, no recovery, no readers.
#ifndef REFERENCE_H
#define REFERENCE_H

#include <microhttpd.h>
#include <openssl/evp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// One request, from its head to its answer.
struct delivery {
    struct MHD_Connection *connection;
    struct loop *loop;
    char *body;
    size_t bodyCount, bodyCapacity;
    bool isWaiting;
    /// The line from behind the id to the end of the data; encoded in the loop's thread.
    char *line;
    size_t lineCount;
    /// What the request is recognised by: the first 16 bytes of the SHA-256 of its id.
    uint64_t key[2];
    /// What came of it.
    int status;
    uint64_t id;
    bool isDuplicate;
    struct delivery *next;
};

/// A thread with a daemon of its own.
struct loop {
    struct MHD_Daemon *daemon;
    int wakeUp;
    EVP_MD_CTX *verification;
    EVP_MD_CTX *digest;
    /// Whether the committer has to wake it after the present batch.
    bool isOwed;
};

/// Verifies a whole delivery and encodes its line; the status to answer at once, or 0 to have it stored.
int verifyDelivery(struct delivery *delivery);

/// What is needed to verify: the key, and who made the journal.
void verifierInit(const char *publicKeyHex);
/// A thread's own OpenSSL objects.
void verifierInitLoop(struct loop *loop);

/// Opens the segment and starts the thread that writes it.
void committerStart(const char *directory, struct loop *loops, int loopCount);
/// Hands a delivery over; it must be suspended already.
void committerSubmit(struct delivery *delivery);

_Noreturn void fail(const char *what);

#endif
