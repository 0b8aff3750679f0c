/* Pings: OPTIONS outside of any dialog (RFC 3261 section 11).
 */
#ifndef OUTRING_OPTIONS_PING_HPP
#define OUTRING_OPTIONS_PING_HPP

#include <pjsua-lib/pjsua.h>
#include <pjsua-lib/pjsua_internal.h>
#include <pjsua2.hpp>

#include "event_queue.hpp"
#include "name_resolution.hpp"
#include "native_state.hpp"

#include <cstring>
#include <string>

namespace outring {

inline void pong(int number, int status, const std::string &retry_after = "")
{
    push(NativeEvent{PONG, 0, "", number, status, retry_after, ""});
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
    const bool is_answered = event->type == PJSIP_EVENT_TSX_STATE &&
                             event->body.tsx_state.type == PJSIP_EVENT_RX_MSG;
    pong(number, transaction->status_code,
         is_answered ? retry_after_of(event->body.tsx_state.src.rdata->msg_info.msg) : "");
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

} // namespace outring

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
    TargetAddresses aim(addresses);
    if (pjsip_tsx_send_msg(transaction, NULL) != PJ_SUCCESS) {
        pjsip_tx_data_dec_ref(tdata);
        pjsip_tsx_terminate(transaction, PJSIP_SC_SERVICE_UNAVAILABLE);
    }
}

/* Let go of a ping that has waited long enough; its PONG says 408. */
inline void outring_cancel_ping(int number)
{
    using namespace outring;
    std::map<int, pjsip_transaction *>::iterator place = native().pings.find(number);
    if (place != native().pings.end())
        pjsip_tsx_terminate(place->second, PJSIP_SC_REQUEST_TIMEOUT);
}

#endif
