/* What outring adds to the pjsua2 module, so that no Python runs inside PJSIP.
 *
 * Everything that happens is written as a Record into one bounded queue, in the
 * order in which it happened, and Python drains the queue after each poll (records.hpp):
 *   - STATE    PJSIP reports a call as disconnected, and why (class OutringCall);
 *   - MESSAGE  a message that decides a call's outcome (dialog_events.hpp);
 *   - QUERY    PJSIP wants a host name resolved; Python answers with outring_resolved();
 *   - PONG     a request of outring_ping() is over;
 *   - MEDIA    a call's media was negotiated, for the first time or anew;
 *   - REFERRED the outcome of a call's REFER is known;
 *   - DIGIT, PLAYED, RECORDED: see voice.hpp;
 *   - HEARD    what a call's far end lets hear has changed (ear.hpp);
 *   - SDP      a session description cannot be used (sdp_module.hpp);
 *   - UNTRUSTED  a TLS server is not who it was called as (tls_identity.hpp);
 *   - SILENT   a call's far end has sent no media for too long (media_timeout.hpp);
 *   - UNACKNOWLEDGED, REFRESH_REFUSED: see dialog_events.hpp;
 *   - LATE_ANSWER another phone has answered, and was hung up (late_answers.hpp);
 *   - MALFORMED a message of a call could not be read, or not whole (reception.hpp).
 * Beside it: the addresses that Python chose for a request (Aim), headers for a call's
 * CANCEL and BYE (Extras), its ladder (capture.hpp), and a socket that wakes the polling
 * thread as soon as Python has work for it.
 * All functions belong to the thread that polls, but for writing to the wake socket.
 */
#ifndef OUTRING_HPP
#define OUTRING_HPP

#include <Python.h>
#include <pjsua2.hpp>
#include <pjsua-lib/pjsua.h>
#include <pjsua-lib/pjsua_internal.h>

#include "capture.hpp"
#include "dialog_events.hpp"
#include "late_answers.hpp"
#include "info_digits.hpp"
#include "media_input.hpp"
#include "media_timeout.hpp"
#include "numeric_addresses.hpp"
#include "reception.hpp"
#include "records.hpp"
#include "request_policy.hpp"
#include "sdp_module.hpp"
#include "send_buffer.hpp"
#include "sent_invites.hpp"
#include "voice.hpp"

#include <cstdint>
#include <cstring>
#include <deque>
#include <malloc.h>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

namespace outring {

/* Why a call is disconnected, as far as PJSIP's event tells. */
enum Cause { OTHER = 0, RECEIVED = 1, TIMER = 2, TRANSPORT = 3 };

struct Query {
    void *token;
    pjsip_resolver_callback *callback;
    pjsip_transport_type_e type;
    pjsip_server_addresses instead; /* tried behind what is found */
};

struct Header {
    std::string method; /* of the request that it goes into */
    std::string name;
    std::string value;
};

typedef std::map<std::string, pjsip_evsub *> Refers; /* by Call-ID */

typedef std::vector<std::string> Addresses; /* "192.0.2.1:5060", "[2001:db8::1]:5060" */

struct Native {
    std::map<int, Query> queries;
    int next_query = 1;
    const Addresses *aim = NULL; /* of the request that is being sent right now */
    std::map<std::string, std::vector<Header> > extras; /* by Call-ID */
    std::map<int, pjsip_transaction *> pings;
    Refers refers; /* whose outcome is not known yet */
    void (*on_call_state)(pjsua_call_id, pjsip_event *) = NULL; /* that of pjsua2 */
    pj_pool_t *pool = NULL;
    int wake_fds[2] = {-1, -1}; /* [0] polled by PJSIP, [1] written by anybody */
    pj_ioqueue_key_t *wake_key = NULL;
    pj_ioqueue_op_key_t wake_op;
    char wake_buffer[256];
};

inline Native &native()
{
    static Native instance;
    return instance;
}

/* -- the tap: a module next to the transport layer sees every message, for ladders and HEP */

inline pj_bool_t on_rx_response(pjsip_rx_data *rdata)
{
    note_received(rdata, note_of_reception());
    return PJ_FALSE;
}

inline pj_bool_t on_rx_request(pjsip_rx_data *rdata)
{
    note_received(rdata, note_of_reception());
    policy::ignore_maddr(rdata);
    return PJ_FALSE;
}

inline pj_status_t on_tx_request(pjsip_tx_data *tdata)
{
    note_sent(tdata);
    return PJ_SUCCESS;
}

inline pj_status_t on_tx_response(pjsip_tx_data *tdata)
{
    note_sent(tdata);
    return PJ_SUCCESS;
}

inline pjsip_module &tap()
{
    static pjsip_module module;
    if (module.name.slen == 0) {
        std::memset(&module, 0, sizeof(module));
        module.name = pj_str(const_cast<char *>("mod-outring-tap"));
        module.id = -1;
        module.priority = PJSIP_MOD_PRIORITY_TRANSPORT_LAYER - 1;
        module.on_rx_request = &on_rx_request;
        module.on_rx_response = &on_rx_response;
        module.on_tx_request = &on_tx_request;
        module.on_tx_response = &on_tx_response;
    }
    return module;
}

/* -- the resolver: names are resolved outside, so that DNS never stops SIP ---- */

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
        push(Record{QUERY, 0, text(target->addr.host), number, target->addr.port,
                    pjsip_transport_get_type_name(type), ""});
    }
}

/* While it lives, the next request that looks its target up goes to these addresses. */
struct Aim {
    explicit Aim(const Addresses &addresses)
    {
        native().aim = addresses.empty() ? NULL : &addresses;
    }
    ~Aim() { native().aim = NULL; }
};

inline pjsip_ext_resolver &resolver()
{
    static pjsip_ext_resolver instance = {&resolve};
    return instance;
}

/* -- REFER: a far end is asked to call somebody else (RFC 3515) ---------------- */

/* Not pjsua_call_xfer(): that one does not tell our time-out from the far end's 500, and
 * it repeats a REFER whose subscription is about to expire, which could dial twice. */

inline bool awaits_notify(const pj_str_t &call_id)
{
    return native().refers.count(text(call_id)) != 0;
}

/* End the subscription of a REFER without another word: a late NOTIFY gets 481. */
inline void forget_refer(const std::string &leg)
{
    Refers &refers = native().refers;
    Refers::iterator place = refers.find(leg);
    if (place == refers.end())
        return;
    pjsip_evsub *subscription = place->second;
    pjsip_evsub_set_mod_data(subscription, tap().id, NULL);
    refers.erase(place);
    if (pjsip_evsub_get_state(subscription) != PJSIP_EVSUB_STATE_TERMINATED)
        pjsip_evsub_terminate(subscription, PJ_FALSE);
}

/* The status line that *event* brings: of a NOTIFY's body, of a response, or the one that
 * stands for silence or a broken transport. Code 0 where there is none. */
inline pjsip_status_line refer_status(const pjsip_event *event)
{
    pjsip_status_line line;
    std::memset(&line, 0, sizeof(line));
    if (event->type != PJSIP_EVENT_TSX_STATE)
        return line;
    if (event->body.tsx_state.type == PJSIP_EVENT_TIMER) {
        line.code = PJSIP_SC_REQUEST_TIMEOUT;
    } else if (event->body.tsx_state.type == PJSIP_EVENT_TRANSPORT_ERROR) {
        line.code = PJSIP_SC_SERVICE_UNAVAILABLE;
    } else if (event->body.tsx_state.type == PJSIP_EVENT_RX_MSG) {
        const pjsip_msg *msg = event->body.tsx_state.src.rdata->msg_info.msg;
        const pjsip_msg_body *body = msg->body;
        if (msg->type == PJSIP_RESPONSE_MSG)
            return msg->line.status;
        if (body && pj_stricmp2(&body->content_type.subtype, "sipfrag") == 0 &&
            pjsip_parse_status_line(static_cast<char *>(body->data), body->len, &line) !=
                PJ_SUCCESS)
            line.code = 0;
        return line;
    }
    line.reason = *pjsip_get_status_text(line.code);
    return line;
}

inline void on_refer_state(pjsip_evsub *subscription, pjsip_event *event)
{
    const Refers::value_type *refer = static_cast<const Refers::value_type *>(
        pjsip_evsub_get_mod_data(subscription, tap().id));
    /* A 2xx to the REFER says only that the far end will try. */
    if (!refer || pjsip_evsub_get_state(subscription) == PJSIP_EVSUB_STATE_ACCEPTED)
        return;
    pjsip_status_line line = refer_status(event);
    bool is_over = pjsip_evsub_get_state(subscription) == PJSIP_EVSUB_STATE_TERMINATED;
    if (line.code < 200 && !is_over)
        return;
    std::string leg = refer->first;
    if (line.code >= 200)
        push(Record{REFERRED, 0, leg, 0, line.code, text(line.reason), ""});
    forget_refer(leg);
}

/* Without this PJSIP would repeat the REFER. */
inline void on_refer_refresh(pjsip_evsub *) {}

inline pj_status_t send_refer(pjsip_dialog *dialog, const std::string &to,
                              const pj::SipTxOption &option)
{
    pjsip_evsub_user callbacks;
    std::memset(&callbacks, 0, sizeof(callbacks));
    callbacks.on_evsub_state = &on_refer_state;
    callbacks.on_client_refresh = &on_refer_refresh;
    pjsip_evsub *subscription;
    pjsip_tx_data *tdata;
    pj_str_t target = pj_str(const_cast<char *>(to.c_str()));
    pj_status_t status = pjsip_xfer_create_uac(dialog, &callbacks, &subscription);
    if (status != PJ_SUCCESS)
        return status;
    status = pjsip_xfer_initiate(subscription, &target, &tdata);
    if (status != PJ_SUCCESS) {
        pjsip_evsub_terminate(subscription, PJ_FALSE);
        return status;
    }
    pjsua_msg_data data;
    pjsua_msg_data_init(&data);
    option.toPj(data);
    pjsua_process_msg_data(tdata, &data);
    pj_str_t referred_by = pj_str(const_cast<char *>("Referred-By")); /* RFC 3892 */
    if (!pjsip_msg_find_hdr_by_name(tdata->msg, &referred_by, NULL))
        pjsip_msg_add_hdr(tdata->msg, reinterpret_cast<pjsip_hdr *>(
                                          pjsip_generic_string_hdr_create(
                                              tdata->pool, &referred_by,
                                              &dialog->local.info_str)));
    std::string leg = text(dialog->call_id->id);
    Refers::iterator place =
        native().refers.insert(std::make_pair(leg, subscription)).first;
    pjsip_evsub_set_mod_data(subscription, tap().id, &*place);
    status = pjsip_xfer_send_request(subscription, tdata);
    if (status != PJ_SUCCESS)
        forget_refer(leg);
    return status;
}

/* *value* as it may stand in the headers of a URI (RFC 3261 §19.1.1). */
inline std::string escaped(const pj_str_t &value)
{
    std::vector<char> buffer(3 * value.slen + 1);
    pj_ssize_t length = pj_strncpy2_escape(buffer.data(), &value, buffer.size(),
                                           &pjsip_parser_const()->pjsip_HDR_CHAR_SPEC);
    return std::string(buffer.data(), length > 0 ? length : 0);
}

/* -- headers of CANCEL and BYE: PJSIP sends some of these on its own ---------- */

/* What is kept for one call. A base of OutringCall, so that it outlives pj::Call, whose
 * destructor may still hang up. */
struct Extras {
    explicit Extras(const std::string &leg) : leg(leg), used(false) {}
    ~Extras()
    {
        forget_refer(leg);
        if (used)
            native().extras.erase(leg);
    }
    void add(const Header &header)
    {
        used = true;
        native().extras[leg].push_back(header);
    }
    const std::string leg;

private:
    bool used;
};

inline pj_status_t on_tx_extras(pjsip_tx_data *tdata);

inline pjsip_module &writer()
{
    static pjsip_module module;
    if (module.name.slen == 0) {
        std::memset(&module, 0, sizeof(module));
        module.name = pj_str(const_cast<char *>("mod-outring-writer"));
        module.id = -1;
        module.priority = PJSIP_MOD_PRIORITY_TRANSPORT_LAYER + 1; /* before it is printed */
        module.on_tx_request = &on_tx_extras;
    }
    return module;
}

inline pj_status_t on_tx_extras(pjsip_tx_data *tdata)
{
    Native &self = native();
    if (self.extras.empty() || tdata->mod_data[writer().id]) /* or a retransmission */
        return PJ_SUCCESS;
    const pjsip_method &method = tdata->msg->line.req.method;
    if (method.id != PJSIP_CANCEL_METHOD && method.id != PJSIP_BYE_METHOD)
        return PJ_SUCCESS;
    const pjsip_cid_hdr *cid = PJSIP_MSG_CID_HDR(tdata->msg);
    std::map<std::string, std::vector<Header> >::const_iterator place =
        cid ? self.extras.find(text(cid->id)) : self.extras.end();
    if (place == self.extras.end())
        return PJ_SUCCESS;
    for (size_t i = 0; i < place->second.size(); ++i) {
        const Header &header = place->second[i];
        if (header.method != text(method.name))
            continue;
        pj_str_t name, value;
        pj_strset(&name, const_cast<char *>(header.name.data()), header.name.size());
        pj_strset(&value, const_cast<char *>(header.value.data()), header.value.size());
        pjsip_msg_add_hdr(tdata->msg, reinterpret_cast<pjsip_hdr *>(
                                          pjsip_generic_string_hdr_create(
                                              tdata->pool, &name, &value)));
    }
    tdata->mod_data[writer().id] = tdata;
    pjsip_tx_data_invalidate_msg(tdata);
    return PJ_SUCCESS;
}

/* -- pings: OPTIONS outside of any dialog -------------------------------------- */

inline void pong(int number, int status, const std::string &retry_after = "")
{
    push(Record{PONG, 0, "", number, status, retry_after, ""});
}

/* The seconds that a response asks to wait (RFC 3261 section 20.33); empty where it does not. */
inline std::string retry_after_of(const pjsip_msg *msg)
{
    const pjsip_retry_after_hdr *header = static_cast<const pjsip_retry_after_hdr *>(
        pjsip_msg_find_hdr(msg, PJSIP_H_RETRY_AFTER, NULL));
    return header ? std::to_string(header->ivalue) : "";
}

inline void on_ping_state(pjsip_transaction *transaction, pjsip_event *event);

inline pjsip_module &pinger()
{
    static pjsip_module module;
    if (module.name.slen == 0) {
        std::memset(&module, 0, sizeof(module));
        module.name = pj_str(const_cast<char *>("mod-outring-pinger"));
        module.id = -1;
        module.priority = PJSIP_MOD_PRIORITY_APPLICATION;
        module.on_tsx_state = &on_ping_state;
    }
    return module;
}

inline void on_ping_state(pjsip_transaction *transaction, pjsip_event *event)
{
    void *&data = transaction->mod_data[pinger().id];
    if (!data || transaction->status_code < 200)
        return;
    int number = static_cast<int>(reinterpret_cast<intptr_t>(data));
    data = NULL; /* a transaction has more states after its final response */
    native().pings.erase(number);
    if (event->type != PJSIP_EVENT_TSX_STATE)
        pong(number, transaction->status_code);
    else if (event->body.tsx_state.type == PJSIP_EVENT_TRANSPORT_ERROR)
        pong(number, PJSIP_SC_SERVICE_UNAVAILABLE);
    else if (event->body.tsx_state.type == PJSIP_EVENT_RX_MSG)
        pong(number, transaction->status_code,
             retry_after_of(event->body.tsx_state.src.rdata->msg_info.msg));
    else
        pong(number, transaction->status_code);
}

inline void select_transport(pjsip_tx_data *tdata, int transport_id)
{
    const pjsua_transport_data &transport = pjsua_var.tpdata[transport_id];
    pjsip_tpselector selector;
    std::memset(&selector, 0, sizeof(selector));
    if (pjsip_transport_get_flag_from_type(transport.type) & PJSIP_TRANSPORT_DATAGRAM) {
        selector.type = PJSIP_TPSELECTOR_TRANSPORT;
        selector.u.transport = transport.data.tp;
    } else {
        selector.type = PJSIP_TPSELECTOR_LISTENER;
        selector.u.listener = transport.data.factory;
    }
    pjsip_tx_data_set_transport(tdata, &selector);
}

/* -- the wake socket ---------------------------------------------------------- */

inline void read_wakes(pj_ioqueue_key_t *key)
{
    Native &self = native();
    pj_ssize_t length;
    do {
        length = sizeof(self.wake_buffer);
    } while (pj_ioqueue_recv(key, &self.wake_op, self.wake_buffer, &length, 0) ==
             PJ_SUCCESS);
}

inline void on_wake(pj_ioqueue_key_t *key, pj_ioqueue_op_key_t *, pj_ssize_t)
{
    read_wakes(key);
}

/* -- callbacks: pjsua2 copies messages and descriptions for many that we do not have --- */

inline void on_call_state(pjsua_call_id call, pjsip_event *event)
{
    const pjsua_call &now = pjsua_var.calls[call];
    if (now.inv && now.inv->state == PJSIP_INV_STATE_CONFIRMED && !now.hanging_up)
        on_confirmed(now.inv);
    /* A call that we hang up is told as disconnected before its session is. */
    if (!now.inv || now.inv->state == PJSIP_INV_STATE_DISCONNECTED || now.hanging_up)
        native().on_call_state(call, event);
}

inline void keep_only_callbacks_in_use()
{
    pjsua_callback &callbacks = pjsua_var.ua_cfg.cb;
    native().on_call_state = callbacks.on_call_state;
    callbacks.on_call_state = &on_call_state;
    callbacks.on_dtmf_event = &on_dtmf_event;
    callbacks.on_call_tsx_state = NULL;
    callbacks.on_call_sdp_created = NULL;
    callbacks.on_call_media_transport_state = NULL;
    callbacks.on_stream_precreate = &on_stream_precreate;
    callbacks.on_stream_created2 = NULL;
    callbacks.on_stream_destroyed = NULL;
}

/* The number of a call, which pj::Call keeps to itself. (Access is not checked where a
 * template is instantiated explicitly.) */
pjsua_call_id &number_of(pj::Call &call);
template <pjsua_call_id pj::Call::*member> struct Number {
    friend pjsua_call_id &number_of(pj::Call &call)
    {
        return call.*member;
    }
};
template struct Number<&pj::Call::id>;

inline void check(pj_status_t status, const char *what)
{
    if (status != PJ_SUCCESS)
        throw pj::Error(status, what, "", __FILE__, __LINE__);
}

} // namespace outring

#include "ear.hpp"

/* What a call shall play. */
class OutringSounds
{
public:
    void addClip(const std::string &path)
    {
        sounds.push_back(outring::Sound{outring::open_clip(path), {0, 0}, 0, 0, 0});
    }

    /* One or two frequencies in Hz, the second one 0 if there is none. */
    void addTone(unsigned frequency, unsigned another, unsigned on_ms, unsigned off_ms,
                 unsigned count)
    {
        sounds.push_back(outring::Sound{NULL, {frequency, another}, outring::samples_of(on_ms),
                                        outring::samples_of(off_ms), count});
    }

    void addSilence(unsigned milliseconds)
    {
        addTone(0, 0, 0, milliseconds, 1);
    }

    outring::Sounds sounds;
};

/* A call whose end, media and transfers are written into the queue. */
class OutringCall : private outring::Watched,
                    private outring::KeptInvite,
                    private outring::Extras,
                    public pj::Call
{
public:
    OutringCall(pj::Account &account, const std::string &leg)
    : outring::Watched(leg), outring::KeptInvite(leg), outring::Extras(leg), pj::Call(account),
      voice(std::make_shared<outring::Voice>(leg))
    {}

    virtual ~OutringCall()
    {
        silence();
    }

    /* Makes the call; from now on its dialog is followed. Throws pj::Error. */
    void start(const std::string &uri, const pj::CallOpParam &parameters)
    {
        makeCall(uri, parameters);
        if (pjsip_dialog *dialog = this->dialog())
            outring::follow_dialog(dialog);
    }

    /* Refresh the session once more, if the call is up. */
    void refresh() const
    {
        if (pjsip_dialog *dialog = this->dialog())
            outring::refresh_session(dialog);
    }

    /* Put a header into every *method* of this call, which is CANCEL or BYE. */
    void addHeader(const std::string &method, const std::string &name,
                   const std::string &value)
    {
        outring::Extras::add(outring::Header{method, name, value});
    }

    /* Let *listener* hear this call, if both have media now; so does its recording, if
     * that is of both. */
    void connectTo(const OutringCall &listener) const
    {
        pjsua_conf_port_id sink = listener.slot();
        if (slot() == PJSUA_INVALID_ID || sink == PJSUA_INVALID_ID)
            return;
        be_heard_by(sink);
        if (listener.voice->records_both())
            be_heard_by(listener.voice_slot);
    }

    void disconnectFrom(const OutringCall &listener) const
    {
        pjsua_conf_port_id source = slot(), sink = listener.slot();
        if (source == PJSUA_INVALID_ID || sink == PJSUA_INVALID_ID)
            return;
        pjsua_conf_disconnect(source, sink);
        if (listener.voice->records_both())
            pjsua_conf_disconnect(source, listener.voice_slot);
    }

    /* Play *sounds* to the far end behind what waits already; see voice.hpp. Throws
     * pj::Error. */
    void play(int number, const OutringSounds &sounds, const std::string &stops_on)
    {
        need_voice();
        voice->play(number, sounds.sounds, stops_on);
        connect_voice();
    }

    /* 0 ms until speech, or of silence after it: that ends nothing. Throws pj::Error. */
    void record(int number, const std::string &path, bool is_of_both, unsigned max_ms,
                unsigned start_ms, unsigned silence_ms, const std::string &stops_on,
                const OutringSounds &beep)
    {
        need_voice();
        voice->record(outring::Recording{number, path, is_of_both, max_ms, start_ms,
                                         silence_ms, stops_on}, beep.sounds);
        connect_voice();
    }

    /* End a play or a recording. */
    void stop(int number)
    {
        voice->stop(number);
    }

    /* A recording is over: nothing has to be heard any more, unless for another one. */
    void stopHearing()
    {
        if (voice_slot != PJSUA_INVALID_ID && !voice->has_recorder())
            pjmedia_conf_disconnect_port_from_sources(pjsua_var.mconf, voice_slot);
    }

    /* Whether anything can be sent to the far end as RTP. */
    bool canSpeak() const
    {
        return slot() != PJSUA_INVALID_ID && media().dir & PJMEDIA_DIR_ENCODING;
    }

    /* Send a digit as a telephone-event; false where that was not negotiated. Only while
     * canSpeak(). Throws pj::Error. */
    bool sendEvent(const std::string &digit, unsigned on_ms) const
    {
        pjmedia_stream *stream = media().strm.a.stream;
        pjmedia_stream_info info;
        outring::check(pjmedia_stream_get_info(stream, &info), "get stream");
        if (info.tx_event_pt < 0)
            return false;
        /* That the time-stamps go on where the digit ends; those of Opus have another rate. */
        if (pj_stricmp2(&info.fmt.encoding_name, "opus"))
            pjmedia_stream_set_tx_dtmf_options(stream, on_ms, 0, info.tx_event_pt, -10, 2);
        pj_str_t digits = pj_str(const_cast<char *>(digit.c_str()));
        outring::check(pjmedia_stream_dial_dtmf2(stream, &digits, on_ms), "send digit");
        return true;
    }

    /* Send a digit by SIP INFO. Throws pj::Error. */
    void sendInfo(const std::string &digit, unsigned on_ms) const
    {
        outring::check(is_live() ? PJ_SUCCESS : PJ_EINVALIDOP, "find call");
        std::string body =
            "Signal=" + digit + "\r\nDuration=" + std::to_string(on_ms) + "\r\n";
        pj_str_t method = pj_str(const_cast<char *>("INFO"));
        pjsua_msg_data data;
        pjsua_msg_data_init(&data);
        data.content_type = pj_str(const_cast<char *>("application/dtmf-relay"));
        data.msg_body = pj_str(const_cast<char *>(body.c_str()));
        outring::check(pjsua_call_send_request(getId(), &method, &data), "send INFO");
    }

    /* Let *ear* hear this call, if it has media now. */
    void connectEar(const OutringEar &ear) const
    {
        pjsua_conf_port_id source = slot();
        if (source != PJSUA_INVALID_ID)
            pjsua_conf_connect(source, ear.slot());
    }

    /* Ask the far end to call *to*, a URI in angle brackets. One REFERRED follows unless
     * forgetRefer() or the end of the call comes first. Throws pj::Error. */
    void refer(const std::string &to, const pj::SipTxOption &option)
    {
        pjsip_dialog *dialog = this->dialog();
        outring::check(dialog ? PJ_SUCCESS : PJ_EINVALIDOP, "find dialog");
        pjsip_dlg_inc_lock(dialog);
        pj_status_t status = outring::send_refer(dialog, to, option);
        pjsip_dlg_dec_lock(dialog);
        outring::check(status, "send REFER");
    }

    void forgetRefer()
    {
        outring::forget_refer(leg);
    }

    /* What another far end has to call in order to take this call over: our far end's
     * Contact with Replaces (RFC 3891, RFC 5589 §7.3), in angle brackets. Throws pj::Error. */
    std::string replacement() const
    {
        using namespace outring;
        const pjsip_dialog *dialog = this->dialog();
        check(dialog ? PJ_SUCCESS : PJ_EINVALIDOP, "find dialog");
        char uri[PJSIP_MAX_URL_SIZE];
        int length = pjsip_uri_print(PJSIP_URI_IN_REQ_URI, dialog->target, uri, sizeof(uri));
        check(length > 0 ? PJ_SUCCESS : PJSIP_EURITOOLONG, "print URI");
        return "<" + std::string(uri, length) + "?Require=replaces&Replaces=" +
               escaped(dialog->call_id->id) + "%3Bto-tag%3D" +
               escaped(dialog->remote.info->tag) + "%3Bfrom-tag%3D" +
               escaped(dialog->local.info->tag) + ">";
    }

    virtual void onCallMediaState(pj::OnCallMediaStateParam &)
    {
        outring::voices().set(getId(), voice);
        connect_voice();
        outring::push(outring::Record{outring::MEDIA, 0, leg, 0, 0, "", ""});
    }

    virtual void onCallState(pj::OnCallStateParam &prm)
    {
        pjsua_call_info info;
        if (pjsua_call_get_info(getId(), &info) != PJ_SUCCESS ||
            info.state != PJSIP_INV_STATE_DISCONNECTED)
            return;
        int cause = outring::OTHER;
        if (prm.e.type == PJSIP_EVENT_TSX_STATE) {
            switch (prm.e.body.tsxState.type) {
            case PJSIP_EVENT_RX_MSG: cause = outring::RECEIVED; break;
            case PJSIP_EVENT_TIMER: cause = outring::TIMER; break;
            case PJSIP_EVENT_TRANSPORT_ERROR: cause = outring::TRANSPORT; break;
            default: break;
            }
        } else if (prm.e.type == PJSIP_EVENT_RX_MSG) {
            cause = outring::RECEIVED;
        }
        outring::push(outring::Record{outring::STATE, 0, leg, cause, info.last_status,
                                      outring::text(info.last_status_text), ""});
        silence();
        /* The number may be another call's from now on, and the destructor of pj::Call
         * hangs up whatever has its number. */
        outring::number_of(*this) = PJSUA_INVALID_ID;
    }

private:
    /* Whether PJSIP's call of our number is this one: numbers are used again. */
    bool is_live() const
    {
        return getId() != PJSUA_INVALID_ID &&
               pjsua_call_get_user_data(getId()) == static_cast<const pj::Call *>(this);
    }

    pjsua_conf_port_id slot() const
    {
        return is_live() ? pjsua_call_get_conf_port(getId()) : PJSUA_INVALID_ID;
    }

    const pjsua_call_media &media() const
    {
        const pjsua_call &call = pjsua_var.calls[getId()];
        return call.media[call.audio_idx];
    }

    /* Let the port *sink* hear this call, from now on: what has come while nobody listened
     * is still in the jitter buffer, and would delay all that follows. */
    void be_heard_by(pjsua_conf_port_id sink) const
    {
        pjsua_conf_port_info info;
        if (media().dir & PJMEDIA_DIR_DECODING && /* else it is paused, and stays so */
            pjsua_conf_get_port_info(slot(), &info) == PJ_SUCCESS && !info.listener_cnt) {
            pjmedia_stream *stream = media().strm.a.stream;
            pjmedia_stream_pause(stream, PJMEDIA_DIR_DECODING);
            pjmedia_stream_resume(stream, PJMEDIA_DIR_DECODING);
        }
        pjsua_conf_connect(slot(), sink);
    }

    void need_voice()
    {
        if (voice_slot == PJSUA_INVALID_ID)
            voice_slot = outring::add_to_bridge(voice, outring::native().pool, &voice_port);
    }

    /* Connect our voice with the media that there is now. */
    void connect_voice()
    {
        if (voice_slot == PJSUA_INVALID_ID || slot() == PJSUA_INVALID_ID)
            return;
        if (canSpeak())
            pjsua_conf_connect(voice_slot, slot());
        if (voice->has_recorder())
            be_heard_by(voice_slot);
        voice->on_media();
    }

    /* Nothing is played, recorded or heard from now on. */
    void silence()
    {
        voice->end();
        if (getId() != PJSUA_INVALID_ID)
            outring::voices().unset(getId(), voice);
        if (voice_slot == PJSUA_INVALID_ID)
            return;
        pjsua_conf_remove_port(voice_slot);
        pjmedia_port_destroy(voice_port); /* as soon as the bridge lets go of it, too */
        voice_slot = PJSUA_INVALID_ID;
    }

    pjsip_dialog *dialog() const
    {
        pjsip_inv_session *session = is_live() ? pjsua_var.calls[getId()].inv : NULL;
        return session ? session->dlg : NULL;
    }

    const std::shared_ptr<outring::Voice> voice;
    pjsua_conf_port_id voice_slot = PJSUA_INVALID_ID; /* in the bridge, once it is needed */
    pjmedia_port *voice_port = NULL;
};

/* Before libCreate: no line of PJSIP's own on standard output, and memory that calls give
 * back is kept for the next ones, up to TRIM bytes, since the system's price is high. */
inline void outring_prepare()
{
    const int TRIM = 16 << 20;
    pj_log_set_level(0);
    mallopt(M_MMAP_THRESHOLD, 1 << 20);
    mallopt(M_TRIM_THRESHOLD, TRIM);
    mallopt(M_TOP_PAD, 1 << 20);
}

/* Start modules, resolver and wake socket; after libStart. Throws pj::Error. */
inline void outring_start()
{
    using namespace outring;
    Native &self = native();
    pjsip_endpoint *endpoint = pjsua_get_pjsip_endpt();
    check(pjsip_endpt_register_module(endpoint, &tap()), "register tap");
    check(pjsip_endpt_register_module(endpoint, &writer()), "register writer");
    check(start_reception(endpoint), "start reception");
    check(pjsip_endpt_register_module(endpoint, &printer()), "register printer");
    check(pjsip_endpt_register_module(endpoint, &pinger()), "register pinger");
    check(pjsip_endpt_register_module(endpoint, &late_answers()), "register late answers");
    check(start_dialog_events(), "register dialog events");
    check(policy::start(), "register request policy");
    check(pjsip_endpt_set_ext_resolver(endpoint, &resolver()), "set resolver");
    check(start_sdp(), "register SDP modules");
    check(pjsip_endpt_register_module(endpoint, &info_digits()), "register INFO digits");
    keep_only_callbacks_in_use();
    if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, self.wake_fds))
        check(pj_get_os_error(), "create wake socket");
    {
        std::lock_guard<std::mutex> guard(records().mutex);
        records().waiting.clear(); /* what an earlier end of PJSIP left */
        records().wake_fd = self.wake_fds[1];
    }
    self.pool = pjsua_pool_create("outring", 512, 512);
    pj_ioqueue_op_key_init(&self.wake_op, sizeof(self.wake_op));
    pj_ioqueue_callback callbacks;
    std::memset(&callbacks, 0, sizeof(callbacks));
    callbacks.on_read_complete = &on_wake;
    check(pj_ioqueue_register_sock(self.pool, pjsip_endpt_get_ioqueue(endpoint),
                                   self.wake_fds[0], NULL, &callbacks, &self.wake_key),
          "register wake socket");
    read_wakes(self.wake_key);
}

/* The descriptor to write a byte to when the poll shall return. */
inline int outring_wake_fd()
{
    return outring::native().wake_fds[1];
}

/* Undo outring_start(); before libDestroy. */
inline void outring_stop()
{
    using namespace outring;
    Native &self = native();
    stop_dialog_events();
    file_reader().stop();
    file_writer().stop(); /* what was recorded is complete */
    {
        std::lock_guard<std::mutex> guard(records().mutex);
        records().wake_fd = -1;
    }
    if (self.wake_key)
        pj_ioqueue_unregister(self.wake_key); /* closes wake_fds[0] */
    if (self.wake_fds[1] >= 0)
        close(self.wake_fds[1]);
    if (self.pool)
        pj_pool_release(self.pool);
    self.wake_key = NULL;
    self.wake_fds[0] = self.wake_fds[1] = -1;
    self.pool = NULL;
    self.queries.clear();
    self.refers.clear();
    sent_invites().clear();
}

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

/* Send one OPTIONS to *target* at the first of *addresses* that can be reached. One PONG
 * with *number* follows: the final response, or 503 if it could not be sent. */
inline void outring_ping(int number, int transport_id, const std::string &target,
                         const std::string &from, const pj::SipTxOption &option,
                         const std::vector<std::string> &addresses)
{
    using namespace outring;
    pjsip_endpoint *endpoint = pjsua_get_pjsip_endpt();
    std::string bracketed = "<" + target + ">";
    pj_str_t uri = pj_str(const_cast<char *>(target.c_str()));
    pj_str_t to = pj_str(const_cast<char *>(bracketed.c_str()));
    pj_str_t caller = pj_str(const_cast<char *>(from.c_str()));
    pjsip_tx_data *tdata;
    pjsip_transaction *transaction;
    pj_status_t status = pjsip_endpt_create_request(endpoint, pjsip_get_options_method(),
                                                    &uri, &caller, &to, NULL, NULL, -1,
                                                    NULL, &tdata);
    if (status != PJ_SUCCESS) {
        pong(number, PJSIP_SC_SERVICE_UNAVAILABLE);
        return;
    }
    pjsua_msg_data data;
    pjsua_msg_data_init(&data);
    option.toPj(data);
    pjsua_process_msg_data(tdata, &data);
    select_transport(tdata, transport_id);
    status = pjsip_tsx_create_uac(&pinger(), tdata, &transaction);
    if (status != PJ_SUCCESS) {
        pjsip_tx_data_dec_ref(tdata);
        pong(number, PJSIP_SC_SERVICE_UNAVAILABLE);
        return;
    }
    pjsip_tsx_set_transport(transaction, &tdata->tp_sel);
    transaction->mod_data[pinger().id] =
        reinterpret_cast<void *>(static_cast<intptr_t>(number));
    native().pings[number] = transaction;
    Aim aim(addresses);
    if (pjsip_tsx_send_msg(transaction, NULL) != PJ_SUCCESS) {
        pjsip_tx_data_dec_ref(tdata);
        pjsip_tsx_terminate(transaction, PJSIP_SC_SERVICE_UNAVAILABLE);
    }
}

/* Let go of a ping that has waited long enough; its PONG says 408. */
inline void outring_give_up(int number)
{
    using namespace outring;
    std::map<int, pjsip_transaction *>::iterator place = native().pings.find(number);
    if (place != native().pings.end())
        pjsip_tsx_terminate(place->second, PJSIP_SC_REQUEST_TIMEOUT);
}

/* All records since the last call, oldest first, as a list of tuples
 * (kind, at, leg, first, status, name, raw). Runs with the interpreter locked. */
inline PyObject *outring_drain()
{
    using namespace outring;
    std::deque<Record> drained;
    {
        std::lock_guard<std::mutex> guard(records().mutex);
        drained.swap(records().waiting);
    }
    PyObject *list = PyList_New(static_cast<Py_ssize_t>(drained.size()));
    if (!list)
        return NULL;
    for (size_t i = 0; i < drained.size(); ++i) {
        const Record &record = drained[i];
        PyObject *leg = PyUnicode_DecodeLatin1(record.leg.data(), record.leg.size(), NULL);
        PyObject *name =
            PyUnicode_DecodeLatin1(record.name.data(), record.name.size(), NULL);
        PyObject *raw = PyBytes_FromStringAndSize(record.raw.data(), record.raw.size());
        PyObject *entry =
            leg && name && raw
                ? Py_BuildValue("(idOiiOO)", static_cast<int>(record.kind), record.at, leg,
                                record.first, record.status, name, raw)
                : NULL;
        Py_XDECREF(leg);
        Py_XDECREF(name);
        Py_XDECREF(raw);
        if (!entry) {
            Py_DECREF(list);
            return NULL;
        }
        PyList_SET_ITEM(list, static_cast<Py_ssize_t>(i), entry);
    }
    return list;
}

/* Records lost because nobody drained. */
inline unsigned long outring_dropped()
{
    return outring::records().dropped;
}

/* Ports of the conference bridge: its own one, and those of calls and their voices. */
inline unsigned outring_ports()
{
    return pjmedia_conf_get_port_count(pjsua_var.mconf);
}

/* Calls this build can carry at once. */
inline int outring_max_calls()
{
    return PJSUA_MAX_CALLS;
}

#endif
