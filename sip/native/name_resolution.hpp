/* The resolver that PJSIP asks: names are resolved outside, so that DNS never stops SIP, and
 * a request goes to the addresses that were chosen for it (TargetAddresses).
 */
#ifndef OUTRING_NAME_RESOLUTION_HPP
#define OUTRING_NAME_RESOLUTION_HPP

#include <pjsua-lib/pjsua.h>
#include <pjsua-lib/pjsua_internal.h>
#include <pjsua2.hpp>

#include "event_queue.hpp"
#include "native_state.hpp"
#include "sent_invites.hpp"

#include <cstring>
#include <string>
#include <vector>

namespace outring {

inline pjsip_transport_type_e transport_of(const pjsip_host_info *target)
{
    if (target->type != PJSIP_TRANSPORT_UNSPECIFIED)
        return target->type;
    return target->flag & PJSIP_TRANSPORT_SECURE     ? PJSIP_TRANSPORT_TLS
           : target->flag & PJSIP_TRANSPORT_RELIABLE ? PJSIP_TRANSPORT_TCP
                                                     : PJSIP_TRANSPORT_UDP;
}

inline pjsip_transport_type_e with_family(pjsip_transport_type_e type, int family)
{
    int base = type & ~PJSIP_TRANSPORT_IPV6;
    return static_cast<pjsip_transport_type_e>(
        family == pj_AF_INET6() ? base | PJSIP_TRANSPORT_IPV6 : base);
}

inline bool add_address(pjsip_server_addresses &found, const pj_sockaddr &address,
                        pjsip_transport_type_e type)
{
    if (found.count >= PJSIP_MAX_RESOLVED_ADDRESSES)
        return false;
    pjsip_server_address_record &entry = found.entry[found.count++];
    std::memset(&entry, 0, sizeof(entry));
    entry.type = type;
    entry.addr = address;
    entry.addr_len = pj_sockaddr_get_len(&address);
    return true;
}

/* Whether the host of *target* is an address already. */
inline bool add_numeric(pjsip_server_addresses &found, const pjsip_host_info *target)
{
    const pj_str_t &host = target->addr.host;
    int family = pj_strchr(&host, ':') ? pj_AF_INET6() : pj_AF_INET();
    unsigned char binary[16];
    if (pj_inet_pton(family, &host, binary) != PJ_SUCCESS)
        return false;
    pjsip_transport_type_e type = with_family(transport_of(target), family);
    int port = target->addr.port;
    if (!port)
        port = pjsip_transport_get_default_port_for_type(type);
    pj_sockaddr address;
    return pj_sockaddr_init(family, &address, &host, static_cast<pj_uint16_t>(port)) ==
               PJ_SUCCESS &&
           add_address(found, address, type);
}

/* Those of *addresses* that the transport of *type* can reach: others would only fail. */
inline void add_all(pjsip_server_addresses &found, const Addresses &addresses,
                    pjsip_transport_type_e type)
{
    for (size_t i = 0; i < addresses.size(); ++i) {
        pj_str_t text;
        pj_strset(&text, const_cast<char *>(addresses[i].data()), addresses[i].size());
        pj_sockaddr address;
        if (pj_sockaddr_parse(pj_AF_UNSPEC(), 0, &text, &address) == PJ_SUCCESS &&
            with_family(type, address.addr.sa_family) == type)
            add_address(found, address, type);
    }
}

inline void append(pjsip_server_addresses &found, const pjsip_server_addresses &more)
{
    for (unsigned i = 0; i < more.count && found.count < PJSIP_MAX_RESOLVED_ADDRESSES; ++i)
        found.entry[found.count++] = more.entry[i];
}

/* Any ACK tries all of its addresses, as requests with a transaction do. */
inline void try_the_next(pjsip_send_state *, pj_ssize_t, pj_bool_t *) {}

/* Where else a request may go: where the INVITE of its dialog went. Its target may be a name
 * that nobody knows, or an address that cannot be reached from here; an answer must be
 * acknowledged all the same, and hung up. *token* is that of PJSIP's only callers. */
inline void add_instead(pjsip_server_addresses &found, void *token)
{
    pjsip_send_state *state = static_cast<pjsip_send_state *>(token);
    const pjsip_msg *msg = state->tdata->msg;
    const pjsip_server_address_record *destination = destination_of_dialog(msg);
    if (!destination || found.count >= PJSIP_MAX_RESOLVED_ADDRESSES)
        return;
    found.entry[found.count++] = *destination;
    if (msg->line.req.method.id == PJSIP_ACK_METHOD && !state->app_cb)
        state->app_cb = &try_the_next;
}

inline void answer(const pjsip_server_addresses &found, void *token,
                   pjsip_resolver_callback *callback)
{
    callback(found.count ? PJ_SUCCESS : PJ_ERESOLVE, token, &found);
}

inline void resolve(pjsip_resolver_t *, pj_pool_t *, const pjsip_host_info *target,
                    void *token, pjsip_resolver_callback *callback)
{
    Native &self = native();
    pjsip_transport_type_e type = transport_of(target);
    pjsip_server_addresses found, instead;
    found.count = instead.count = 0;
    add_instead(instead, token);
    if (self.aim) {
        add_all(found, *self.aim, type);
        self.aim = NULL; /* it was for this request alone */
        answer(found, token, callback);
    } else if (add_numeric(found, target)) {
        append(found, instead);
        answer(found, token, callback);
    } else {
        int number = self.next_query++;
        self.queries[number] = Query{token, callback, type, instead};
        push(NativeEvent{QUERY, 0, text(target->addr.host), number, target->addr.port,
                    pjsip_transport_get_type_name(type), ""});
    }
}

/* While it lives, the next request that looks its target up goes to these addresses. */
struct TargetAddresses {
    explicit TargetAddresses(const Addresses &addresses)
    {
        native().aim = addresses.empty() ? NULL : &addresses;
    }
    ~TargetAddresses() { native().aim = NULL; }
};

inline pjsip_ext_resolver &resolver()
{
    static pjsip_ext_resolver instance = {&resolve};
    return instance;
}

} // namespace outring

/* Answer a QUERY with addresses and ports, best first; none means that it failed. */
inline void outring_resolved(int number, const std::vector<std::string> &addresses)
{
    using namespace outring;
    Native &self = native();
    std::map<int, Query>::iterator place = self.queries.find(number);
    if (place == self.queries.end())
        return;
    Query query = place->second;
    self.queries.erase(place);
    pjsip_server_addresses found;
    found.count = 0;
    add_all(found, addresses, query.type);
    append(found, query.instead);
    answer(found, query.token, query.callback);
}

#endif
