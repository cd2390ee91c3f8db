#define _GNU_SOURCE
#include "reference.h"

#include <arpa/inet.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum { loopCount = 2 };

_Noreturn void fail(const char *what) {
    perror(what);
    exit(1);
}

static enum MHD_Result answer(struct delivery *delivery) {
    char text[64];
    int count = 0;
    if (delivery->status == 200)
        count = sprintf(text, "{\"status\":\"%s\",\"id\":\"%llu\"}\n", delivery->isDuplicate ? "duplicate" : "stored",
                        (unsigned long long)delivery->id);
    struct MHD_Response *response = MHD_create_response_from_buffer((size_t)count, text, MHD_RESPMEM_MUST_COPY);
    if (response == NULL) return MHD_NO;
    MHD_add_response_header(response, "Content-Type", "application/json");
    enum MHD_Result result = MHD_queue_response(delivery->connection, (unsigned int)delivery->status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result handle(void *context, struct MHD_Connection *connection, const char *url, const char *method,
                              const char *version, const char *data, size_t *size, void **slot) {
    (void)version;
    struct delivery *delivery = *slot;
    if (delivery == NULL) {
        delivery = calloc(1, sizeof *delivery);
        if (delivery == NULL) return MHD_NO;
        *slot = delivery;
        delivery->connection = connection;
        delivery->loop = context;
        const char *length = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Content-Length");
        delivery->bodyCapacity = length == NULL ? 4096 : strtoull(length, NULL, 10);
        if (strcmp(method, "POST") != 0 || strncmp(url, "/fal", 4) != 0 || delivery->bodyCapacity > 8 << 20)
            return MHD_NO;
        delivery->body = malloc(delivery->bodyCapacity + 1);
        return delivery->body == NULL ? MHD_NO : MHD_YES;
    }
    if (*size > 0) {
        if (delivery->bodyCount + *size > delivery->bodyCapacity) return MHD_NO;
        memcpy(delivery->body + delivery->bodyCount, data, *size);
        delivery->bodyCount += *size;
        *size = 0;
        return MHD_YES;
    }
    if (delivery->isWaiting) return answer(delivery);
    delivery->status = verifyDelivery(delivery);
    if (delivery->status != 0) return answer(delivery);
    delivery->isWaiting = true;
    // First suspended, then handed over: the committer may resume it before this returns.
    MHD_suspend_connection(connection);
    committerSubmit(delivery);
    return MHD_YES;
}

static void completed(void *context, struct MHD_Connection *connection, void **slot,
                      enum MHD_RequestTerminationCode reason) {
    (void)context, (void)connection, (void)reason;
    struct delivery *delivery = *slot;
    if (delivery == NULL) return;
    free(delivery->body);
    free(delivery->line);
    free(delivery);
    *slot = NULL;
}

static void *serve(void *argument) {
    struct loop *loop = argument;
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(loop->daemon, MHD_DAEMON_INFO_EPOLL_FD);
    struct pollfd polled[2] = {{info->epoll_fd, POLLIN, 0}, {loop->wakeUp, POLLIN, 0}};
    while (true) {
        MHD_UNSIGNED_LONG_LONG timeout;
        int wait = 1000;
        if (MHD_get_timeout(loop->daemon, &timeout) == MHD_YES && timeout < 1000) wait = (int)timeout;
        if (poll(polled, 2, wait) > 0 && polled[1].revents != 0) {
            eventfd_t count;
            eventfd_read(loop->wakeUp, &count);
        }
        // The loop is ours, for with exactly 128 events at once the library's own sleeps with them in hand.
        MHD_run(loop->daemon);
    }
    return NULL;
}

static int listenOnLoopback(unsigned short *port) {
    int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int one = 1;
    if (descriptor < 0 || setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) != 0
        || bind(descriptor, (struct sockaddr *)&address, size) != 0 || listen(descriptor, 1024) != 0
        || getsockname(descriptor, (struct sockaddr *)&address, &size) != 0)
        fail("listen");
    *port = ntohs(address.sin_port);
    return descriptor;
}

static void end(int signal) {
    (void)signal;
    _exit(0);
}

int main(int count, char **arguments) {
    if (count != 3) {
        fprintf(stderr, "usage: falconer-reference DIRECTORY PUBLIC_KEY_HEX\n");
        return 64;
    }
    static struct loop loops[loopCount];
    unsigned short port;
    signal(SIGPIPE, SIG_IGN);
    // Every 200 is on disk; there is nothing to finish. Whoever starts this may have the signal blocked.
    signal(SIGTERM, end);
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigprocmask(SIG_UNBLOCK, &signals, NULL);
    verifierInit(arguments[2]);
    committerStart(arguments[1], loops, loopCount);
    int listener = listenOnLoopback(&port);
    for (int index = 0; index < loopCount; index++) {
        struct loop *loop = &loops[index];
        verifierInitLoop(loop);
        loop->wakeUp = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
        loop->daemon = MHD_start_daemon(
            MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, handle, loop, MHD_OPTION_LISTEN_SOCKET, listener,
            MHD_OPTION_NOTIFY_COMPLETED, completed, NULL, MHD_OPTION_CONNECTION_LIMIT, 1024u, MHD_OPTION_END);
        pthread_t thread;
        if (loop->wakeUp < 0 || loop->daemon == NULL || pthread_create(&thread, NULL, serve, loop) != 0) fail("loop");
    }
    printf("{\"url\":\"http://127.0.0.1:%u\"}\n", port);
    fflush(stdout);
    while (true) pause();
}
