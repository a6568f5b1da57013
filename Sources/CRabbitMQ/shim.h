#pragma once
#include <sys/time.h>
#include <sys/eventfd.h>
#include <dlfcn.h>
#include <string.h>
#include <amqp.h>
#include <amqp_tcp_socket.h>
#include <amqp_ssl_socket.h>
#include <amqp_framing.h>

// What Swift cannot import by itself: a variadic function, macros with casts, unions.

// Logs in and says that this client understands connection.blocked. A heartbeat of 0 would turn it off.
static inline amqp_rpc_reply_t crabbitmq_login(amqp_connection_state_t state, const char *vhost, int heartbeat,
                                               const char *name, const char *user, const char *password) {
    amqp_table_entry_t capabilities[4];
    const char *names[4] = {"connection.blocked", "consumer_cancel_notify", "basic.nack", "publisher_confirms"};
    for (int i = 0; i < 4; i++) {
        capabilities[i].key = amqp_cstring_bytes(names[i]);
        capabilities[i].value.kind = AMQP_FIELD_KIND_BOOLEAN;
        capabilities[i].value.value.boolean = 1;
    }
    amqp_table_entry_t properties[2];
    properties[0].key = amqp_cstring_bytes("capabilities");
    properties[0].value.kind = AMQP_FIELD_KIND_TABLE;
    properties[0].value.value.table.num_entries = 4;
    properties[0].value.value.table.entries = capabilities;
    properties[1].key = amqp_cstring_bytes("connection_name");
    properties[1].value.kind = AMQP_FIELD_KIND_UTF8;
    properties[1].value.value.bytes = amqp_cstring_bytes(name);
    amqp_table_t table = {2, properties};
    return amqp_login_with_properties(state, vhost, 0, AMQP_DEFAULT_FRAME_SIZE, heartbeat, &table,
                                      AMQP_SASL_METHOD_PLAIN, user, password);
}

// Makes OpenSSL check the peer's certificate against a name or an address, on the socket's SSL_CTX. The library's own
// check knows DNS names only, and certificates of this product carry addresses. Returns 1 when it is set.
// OpenSSL is the one that librabbitmq has loaded; naming it here would make its headers a build dependency.
static inline int crabbitmq_verify_peer_name(amqp_socket_t *socket, const char *host) {
    void *library = dlopen("libssl.so.3", RTLD_NOW | RTLD_NOLOAD);
    if (!library) return 0;
    void *(*get_parameters)(void *) = (void *(*)(void *))dlsym(library, "SSL_CTX_get0_param");
    int (*set_address)(void *, const char *) = (int (*)(void *, const char *))dlsym(library, "X509_VERIFY_PARAM_set1_ip_asc");
    int (*set_name)(void *, const char *, size_t) =
        (int (*)(void *, const char *, size_t))dlsym(library, "X509_VERIFY_PARAM_set1_host");
    int result = 0;
    if (get_parameters && set_address && set_name) {
        void *parameters = get_parameters(amqp_ssl_socket_get_context(socket));
        result = set_address(parameters, host) == 1 || set_name(parameters, host, strlen(host)) == 1;
    }
    dlclose(library);
    return result;
}

static inline int crabbitmq_frame_is_method(const amqp_frame_t *frame) { return frame->frame_type == AMQP_FRAME_METHOD; }
static inline int crabbitmq_frame_is_header(const amqp_frame_t *frame) { return frame->frame_type == AMQP_FRAME_HEADER; }
static inline int crabbitmq_frame_is_body(const amqp_frame_t *frame) { return frame->frame_type == AMQP_FRAME_BODY; }

static const uint32_t CRABBITMQ_CONNECTION_CLOSE = AMQP_CONNECTION_CLOSE_METHOD;
static const uint32_t CRABBITMQ_CONNECTION_CLOSE_OK = AMQP_CONNECTION_CLOSE_OK_METHOD;
static const uint32_t CRABBITMQ_CONNECTION_BLOCKED = AMQP_CONNECTION_BLOCKED_METHOD;
static const uint32_t CRABBITMQ_CONNECTION_UNBLOCKED = AMQP_CONNECTION_UNBLOCKED_METHOD;
static const uint32_t CRABBITMQ_CHANNEL_CLOSE = AMQP_CHANNEL_CLOSE_METHOD;
static const uint32_t CRABBITMQ_CHANNEL_CLOSE_OK = AMQP_CHANNEL_CLOSE_OK_METHOD;
static const uint32_t CRABBITMQ_BASIC_DELIVER = AMQP_BASIC_DELIVER_METHOD;
static const uint32_t CRABBITMQ_BASIC_RETURN = AMQP_BASIC_RETURN_METHOD;
static const uint32_t CRABBITMQ_BASIC_ACK = AMQP_BASIC_ACK_METHOD;
static const uint32_t CRABBITMQ_BASIC_NACK = AMQP_BASIC_NACK_METHOD;
static const uint32_t CRABBITMQ_BASIC_CANCEL = AMQP_BASIC_CANCEL_METHOD;
