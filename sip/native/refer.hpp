/* REFER: a far end is asked to call somebody else, and tells how that goes (RFC 3515).
 */
#ifndef OUTRING_REFER_HPP
#define OUTRING_REFER_HPP

#include <pjsua-lib/pjsua.h>
#include <pjsua-lib/pjsua_internal.h>
#include <pjsua2.hpp>

#include "event_queue.hpp"
#include "native_state.hpp"
#include "sent_invites.hpp"
#include "tap.hpp"

#include <string>

namespace outring {

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
        push(NativeEvent{REFERRED, 0, leg, 0, line.code, text(line.reason), ""});
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

} // namespace outring

#endif
