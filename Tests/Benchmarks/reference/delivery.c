#include "reference.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static EVP_PKEY *publicKey;
static EVP_MD *sha256;

static int hexDigit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

static bool hexDecode(const char *text, unsigned char *bytes, size_t count) {
    for (size_t index = 0; index < count; index++) {
        int high = hexDigit(text[2 * index]);
        int low = high < 0 ? -1 : hexDigit(text[2 * index + 1]);
        if (low < 0) return false;
        bytes[index] = (unsigned char)(high << 4 | low);
    }
    return text[2 * count] == '\0';
}

static void hexEncode(const unsigned char *bytes, size_t count, char *text) {
    static const char digits[] = "0123456789abcdef";
    for (size_t index = 0; index < count; index++) {
        text[2 * index] = digits[bytes[index] >> 4];
        text[2 * index + 1] = digits[bytes[index] & 15];
    }
}

void verifierInit(const char *publicKeyHex) {
    unsigned char raw[32];
    if (!hexDecode(publicKeyHex, raw, sizeof raw)) fail("the public key is not 64 hex digits");
    publicKey = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, raw, sizeof raw);
    sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    if (publicKey == NULL || sha256 == NULL) fail("OpenSSL");
}

void verifierInitLoop(struct loop *loop) {
    loop->verification = EVP_MD_CTX_new();
    loop->digest = EVP_MD_CTX_new();
    if (loop->verification == NULL || loop->digest == NULL) fail("EVP_MD_CTX_new");
    if (EVP_DigestVerifyInit(loop->verification, NULL, NULL, NULL, publicKey) != 1) fail("EVP_DigestVerifyInit");
}

static bool digest(struct loop *loop, const void *bytes, size_t count, unsigned char *result) {
    return EVP_DigestInit_ex2(loop->digest, sha256, NULL) == 1 && EVP_DigestUpdate(loop->digest, bytes, count) == 1
        && EVP_DigestFinal_ex(loop->digest, result, NULL) == 1;
}

// A JSON object at the top, well nested, on one line; where the values of two of its members are.
struct members {
    const char *requestID, *status;
    size_t requestIDCount, statusCount;
};

static bool isNamed(const char *name, size_t count, const char *wanted) {
    return count == strlen(wanted) && memcmp(name, wanted, count) == 0;
}

static bool scanBody(const char *text, size_t count, struct members *found) {
    char open[128];
    size_t depth = 0;
    const char *name = NULL;
    size_t nameCount = 0;
    bool expectsName = false;
    for (size_t at = 0; at < count; at++) {
        char c = text[at];
        switch (c) {
        case '\n': case '\r': return false;
        case '{': case '[':
            if (depth == sizeof open) return false;
            open[depth++] = c == '{' ? '}' : ']';
            expectsName = c == '{';
            break;
        case '}': case ']':
            if (depth == 0 || open[--depth] != c) return false;
            break;
        case ',': expectsName = depth > 0 && open[depth - 1] == '}'; break;
        case ':': expectsName = false; break;
        case '"': {
            size_t start = ++at;
            while (at < count && text[at] != '"') at += text[at] == '\\' ? 2 : 1;
            if (at >= count) return false;
            if (depth != 1) break;
            if (expectsName) {
                name = text + start;
                nameCount = at - start;
            } else if (name != NULL && isNamed(name, nameCount, "request_id")) {
                found->requestID = text + start;
                found->requestIDCount = at - start;
            } else if (name != NULL && isNamed(name, nameCount, "status")) {
                found->status = text + start;
                found->statusCount = at - start;
            }
            break;
        }
        default: break;
        }
    }
    return depth == 0 && found->requestID != NULL && found->status != NULL;
}

static char *append(char *to, const char *bytes, size_t count) {
    memcpy(to, bytes, count);
    return to + count;
}

#define LITERAL(to, text) append(to, text, sizeof text - 1)

static void encodeLine(struct delivery *delivery, const char *request, const char *user, const char *timestamp,
                       const char *signature, bool isSuccess) {
    delivery->line = malloc(delivery->bodyCount + 1024);
    if (delivery->line == NULL) fail("malloc");
    char *to = delivery->line;
    struct timespec now;
    struct tm parts;
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &parts);
    to = LITERAL(to, "\",\"source\":\"urn:uuid:00000000-0000-4000-8000-000000000000\",\"type\":\"fal.request.");
    to = isSuccess ? LITERAL(to, "succeeded") : LITERAL(to, "failed");
    to += sprintf(to, "\",\"subject\":\"%s\",\"time\":\"%04d-%02d-%02dT%02d:%02d:%02d.%06ldZ\",\"origin\":\"webhook\"",
                  request, parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min,
                  parts.tm_sec, now.tv_nsec / 1000);
    to += sprintf(to, ",\"faluserid\":\"%s\",\"faltimestamp\":\"%s\",\"falsignature\":\"%s\",\"data\":", user, timestamp,
                  signature);
    to = append(to, delivery->body, delivery->bodyCount);
    delivery->lineCount = (size_t)(to - delivery->line);
}

int verifyDelivery(struct delivery *delivery) {
    struct MHD_Connection *connection = delivery->connection;
    const char *request = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "X-Fal-Webhook-Request-Id");
    const char *user = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "X-Fal-Webhook-User-Id");
    const char *timestamp = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "X-Fal-Webhook-Timestamp");
    const char *signature = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "X-Fal-Webhook-Signature");
    if (request == NULL || user == NULL || timestamp == NULL || signature == NULL) return 400;
    if (strlen(request) + strlen(user) + strlen(timestamp) > 400 || strpbrk(request, "\"\\") || strpbrk(user, "\"\\"))
        return 400;
    unsigned char signatureBytes[64], hash[32];
    if (!hexDecode(signature, signatureBytes, sizeof signatureBytes)) return 400;
    if (labs((long)(time(NULL) - strtoll(timestamp, NULL, 10))) > 300) return 401;
    if (!digest(delivery->loop, delivery->body, delivery->bodyCount, hash)) fail("SHA-256");
    char message[512];
    int count = sprintf(message, "%s\n%s\n%s\n", request, user, timestamp);
    hexEncode(hash, sizeof hash, message + count);
    if (EVP_DigestVerify(delivery->loop->verification, signatureBytes, sizeof signatureBytes,
                         (const unsigned char *)message, (size_t)count + 64) != 1)
        return 401;
    struct members found = {0};
    if (!scanBody(delivery->body, delivery->bodyCount, &found)) return 400;
    if (found.requestIDCount != strlen(request) || memcmp(found.requestID, request, found.requestIDCount) != 0) return 400;
    if (!digest(delivery->loop, request, strlen(request), hash)) fail("SHA-256");
    memcpy(delivery->key, hash, sizeof delivery->key);
    encodeLine(delivery, request, user, timestamp, signature, isNamed(found.status, found.statusCount, "OK"));
    return 0;
}
