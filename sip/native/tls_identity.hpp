/* Whether the far end of a TLS connection of ours is who it was called as.
 *
 * PJSIP compares the names of a certificate letter for letter (RFC 5922 §7.2), and where it
 * verifies it ends the connection by itself. Where wildcards are to be taken it is told not
 * to verify, and what it has found is judged here instead: when the handshake is over, and
 * before anything is sent, since PJSIP holds requests back until the callback returns.
 */
#ifndef OUTRING_TLS_IDENTITY_HPP
#define OUTRING_TLS_IDENTITY_HPP

#include <pjsip/sip_transport_tls.h>
#include <pjsua-lib/pjsua.h>
#include <pjsua-lib/pjsua_internal.h>

#include "event_queue.hpp"

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <string>

namespace outring {

/* The callback that stood there before ours: that of pjsua2. */
inline pjsip_tp_state_callback &next_transport_state()
{
    static pjsip_tp_state_callback callback = NULL;
    return callback;
}

/* The host that was called; empty for an address, which has no name to show (RFC 6066 §3). */
inline std::string called_host(const pj_ssl_sock_info &info)
{
    const SSL *ssl = static_cast<const SSL *>(info.native_ssl);
    const char *host = ssl ? SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name) : NULL;
    return host ? host : "";
}

/* Whether the certificate names that host, a "*" being its whole leftmost label (RFC 6125
 * §6.4.3). */
inline bool is_named_by_wildcard(const pj_ssl_sock_info &info)
{
    std::string host = called_host(info);
    X509 *certificate =
        host.empty() ? NULL : SSL_get_peer_certificate(static_cast<SSL *>(info.native_ssl));
    bool matches = certificate && X509_check_host(certificate, host.c_str(), host.size(),
                                                  X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS,
                                                  NULL) == 1;
    X509_free(certificate);
    return matches;
}

inline bool is_trusted(const pj_ssl_sock_info &info)
{
    if (info.verify_status == PJ_SSL_CERT_EIDENTITY_NOT_MATCH)
        return is_named_by_wildcard(info);
    return info.verify_status == PJ_SSL_CERT_ESUCCESS;
}

/* PJSIP's sentences for what is wrong with a certificate. */
inline std::string complaints(pj_uint32_t verify_status)
{
    const char *sentences[8];
    unsigned count = PJ_ARRAY_SIZE(sentences);
    if (pj_ssl_cert_get_verify_status_strings(verify_status, sentences, &count) != PJ_SUCCESS)
        return "not verified";
    std::string joined;
    for (unsigned i = 0; i < count; ++i)
        joined += (i ? "; " : "") + std::string(sentences[i]);
    return joined;
}

/* Drop a connection over which nothing was sent yet; what waits for it fails. */
inline void refuse(pjsip_transport *transport, const pj_ssl_sock_info *info)
{
    char peer[PJ_INET6_ADDRSTRLEN + 10];
    pj_sockaddr_print(&transport->key.rem_addr, peer, sizeof(peer), 3);
    push(NativeEvent{UNTRUSTED, 0, info ? called_host(*info) : "", 0, 0,
                info ? complaints(info->verify_status) : "not verified", peer});
    pjsip_transport_shutdown(transport);
}

inline void on_tls_state(pjsip_transport *transport, pjsip_transport_state state,
                         const pjsip_transport_state_info *info)
{
    if (next_transport_state())
        next_transport_state()(transport, state, info);
    const bool is_ours = transport->dir == PJSIP_TP_DIR_OUTGOING &&
                         pjsip_transport_get_flag_from_type(static_cast<pjsip_transport_type_e>(
                             transport->key.type)) & PJSIP_TRANSPORT_SECURE;
    if (state != PJSIP_TP_STATE_CONNECTED || !is_ours)
        return;
    const pjsip_tls_state_info *tls =
        info ? static_cast<const pjsip_tls_state_info *>(info->ext_info) : NULL;
    const pj_ssl_sock_info *found = tls ? tls->ssl_sock_info : NULL;
    if (!found || !is_trusted(*found))
        refuse(transport, found);
}

} // namespace outring

/* Take no server for who it is not, but let wildcards stand for names. For listeners that
 * do not verify by themselves; after libInit. */
inline void outring_verify_with_wildcards()
{
    pjsua_callback &callbacks = pjsua_var.ua_cfg.cb;
    if (callbacks.on_transport_state != &outring::on_tls_state)
        outring::next_transport_state() = callbacks.on_transport_state;
    callbacks.on_transport_state = &outring::on_tls_state;
}

#endif
