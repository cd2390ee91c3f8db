#ifndef CMICROHTTPD_SHIM_H
#define CMICROHTTPD_SHIM_H

// libmicrohttpd's variadic functions, which Swift does not import, as plain ones; and its logger's va_list as a string.

#include <microhttpd.h>
#include <stdarg.h>
#include <stdio.h>

/// Where the library's messages go. Must outlive the daemon.
struct CMicroHTTPD_Log {
    void (*write)(void *context, const char *message);
    void *context;
};

/// Everything a daemon is started with. Strings may be NULL where `tls` is 0.
struct CMicroHTTPD_Configuration {
    void *context;
    struct CMicroHTTPD_Log *log;
    MHD_AccessHandlerCallback handler;
    void *(*requestBegan)(void *context, const char *uri, struct MHD_Connection *connection);
    MHD_RequestCompletedCallback requestCompleted;
    MHD_NotifyConnectionCallback connectionChanged;
    unsigned int connectionLimit;
    unsigned int inactivitySeconds;
    size_t connectionMemoryBytes;
    int tls;
    const char *certificate;
    const char *privateKey;
};

static inline void CMicroHTTPD_formatLog(void *log, const char *format, va_list arguments) {
    struct CMicroHTTPD_Log *target = (struct CMicroHTTPD_Log *)log;
    char message[512];
    vsnprintf(message, sizeof message, format, arguments);
    target->write(target->context, message);
}

/// Starts a daemon without a thread and without a listening socket: the caller polls, accepts and runs it.
static inline struct MHD_Daemon *CMicroHTTPD_start(const struct CMicroHTTPD_Configuration *configuration) {
    unsigned int flags = MHD_USE_EPOLL | MHD_USE_NO_LISTEN_SOCKET | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
    struct MHD_OptionItem identity[] = {
        {configuration->tls ? MHD_OPTION_HTTPS_MEM_CERT : MHD_OPTION_END, 0, (void *)configuration->certificate},
        {MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)configuration->privateKey},
        {MHD_OPTION_END, 0, NULL},
    };
    if (configuration->tls) {
        flags |= MHD_USE_TLS;
    }
    return MHD_start_daemon(
        flags, 0, NULL, NULL, configuration->handler, configuration->context,
        // First, so that it hears about the options after it.
        MHD_OPTION_EXTERNAL_LOGGER, &CMicroHTTPD_formatLog, configuration->log,
        MHD_OPTION_URI_LOG_CALLBACK, configuration->requestBegan, configuration->context,
        MHD_OPTION_NOTIFY_COMPLETED, configuration->requestCompleted, configuration->context,
        MHD_OPTION_NOTIFY_CONNECTION, configuration->connectionChanged, configuration->context,
        MHD_OPTION_CONNECTION_LIMIT, configuration->connectionLimit,
        MHD_OPTION_CONNECTION_TIMEOUT, configuration->inactivitySeconds,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, configuration->connectionMemoryBytes,
        // Strictness 1 would look for Host and for spaces in the target, and answer the first with its head sent twice
        // (0.9.75 goes on after the error in parse_connection_headers) and the second not at all. We look ourselves.
        MHD_OPTION_STRICT_FOR_CLIENT, 0,
        MHD_OPTION_ARRAY, identity,
        MHD_OPTION_END);
}

/// The epoll descriptor to poll for reading; -1 if there is none.
static inline int CMicroHTTPD_epollDescriptor(struct MHD_Daemon *daemon) {
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD);
    return info == NULL ? -1 : info->epoll_fd;
}

/// What the connection's notification stored for the connection; NULL if nothing.
static inline void *CMicroHTTPD_socketContext(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info == NULL ? NULL : info->socket_context;
}

/// The connection's socket; -1 if there is none.
static inline int CMicroHTTPD_socket(struct MHD_Connection *connection) {
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    return info == NULL ? -1 : info->connect_fd;
}

#endif
