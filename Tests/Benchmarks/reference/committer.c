#define _GNU_SOURCE
#include "reference.h"

#include <CLinux.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

// How long a batch may wait for company, and the longest pause that is waited out: what did best (performance of a lone
// sender unharmed, throughput of many highest).
enum { gatherMicroseconds = 1000, pauseMicroseconds = 100 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t arrived;
static struct delivery *first, **last = &first;
static size_t waiting;

static int segment = -1;
static uint64_t nextID = 1;
static off_t end;
static struct loop *allLoops;
static int allLoopsCount;

// Requests that are stored, by key; open addressing, an id of 0 is an empty place.
struct place {
    uint64_t key[2];
    uint64_t id;
};
static struct place *places;
static size_t placeCount = 1 << 14, placesTaken;

static struct place *find(struct place *table, size_t count, const uint64_t key[2]) {
    size_t at = key[0] & (count - 1);
    while (table[at].id != 0 && (table[at].key[0] != key[0] || table[at].key[1] != key[1])) at = (at + 1) & (count - 1);
    return &table[at];
}

static void grow(void) {
    struct place *larger = calloc(placeCount * 2, sizeof *larger);
    if (larger == NULL) fail("calloc");
    for (size_t at = 0; at < placeCount; at++) {
        if (places[at].id != 0) *find(larger, placeCount * 2, places[at].key) = places[at];
    }
    free(places);
    places = larger;
    placeCount *= 2;
}

void committerSubmit(struct delivery *delivery) {
    delivery->next = NULL;
    pthread_mutex_lock(&lock);
    *last = delivery;
    last = &delivery->next;
    bool isFirst = waiting++ == 0;
    pthread_mutex_unlock(&lock);
    if (isFirst) pthread_cond_signal(&arrived);
}

static int64_t microseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

// Waits as long as more keep coming, if the batch before had company.
static struct delivery *take(size_t *batchCount) {
    pthread_mutex_lock(&lock);
    while (waiting == 0) pthread_cond_wait(&arrived, &lock);
    if (*batchCount > 1) {
        int64_t began = microseconds();
        size_t seen = waiting;
        while (microseconds() - began < gatherMicroseconds) {
            pthread_mutex_unlock(&lock);
            struct timespec pause = {0, pauseMicroseconds * 1000};
            nanosleep(&pause, NULL);
            pthread_mutex_lock(&lock);
            if (waiting == seen) break;
            seen = waiting;
        }
    }
    struct delivery *batch = first;
    first = NULL;
    last = &first;
    *batchCount = waiting;
    waiting = 0;
    pthread_mutex_unlock(&lock);
    return batch;
}

static size_t encode(struct delivery *batch, char **buffer, size_t *capacity) {
    size_t needed = 0, count = 0;
    for (struct delivery *one = batch; one != NULL; one = one->next) needed += one->lineCount + 96;
    if (needed > *capacity) {
        *buffer = realloc(*buffer, needed);
        *capacity = needed;
        if (*buffer == NULL) fail("realloc");
    }
    for (struct delivery *one = batch; one != NULL; one = one->next) {
        if (placesTaken * 2 >= placeCount) grow();
        struct place *place = find(places, placeCount, one->key);
        one->isDuplicate = place->id != 0;
        if (!one->isDuplicate) {
            *place = (struct place){{one->key[0], one->key[1]}, nextID++};
            placesTaken++;
        }
        one->id = place->id;
        if (one->isDuplicate) continue;
        char *line = *buffer + count, *to = line;
        to += sprintf(to, "{\"specversion\":\"1.0\",\"id\":\"%llu", (unsigned long long)one->id);
        memcpy(to, one->line, one->lineCount);
        to += one->lineCount;
        uint32_t checksum = CLinux_crc32c(0, line, (size_t)(to - line));
        to += sprintf(to, ",\"crc32c\":\"%08x\"}\n", checksum);
        count += (size_t)(to - line);
    }
    return count;
}

static void *run(void *unused) {
    (void)unused;
    char *buffer = NULL;
    size_t capacity = 0, batchCount = 0;
    while (true) {
        struct delivery *batch = take(&batchCount);
        size_t count = encode(batch, &buffer, &capacity);
        for (size_t done = 0; done < count;) {
            ssize_t written = pwrite(segment, buffer + done, count - done, end + (off_t)done);
            if (written < 0 && errno != EINTR) fail("pwrite");
            if (written > 0) done += (size_t)written;
        }
        if (count > 0 && fdatasync(segment) != 0) fail("fdatasync");
        end += (off_t)count;
        while (batch != NULL) {
            struct delivery *one = batch;
            batch = one->next;
            one->status = 200;
            one->loop->isOwed = true;
            // The delivery is the loop's again from here on.
            MHD_resume_connection(one->connection);
        }
        for (int index = 0; index < allLoopsCount; index++) {
            if (!allLoops[index].isOwed) continue;
            allLoops[index].isOwed = false;
            if (eventfd_write(allLoops[index].wakeUp, 1) != 0) fail("eventfd_write");
        }
    }
    return NULL;
}

void committerStart(const char *directory, struct loop *loops, int loopCount) {
    allLoops = loops;
    allLoopsCount = loopCount;
    places = calloc(placeCount, sizeof *places);
    char path[4096];
    snprintf(path, sizeof path, "%s/00000000000000000001.jsonl", directory);
    segment = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    int folder = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (places == NULL || segment < 0 || folder < 0 || fsync(segment) != 0 || fsync(folder) != 0) fail(path);
    close(folder);
    pthread_t thread;
    if (pthread_cond_init(&arrived, NULL) != 0 || pthread_create(&thread, NULL, run, NULL) != 0) fail("pthread");
}
