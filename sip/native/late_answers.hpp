/* A 2xx that comes for an INVITE of ours and belongs to none of its dialogs any more, or to
 * none of them yet: another phone has answered, behind the final response or beside the
 * first 2xx. It is acknowledged and hung up (RFC 3261 §13.2.2.4), or that phone would stay
 * answered, with silence.
 *
 * PJSIP does so only beside a first 2xx, and while it keeps the dialog: where the final
 * response was another one its transaction takes the 2xx for a retransmission of that, and
 * sends the ACK of a transaction. So this module looks before the transactions do.
 */
#ifndef OUTRING_LATE_ANSWERS_HPP
#define OUTRING_LATE_ANSWERS_HPP

#include "sent_invites.hpp"

#include <pjsua-lib/pjsua.h>

namespace outring {

/* How many responses have come: what happens at the same number is caused by the same one. */
inline unsigned &responses_received()
{
    static unsigned count = 0;
    return count;
}

inline bool is_2xx_to_invite(const pjsip_rx_data *rdata)
{
    return rdata->msg_info.cseq->method.id == PJSIP_INVITE_METHOD &&
           rdata->msg_info.msg->line.status.code / 100 == 2;
}

/* Whether a 2xx to the INVITE of *dialog* has come by its transaction (dialog_events.hpp). */
inline bool is_answered(pjsip_dialog *dialog);

/* Whether the INVITE of *dialog* has had as many provisional responses as are taken. */
inline bool has_rung_too_often(pjsip_dialog *dialog);

inline bool is_to_be_dropped(const pjsip_rx_data *rdata)
{
    const int status = rdata->msg_info.msg->line.status.code;
    if (rdata->msg_info.cseq->method.id != PJSIP_INVITE_METHOD || status / 100 != 1)
        return false;
    pjsip_transaction *transaction = find_client_transaction(rdata);
    return transaction && has_rung_too_often(pjsip_tsx_get_dlg(transaction));
}

/* Whether a transaction of PJSIP's is there for an answer, or a dialog that knows it. */
inline bool is_expected(const pjsip_rx_data *rdata)
{
    const pjsip_transaction *transaction = find_client_transaction(rdata);
    if (transaction)
        return transaction->state < PJSIP_TSX_STATE_COMPLETED ||
               transaction->status_code / 100 == 2;
    pjsip_dialog *dialog =
        pjsip_ua_find_dialog(&rdata->msg_info.cid->id, &rdata->msg_info.from->tag,
                             &rdata->msg_info.to->tag, PJ_FALSE);
    return dialog && is_answered(dialog);
}

/* A request within the dialog that *answer* would have made. */
inline pjsip_tx_data *request_to_fork(const pjsip_rx_data *answer, const pjsip_method *method,
                                      pjsip_uri *target, int cseq)
{
    pjsip_tx_data *tdata;
    if (pjsip_endpt_create_request_from_hdr(
            pjsua_get_pjsip_endpt(), method, target, answer->msg_info.from,
            answer->msg_info.to, NULL, answer->msg_info.cid, cseq, NULL,
            &tdata) != PJ_SUCCESS)
        return NULL;
    /* The route set is Record-Route in reverse order (§12.1.2): each goes before the last. */
    pjsip_hdr *first = NULL;
    const pjsip_msg *msg = answer->msg_info.msg;
    for (const pjsip_hdr *header = msg->hdr.next; header != &msg->hdr; header = header->next) {
        if (header->type != PJSIP_H_RECORD_ROUTE)
            continue;
        const pjsip_rr_hdr *recorded = reinterpret_cast<const pjsip_rr_hdr *>(header);
        pjsip_route_hdr *route = pjsip_route_hdr_create(tdata->pool);
        pjsip_name_addr_assign(tdata->pool, &route->name_addr, &recorded->name_addr);
        if (first)
            pj_list_insert_before(first, route);
        else
            pjsip_msg_add_hdr(tdata->msg, reinterpret_cast<pjsip_hdr *>(route));
        first = reinterpret_cast<pjsip_hdr *>(route);
    }
    return tdata;
}

/* Where an INVITE went, as a URI. */
inline pjsip_uri *to_uri(const pjsip_server_address_record &destination, pj_pool_t *pool)
{
    pjsip_sip_uri *uri = pjsip_sip_uri_create(pool, PJ_FALSE);
    char address[PJ_INET6_ADDRSTRLEN];
    pj_sockaddr_print(&destination.addr, address, sizeof(address), 0);
    pj_strdup2(pool, &uri->host, address);
    uri->port = pj_sockaddr_get_port(&destination.addr);
    const unsigned flags = pjsip_transport_get_flag_from_type(destination.type);
    if (!(flags & PJSIP_TRANSPORT_DATAGRAM))
        pj_strdup2(pool, &uri->transport_param,
                   flags & PJSIP_TRANSPORT_SECURE ? "tls" : "tcp");
    return reinterpret_cast<pjsip_uri *>(uri);
}

/* The remote target of a fork; where its Contact names none that SIP can reach, ACK and BYE
 * go where the INVITE went. */
inline pjsip_uri *target_of_fork(const SentInvite &invite, pjsip_rx_data *answer)
{
    const pjsip_contact_hdr *contact = static_cast<pjsip_contact_hdr *>(
        pjsip_msg_find_hdr(answer->msg_info.msg, PJSIP_H_CONTACT, NULL));
    const bool is_sip = contact && contact->uri &&
                        (PJSIP_URI_SCHEME_IS_SIP(contact->uri) ||
                         PJSIP_URI_SCHEME_IS_SIPS(contact->uri));
    return is_sip ? contact->uri : to_uri(invite.destination, answer->tp_info.pool);
}

inline void end_fork(SentInvite &invite, pjsip_rx_data *answer)
{
    pjsip_uri *target = target_of_fork(invite, answer);
    std::string tag = text(answer->msg_info.to->tag);
    if (tag.empty() ||
        (invite.hung_up.size() >= MAX_FORKS && !invite.hung_up.count(tag)))
        return;
    pjsip_endpoint *endpoint = pjsua_get_pjsip_endpt();
    int cseq = answer->msg_info.cseq->cseq;
    pjsip_tx_data *ack =
        request_to_fork(answer, pjsip_get_ack_method(), target, cseq);
    if (ack && pjsip_endpt_send_request_stateless(endpoint, ack, NULL, NULL) != PJ_SUCCESS)
        pjsip_tx_data_dec_ref(ack);
    if (!invite.hung_up.insert(tag).second)
        return; /* a retransmission: only the ACK was lost */
    push(NativeEvent{LATE_ANSWER, 0, text(answer->msg_info.cid->id), 0,
                answer->msg_info.msg->line.status.code, "", ""});
    pjsip_tx_data *bye =
        request_to_fork(answer, pjsip_get_bye_method(), target, cseq + 1);
    if (bye)
        pjsip_endpt_send_request(endpoint, bye, -1, NULL, NULL);
}

inline pj_bool_t on_rx_answer(pjsip_rx_data *rdata)
{
    ++responses_received();
    if (is_to_be_dropped(rdata))
        return PJ_TRUE;
    if (!is_2xx_to_invite(rdata) || is_expected(rdata))
        return PJ_FALSE;
    SentInvite *invite = sent_invites().find(rdata->msg_info.cid);
    /* Others could make us send requests to wherever their Contact says. */
    if (invite && invite->from_tag == text(rdata->msg_info.from->tag) &&
        invite->branches.count(text(rdata->msg_info.via->branch_param)))
        end_fork(*invite, rdata);
    return PJ_TRUE;
}

inline pjsip_module &late_answers()
{
    static pjsip_module module;
    if (module.name.slen == 0) {
        pj_bzero(&module, sizeof(module));
        module.name = pj_str(const_cast<char *>("mod-outring-late-answers"));
        module.id = -1;
        module.priority = PJSIP_MOD_PRIORITY_TSX_LAYER - 1;
        module.on_rx_response = &on_rx_answer;
    }
    return module;
}

} // namespace outring

#endif
