/* What happens to a leg, told by PJSIP's own dialog and transactions: what they refuse, or
 * take for a retransmission, or do not know, moves no leg (RFC 3261 §12.2, §17).
 *
 * A usage of each call's dialog writes these records, all of kind MESSAGE:
 *   - a response to the initial INVITE that its transaction accepted;
 *   - the end of our BYE: its final response, or 408 or 503 where none came;
 *   - a BYE of the far end, once it was answered with 2xx;
 *   - the first INVITE, a CANCEL, a BYE and the first ACK of ours, as they leave; with the
 *     reason where PJSIP sends CANCEL or BYE by itself.
 * Two more: UNACKNOWLEDGED, our 2xx to a re-INVITE got no ACK (§14.2), and REFRESH_REFUSED, a
 * refresh of the session met another request of the far end's (§14.1).
 * It comes before PJSIP's invite session, and sets right what that one does wrong:
 *   - a target that is no SIP URI is no target (§8.1.1.8): the INVITE's own is used;
 *   - an answer is acknowledged before it is hung up (§13.2.2.4, §15);
 *   - an ACK carries the credentials of its INVITE (§13.2.2.4, §22.1);
 *   - a 2xx behind the end of the session is hung up;
 *   - a phone of several that knows nothing of our PRACK is not all of them.
 */
#ifndef OUTRING_DIALOG_EVENTS_HPP
#define OUTRING_DIALOG_EVENTS_HPP

#include "invite_session.hpp"
#include "late_answers.hpp"
#include "event_queue.hpp"
#include "sdp_module.hpp"
#include "sent_invites.hpp"

#include <pjsip_ua.h>

#include <string>

namespace outring {

const unsigned MAX_PROVISIONALS = 200; /* of a leg; more are dropped */
const unsigned MAX_REFRESHES = 64;     /* re-INVITE, UPDATE and NOTIFY of the far end within */
const double REFRESHES_S = 32.0;       /* this time, for which PJSIP keeps a transaction */

/* One of the phones that an INVITE has reached. PJSIP has one dialog for all of them before
 * the answer, but each numbers its requests by itself (RFC 3261 §12.1.2, §12.2.1.1). */
struct Fork {
    pj_str_t tag;
    pj_int32_t number; /* CSeq of its last request; -1: none */
    bool has_left;     /* it has sent a BYE before the answer */
};

/* What is known of the dialog of one leg. Lives in the dialog's pool. */
struct LegDialog {
    pjsip_uri *first_target;  /* the Request-URI of the INVITE */
    int answered_by;          /* CSeq of the INVITE that a 2xx has answered; 0: none */
    bool is_acknowledged;     /* the ACK has left */
    unsigned acknowledged_at; /* responses_received() then */
    bool is_hung_up;          /* a BYE of ours has left */
    pj_str_t unusable;        /* why nothing can be done with the SDP of the answer */
    pj_str_t bye_reasons;     /* Reason headers of the far end's BYE */
    Fork forks[MAX_FORKS];    /* by the To tags of responses, the first ones */
    unsigned fork_count;
    unsigned provisionals;    /* responses that were taken so far */
    double refreshes_since;   /* monotonic seconds */
    unsigned refreshes;       /* requests that have passed to PJSIP since then */
};

inline pjsip_module &dialog_events();

inline LegDialog *leg_of(pjsip_dialog *dialog)
{
    return dialog ? static_cast<LegDialog *>(dialog->mod_data[dialog_events().id]) : NULL;
}

inline bool is_answered(pjsip_dialog *dialog)
{
    const LegDialog *leg = leg_of(dialog);
    return leg && leg->answered_by;
}

inline void push_received(const pjsip_dialog *dialog, int status, const char *method,
                          std::string &&raw)
{
    push(NativeEvent{MESSAGE, 0, text(dialog->call_id->id), 0, status, method, std::move(raw)});
}

inline void push_sent(const pj_str_t &leg, const char *method, std::string &&reason)
{
    push(NativeEvent{MESSAGE, 0, text(leg), 1, 0, method, std::move(reason)});
}

/* All values of the header *name*, as one (§7.3.1). */
inline std::string joined_header(const pjsip_msg *msg, const char *name)
{
    std::string joined;
    pj_str_t wanted = pj_str(const_cast<char *>(name));
    const void *start = NULL;
    while (const pjsip_generic_string_hdr *header = static_cast<pjsip_generic_string_hdr *>(
               pjsip_msg_find_hdr_by_name(msg, &wanted, start))) {
        joined += (joined.empty() ? "" : ", ") + text(header->hvalue);
        start = header->next;
        if (start == &msg->hdr)
            break;
    }
    return joined;
}

/* The words in which PJSIP says why it sends a CANCEL or a BYE. */
inline std::string reason_of(const pjsip_msg *msg)
{
    std::string reason = joined_header(msg, "Reason");
    if (reason.find("cause=481") != std::string::npos) /* its text is the far end's */
        return "Call/Transaction Does Not Exist";
    size_t begin = reason.find("text=\""), end = reason.rfind('"');
    return begin == std::string::npos || end < begin + 6 ? std::string()
                                                         : reason.substr(begin + 6, end - begin - 6);
}

inline void keep_text(pj_pool_t *pool, pj_str_t &place, const std::string &value)
{
    pj_str_t borrowed;
    pj_strset(&borrowed, const_cast<char *>(value.data()), value.size());
    pj_strdup(pool, &place, &borrowed);
}

/* Whether somebody on our side has asked for the end of the call. */
inline bool is_being_hung_up(const pjsip_dialog *dialog)
{
    const pjsua_call *call =
        static_cast<const pjsua_call *>(dialog->mod_data[pjsua_var.mod.id]);
    return call && call->hanging_up;
}

/* -- what comes ---------------------------------------------------------------- */

inline bool is_sip(const pjsip_uri *uri)
{
    return PJSIP_URI_SCHEME_IS_SIP(uri) || PJSIP_URI_SCHEME_IS_SIPS(uri);
}

/* The URI that requests within *dialog* go to next (§12.2.1.1). */
inline const pjsip_uri *next_hop(const pjsip_dialog *dialog)
{
    const pjsip_uri *uri = pj_list_empty(&dialog->route_set)
                               ? dialog->target
                               : dialog->route_set.next->name_addr.uri;
    return static_cast<const pjsip_uri *>(pjsip_uri_get_uri(uri));
}

/* Whether a request to *uri* may leave over the transport that *dialog* was given. */
inline bool fits_transport(const pjsip_uri *uri, const pjsip_dialog *dialog)
{
    if (dialog->tp_sel.type != PJSIP_TPSELECTOR_TRANSPORT &&
        dialog->tp_sel.type != PJSIP_TPSELECTOR_LISTENER)
        return true;
    int given = dialog->tp_sel.type == PJSIP_TPSELECTOR_TRANSPORT
                    ? dialog->tp_sel.u.transport->key.type
                    : dialog->tp_sel.u.listener->type;
    int wanted = PJSIP_URI_SCHEME_IS_SIPS(uri)
                     ? PJSIP_TRANSPORT_TLS
                     : pjsip_transport_get_type_from_name(
                           &reinterpret_cast<const pjsip_sip_uri *>(uri)->transport_param);
    return wanted == PJSIP_TRANSPORT_UNSPECIFIED ||
           (wanted | PJSIP_TRANSPORT_IPV6) == (given | PJSIP_TRANSPORT_IPV6);
}

/* The far end has said anew where it is. What it said may be nothing that a request can be
 * sent to; then the INVITE's own target is used. Whether it can be reached shows later
 * (resolve() in outring.hpp), but PJSIP refuses another transport than the INVITE's first. */
inline void keep_reachable(pjsip_dialog *dialog, const LegDialog *leg)
{
    if (!is_sip(next_hop(dialog))) {
        pj_list_init(&dialog->route_set);
        if (!is_sip(next_hop(dialog)))
            dialog->target = leg->first_target;
    }
    if (!fits_transport(next_hop(dialog), dialog)) {
        pjsip_tpselector any;
        pj_bzero(&any, sizeof(any));
        pjsip_dlg_set_transport(dialog, &any);
    }
}

inline void hang_up_dialog(pjsip_dialog *dialog)
{
    pjsip_tx_data *bye;
    if (pjsip_dlg_create_request(dialog, pjsip_get_bye_method(), -1, &bye) == PJ_SUCCESS)
        pjsip_dlg_send_request(dialog, bye, -1, NULL);
}

/* Why the SDP of an answer is of no use, as far as it shows before it is negotiated. */
inline std::string problem_of(const pjsip_rx_data *rdata)
{
    const std::string problem = unusable_sdp(rdata);
    return problem.empty() && !rdata->msg_info.msg->body ? "there is none" : problem;
}

inline void on_answer(pjsip_dialog *dialog, LegDialog *leg, pjsip_rx_data *rdata)
{
    leg->answered_by = rdata->msg_info.cseq->cseq;
    keep_text(dialog->pool, leg->unusable, problem_of(rdata));
    if (!live_session(dialog))
        hang_up_dialog(dialog);
}

inline Fork *find_fork(LegDialog *leg, const pj_str_t &tag)
{
    for (unsigned i = 0; i < leg->fork_count; ++i)
        if (pj_stricmp(&leg->forks[i].tag, &tag) == 0)
            return &leg->forks[i];
    return NULL;
}

/* NULL where there is no room for another one. */
inline Fork *note_fork(pjsip_dialog *dialog, LegDialog *leg, const pj_str_t &tag)
{
    Fork *fork = find_fork(leg, tag);
    if (fork || !tag.slen || leg->fork_count == MAX_FORKS)
        return fork;
    fork = &leg->forks[leg->fork_count++];
    pj_strdup(dialog->pool, &fork->tag, &tag);
    fork->number = -1;
    fork->has_left = false;
    return fork;
}

/* Whether *tag* is that of a phone which rings, though PJSIP's dialog has another one's. */
inline bool is_ringing_fork(pjsip_dialog *dialog, const pj_str_t &tag)
{
    LegDialog *leg = leg_of(dialog);
    return leg && !leg->answered_by && find_fork(leg, tag);
}

/* The CSeq of the last request of the phone with this *tag*. */
inline pj_int32_t &last_number(pjsip_dialog *dialog, const pj_str_t &tag)
{
    LegDialog *leg = leg_of(dialog);
    Fork *fork = leg ? note_fork(dialog, leg, tag) : NULL;
    return fork ? fork->number : dialog->remote.cseq;
}

/* Whether the far end has sent as many requests that PJSIP keeps as it may. */
inline bool has_refreshed_too_often(pjsip_dialog *dialog)
{
    const LegDialog *leg = leg_of(dialog);
    return leg && leg->refreshes >= MAX_REFRESHES &&
           monotonic() - leg->refreshes_since < REFRESHES_S;
}

inline void count_refresh(pjsip_dialog *dialog)
{
    LegDialog *leg = leg_of(dialog);
    if (!leg)
        return;
    const double now = monotonic();
    if (now - leg->refreshes_since >= REFRESHES_S) {
        leg->refreshes_since = now;
        leg->refreshes = 0;
    }
    ++leg->refreshes;
}

/* Each response that passes costs memory, and a reliable one a PRACK. */
inline bool has_rung_too_often(pjsip_dialog *dialog)
{
    const LegDialog *leg = leg_of(dialog);
    return leg && leg->provisionals >= MAX_PROVISIONALS;
}

inline bool rings_nowhere(const LegDialog *leg)
{
    for (unsigned i = 0; i < leg->fork_count; ++i)
        if (!leg->forks[i].has_left)
            return false;
    return true;
}

/* A BYE before the answer was answered by the request policy. Without another phone nobody
 * is left to answer the call. */
inline void note_early_bye(pjsip_dialog *dialog, const pjsip_rx_data *rdata)
{
    LegDialog *leg = leg_of(dialog);
    Fork *fork = leg ? note_fork(dialog, leg, rdata->msg_info.from->tag) : NULL;
    if (!fork)
        return;
    fork->has_left = true;
    if (rings_nowhere(leg))
        push_received(dialog, 0, "BYE", joined_header(rdata->msg_info.msg, "Reason"));
}

inline bool has_sent_bye(pjsip_dialog *dialog)
{
    const LegDialog *leg = leg_of(dialog);
    return leg && leg->is_hung_up;
}

inline void on_invite_response(pjsip_dialog *dialog, LegDialog *leg, pjsip_rx_data *rdata)
{
    int status = rdata->msg_info.msg->line.status.code;
    push_received(dialog, status, "INVITE",
                  status > 100 ? std::string(rdata->msg_info.msg_buf, rdata->msg_info.len)
                               : std::string());
    if (status / 100 == 2)
        on_answer(dialog, leg, rdata);
    else if (status / 100 == 1) {
        ++leg->provisionals;
        note_fork(dialog, leg, rdata->msg_info.to->tag);
        sent_invites().note_tag(rdata->msg_info.cid, rdata->msg_info.to->tag);
    }
}

/* The connection on which our INVITE waited is gone, and with it its transaction, though a
 * phone may ring. It is cancelled over a new connection; a 2xx that crosses that is hung up
 * (late_answers.hpp). RFC 3261 §9.1, §18.4. */
inline void cancel_lost(const pjsip_transaction *transaction, const pjsip_event *event)
{
    pjsip_endpoint *endpoint = pjsua_get_pjsip_endpt();
    SentInvite *invite = sent_invites().find(PJSIP_MSG_CID_HDR(transaction->last_tx->msg));
    pjsip_tx_data *cancel;
    if (!invite || event->body.tsx_state.type != PJSIP_EVENT_TRANSPORT_ERROR ||
        event->body.tsx_state.prev_state != PJSIP_TSX_STATE_PROCEEDING ||
        pjsip_endpt_create_cancel(endpoint, transaction->last_tx, &cancel) != PJ_SUCCESS)
        return;
    invite->is_lost = true;
    pjsip_endpt_send_request(endpoint, cancel, -1, NULL, NULL);
}

/* The INVITE's transaction is over. Where it has had no final response, PJSIP does not tell
 * that of a call that is being hung up. */
inline void on_invite_over(const pjsip_dialog *dialog, const pjsip_transaction *transaction,
                           const pjsip_event *event)
{
    if (event->body.tsx_state.prev_state < PJSIP_TSX_STATE_COMPLETED &&
        is_being_hung_up(dialog))
        push_received(dialog, transaction->status_code, "INVITE", std::string());
}

inline void on_our_bye(const pjsip_dialog *dialog, const pjsip_transaction *transaction,
                       const pjsip_event *event)
{
    if (transaction->state < PJSIP_TSX_STATE_COMPLETED || transaction->status_code < 200)
        return;
    push_received(dialog, transaction->status_code, "BYE", std::string());
}

inline void on_their_bye(const pjsip_dialog *dialog, LegDialog *leg,
                         const pjsip_transaction *transaction, const pjsip_event *event)
{
    if (transaction->state == PJSIP_TSX_STATE_TRYING) {
        keep_text(dialog->pool, leg->bye_reasons,
                  joined_header(event->body.tsx_state.src.rdata->msg_info.msg, "Reason"));
    } else if (transaction->state == PJSIP_TSX_STATE_COMPLETED &&
               transaction->status_code / 100 == 2) {
        push_received(dialog, 0, "BYE", text(leg->bye_reasons));
    }
}

/* A re-INVITE of the far end's. PJSIP repeats our 2xx for 64*T1, and forgets it then. */
inline void on_their_invite(const pjsip_dialog *dialog, const pjsip_transaction *transaction,
                            const pjsip_event *event)
{
    if (transaction->state == PJSIP_TSX_STATE_TERMINATED &&
        event->body.tsx_state.type == PJSIP_EVENT_TIMER &&
        transaction->status_code == PJSIP_SC_TSX_TIMEOUT)
        push(NativeEvent{UNACKNOWLEDGED, 0, text(dialog->call_id->id), 0, 0, "", ""});
}

/* A request that refreshes the session: we send no other re-INVITE and UPDATE (RFC 4028). */
inline void on_our_refresh(const pjsip_dialog *dialog, const pjsip_event *event)
{
    if (event->body.tsx_state.type != PJSIP_EVENT_RX_MSG)
        return;
    const pjsip_msg *msg = event->body.tsx_state.src.rdata->msg_info.msg;
    const pjsip_retry_after_hdr *later = static_cast<pjsip_retry_after_hdr *>(
        pjsip_msg_find_hdr(msg, PJSIP_H_RETRY_AFTER, NULL));
    int status = msg->line.status.code;
    if (status == PJSIP_SC_REQUEST_PENDING || (status == 500 && later))
        push(NativeEvent{REFRESH_REFUSED, 0, text(dialog->call_id->id), 0,
                    status == 500 ? later->ivalue : 0, "", ""});
}

/* Refresh the session of *dialog* once more. */
inline void refresh_session(pjsip_dialog *dialog)
{
    pjsip_inv_session *session = live_session(dialog);
    pjsip_tx_data *tdata;
    if (session && session->state == PJSIP_INV_STATE_CONFIRMED &&
        pjsip_inv_update(session, NULL, NULL, &tdata) == PJ_SUCCESS)
        pjsip_inv_send_msg(session, tdata);
}

/* A 422 to an INVITE that we have cancelled is its end, as any other final response is. PJSIP
 * would send the INVITE once more, and nobody would cancel that: without Min-SE it cannot. */
inline void end_if_cancelled(const pjsip_dialog *dialog, pjsip_rx_data *rdata)
{
    const pjsip_inv_session *session = live_session(dialog);
    pjsip_msg *msg = rdata->msg_info.msg;
    if (!session || !(session->cancelling || session->pending_cancel) ||
        msg->line.status.code != PJSIP_SC_SESSION_TIMER_TOO_SMALL)
        return;
    const pj_str_t name = {const_cast<char *>("Min-SE"), 6};
    while (void *header = pjsip_msg_find_hdr_by_name(msg, &name, NULL))
        pj_list_erase(header);
}

/* A phone among several has refused our PRACK with 481, or has not answered it: the others may
 * ring on (RFC 3261 §13.2.2.4). PJSIP would end the call with either status (§12.2.1.2). */
inline void keep_other_forks(const LegDialog *leg, pjsip_transaction *transaction)
{
    const int status = transaction->status_code;
    if (leg->fork_count > 1 && pjsip_method_cmp(&transaction->method, pjsip_get_prack_method()) == 0 &&
        (status == PJSIP_SC_CALL_TSX_DOES_NOT_EXIST || status == PJSIP_SC_REQUEST_TIMEOUT))
        transaction->status_code = PJSIP_SC_INTERNAL_SERVER_ERROR;
}

inline void on_dialog_transaction(pjsip_transaction *transaction, pjsip_event *event)
{
    pjsip_dialog *dialog = pjsip_tsx_get_dlg(transaction);
    LegDialog *leg = leg_of(dialog);
    if (!leg || event->type != PJSIP_EVENT_TSX_STATE)
        return;
    keep_reachable(dialog, leg);
    bool is_ours = transaction->role == PJSIP_ROLE_UAC;
    if (transaction->method.id == PJSIP_BYE_METHOD) {
        if (is_ours)
            on_our_bye(dialog, transaction, event);
        else
            on_their_bye(dialog, leg, transaction, event);
    } else if (is_ours && leg->answered_by) {
        on_our_refresh(dialog, event);
    } else if (is_ours && transaction->method.id == PJSIP_OTHER_METHOD) {
        keep_other_forks(leg, transaction);
    } else if (transaction->method.id == PJSIP_INVITE_METHOD) {
        if (!is_ours) {
            on_their_invite(dialog, transaction, event);
        } else if (event->body.tsx_state.type == PJSIP_EVENT_RX_MSG) {
            on_invite_response(dialog, leg, event->body.tsx_state.src.rdata);
            end_if_cancelled(dialog, event->body.tsx_state.src.rdata);
        } else if (transaction->state == PJSIP_TSX_STATE_TERMINATED) {
            cancel_lost(transaction, event);
            on_invite_over(dialog, transaction, event);
        }
    }
}

/* -- what leaves --------------------------------------------------------------- */

inline void copy_credentials(pjsip_tx_data *ack, const pjsip_tx_data *invite)
{
    if (pjsip_msg_find_hdr(ack->msg, PJSIP_H_AUTHORIZATION, NULL) ||
        pjsip_msg_find_hdr(ack->msg, PJSIP_H_PROXY_AUTHORIZATION, NULL))
        return;
    const pjsip_msg *msg = invite->msg;
    for (const pjsip_hdr *header = msg->hdr.next; header != &msg->hdr; header = header->next)
        if (header->type == PJSIP_H_AUTHORIZATION ||
            header->type == PJSIP_H_PROXY_AUTHORIZATION)
            pjsip_msg_add_hdr(ack->msg, static_cast<pjsip_hdr *>(
                                            pjsip_hdr_clone(ack->pool, header)));
}

/* PJSIP would send the ACK of an answer that it hangs up at once a second time, behind BYE. */
inline bool is_needless(const LegDialog *leg)
{
    return leg->is_hung_up && leg->is_acknowledged &&
           leg->acknowledged_at == responses_received();
}

inline pj_status_t on_tx_ack(pjsip_dialog *dialog, LegDialog *leg, pjsip_tx_data *tdata)
{
    if (is_needless(leg))
        return PJ_EIGNORED;
    const pjsip_inv_session *session = live_session(dialog);
    if (session && session->invite_req)
        copy_credentials(tdata, session->invite_req);
    if (is_being_hung_up(dialog)) /* else on_confirmed() tells it */
        push_sent(dialog->call_id->id, "ACK", std::string());
    leg->is_acknowledged = true;
    leg->acknowledged_at = responses_received();
    return PJ_SUCCESS;
}

inline void acknowledge(pjsip_dialog *dialog, LegDialog *leg)
{
    pjsip_inv_session *session = live_session(dialog);
    pjsip_tx_data *ack;
    if (session && pjsip_inv_create_ack(session, leg->answered_by, &ack) == PJ_SUCCESS)
        pjsip_dlg_send_request(dialog, ack, -1, NULL);
}

inline void on_tx_bye(pjsip_dialog *dialog, LegDialog *leg, const pjsip_tx_data *tdata)
{
    if (leg->answered_by && !leg->is_acknowledged)
        acknowledge(dialog, leg);
    std::string reason = leg->unusable.slen ? text(leg->unusable) : reason_of(tdata->msg);
    leg->is_hung_up = true;
    push_sent(dialog->call_id->id, "BYE", std::move(reason));
}

inline bool is_lost(const pjsip_cid_hdr *call_id)
{
    const SentInvite *invite = sent_invites().find(call_id);
    return invite && invite->is_lost;
}

inline pj_status_t on_tx_of_dialog(pjsip_tx_data *tdata)
{
    const pjsip_msg *msg = tdata->msg;
    const pjsip_cid_hdr *call_id = PJSIP_MSG_CID_HDR(msg);
    pjsip_dialog *dialog = pjsip_tdata_get_dlg(tdata);
    LegDialog *leg = leg_of(dialog);
    switch (msg->line.req.method.id) {
    case PJSIP_INVITE_METHOD:
        if (PJSIP_MSG_TO_HDR(msg)->tag.slen == 0) {
            note_sent_invite(tdata);
            push_sent(call_id->id, "INVITE", std::string());
        }
        return PJ_SUCCESS;
    case PJSIP_CANCEL_METHOD:
        if (!is_lost(call_id)) /* else its leg has ended with the connection */
            push_sent(call_id->id, "CANCEL", reason_of(msg));
        return PJ_SUCCESS;
    case PJSIP_ACK_METHOD:
        return leg && leg->answered_by ? on_tx_ack(dialog, leg, tdata) : PJ_SUCCESS;
    case PJSIP_BYE_METHOD:
        if (leg)
            on_tx_bye(dialog, leg, tdata);
        return PJ_SUCCESS;
    default:
        return PJ_SUCCESS;
    }
}

/* The invite session of a call is confirmed: its ACK is on its way. */
inline void on_confirmed(pjsip_inv_session *session)
{
    const LegDialog *leg = leg_of(session->dlg);
    if (leg && !leg->is_hung_up)
        push_sent(session->dlg->call_id->id, "ACK", std::string());
}

inline pjsip_module &dialog_events()
{
    static pjsip_module module;
    if (module.name.slen == 0) {
        pj_bzero(&module, sizeof(module));
        module.name = pj_str(const_cast<char *>("mod-outring-dialog-events"));
        module.id = -1;
        module.priority = PJSIP_MOD_PRIORITY_DIALOG_USAGE - 1; /* before invite sessions */
        module.on_tx_request = &on_tx_of_dialog;
    }
    return module;
}

inline pj_status_t start_dialog_events()
{
    dialog_events().on_tsx_state = &on_dialog_transaction;
    return pjsip_endpt_register_module(pjsua_get_pjsip_endpt(), &dialog_events());
}

/* PJSIP's end tells of transactions whose listeners are gone already. */
inline void stop_dialog_events()
{
    dialog_events().on_tsx_state = NULL;
}

/* Follow the dialog of a call whose INVITE has just been sent. */
inline void follow_dialog(pjsip_dialog *dialog)
{
    LegDialog *leg = PJ_POOL_ZALLOC_T(dialog->pool, LegDialog);
    leg->first_target = dialog->target;
    pjsip_dlg_add_usage(dialog, &dialog_events(), leg);
}

} // namespace outring

#endif
