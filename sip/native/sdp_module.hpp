/* Every session description of a far end passes here before PJSIP reads it.
 *
 * The reader stands before the transaction layer and puts the text that
 * session_description.hpp writes in place of the one that came. Where a description cannot
 * be used it takes the body away: a provisional response then rings on, and a 2xx is one
 * without SDP. Behind the transaction layer, which knows repetitions, the refuser answers
 * an offer that cannot be used with 488 (RFC 3261 section 14.2): the call goes on as it was.
 * What was wrong is kept with the message as long as that is processed, and told to Python
 * as SDP (event_queue.hpp).
 */
#ifndef OUTRING_SDP_MODULE_HPP
#define OUTRING_SDP_MODULE_HPP

#include <pjsua2.hpp>
#include <pjsua-lib/pjsua.h>
#include <pjsua-lib/pjsua_internal.h>

#include "invite_session.hpp"
#include "event_queue.hpp"
#include "session_description.hpp"

#include <cstring>
#include <string>
#include <vector>

namespace outring {

static_assert(MAX_MEDIA_LINES == PJMEDIA_MAX_SDP_MEDIA, "one number in two places");
static_assert(MAX_FORMATS == PJMEDIA_MAX_SDP_FMT, "one number in two places");

/* What the reader found in a message, in the memory of that message. */
struct SdpFinding {
    int warning;
    const char *problem; /* why the description cannot be used */
};

inline std::vector<std::string> &our_codecs()
{
    static std::vector<std::string> instance;
    return instance;
}

/* Remember the codecs that are in use; once they have their priorities. */
inline void note_codecs()
{
    pjmedia_codec_info infos[PJMEDIA_CODEC_MGR_MAX_CODECS];
    unsigned priorities[PJMEDIA_CODEC_MGR_MAX_CODECS];
    unsigned count = PJMEDIA_CODEC_MGR_MAX_CODECS;
    pjmedia_codec_mgr *manager = pjmedia_endpt_get_codec_mgr(pjsua_get_pjmedia_endpt());
    our_codecs().clear();
    if (pjmedia_codec_mgr_enum_codecs(manager, &count, infos, priorities) != PJ_SUCCESS)
        return;
    for (unsigned i = 0; i < count; ++i) {
        char name[64];
        if (priorities[i] != PJMEDIA_CODEC_PRIO_DISABLED)
            our_codecs().push_back(pjmedia_codec_info_to_id(&infos[i], name, sizeof(name)));
    }
}

/* -- which call, and which body ------------------------------------------------------ */

/* The dialog that *rdata* belongs to, if there is one. */
inline pjsip_dialog *dialog_of(pjsip_rx_data *rdata)
{
    const pjsip_msg *msg = rdata->msg_info.msg;
    if (msg->type == PJSIP_REQUEST_MSG && !rdata->msg_info.to->tag.slen)
        return NULL;
    if (msg->type == PJSIP_REQUEST_MSG)
        return pjsip_ua_find_dialog(&rdata->msg_info.cid->id, &rdata->msg_info.to->tag,
                                    &rdata->msg_info.from->tag, PJ_FALSE);
    pj_str_t key;
    if (pjsip_tsx_create_key(rdata->tp_info.pool, &key, PJSIP_ROLE_UAC,
                             &rdata->msg_info.cseq->method, rdata) != PJ_SUCCESS)
        return NULL;
    pjsip_transaction *transaction = pjsip_tsx_layer_find_tsx(&key, PJ_FALSE);
    return transaction ? pjsip_tsx_get_dlg(transaction) : NULL;
}

inline pjsip_inv_session *session_of(pjsip_rx_data *rdata)
{
    pjsip_dialog *dialog = dialog_of(rdata);
    return dialog ? live_session(dialog) : NULL;
}

/* The family of the address that we have told the far end, 0 where we have told none. */
inline int family_of(pjsip_inv_session *session)
{
    const pjmedia_sdp_session *ours = NULL;
    if (!session || !session->neg ||
        (pjmedia_sdp_neg_get_neg_local(session->neg, &ours) != PJ_SUCCESS &&
         pjmedia_sdp_neg_get_active_local(session->neg, &ours) != PJ_SUCCESS))
        return 0;
    const pjmedia_sdp_conn *connection =
        ours->media_count && ours->media[0]->conn ? ours->media[0]->conn : ours->conn;
    if (!connection)
        return 0;
    return pj_stricmp2(&connection->addr_type, "IP6") ? AF_INET : AF_INET6;
}

/* The body, or part of it, that PJSIP will read as the description; NULL without one. */
inline pjsip_msg_body *description_in(pjsip_rx_data *rdata)
{
    pjsip_msg_body *body = rdata->msg_info.msg->body;
    pjsip_media_type sdp;
    pjsip_media_type_init2(&sdp, const_cast<char *>("application"),
                           const_cast<char *>("sdp"));
    if (!body || !rdata->msg_info.ctype)
        return NULL;
    const pjsip_media_type &type = rdata->msg_info.ctype->media;
    if (!pjsip_media_type_cmp(&type, &sdp, PJ_FALSE))
        return body;
    if (pj_stricmp2(&type.type, "multipart"))
        return NULL;
    pjsip_multipart_part *part = pjsip_multipart_find_part(body, &sdp, NULL);
    return part ? part->body : NULL;
}

/* Whether a body of *rdata* can be an offer or an answer (RFC 6337 section 2). */
inline bool may_describe(const pjsip_rx_data *rdata)
{
    const pjsip_msg *msg = rdata->msg_info.msg;
    const pj_str_t &method = rdata->msg_info.cseq->method.name;
    if (msg->type == PJSIP_RESPONSE_MSG && msg->line.status.code >= 300)
        return false;
    return !pj_strcmp2(&method, "INVITE") || !pj_strcmp2(&method, "ACK") ||
           !pj_strcmp2(&method, "UPDATE") || !pj_strcmp2(&method, "PRACK");
}

inline bool is_answer(const pjsip_rx_data *rdata)
{
    return rdata->msg_info.msg->type == PJSIP_RESPONSE_MSG ||
           rdata->msg_info.cseq->method.id == PJSIP_ACK_METHOD;
}

/* -- the reader ---------------------------------------------------------------------- */

inline pjsip_module &sdp_reader();

/* Put *text* in place of what *body* held. */
inline void rewrite(pjsip_rx_data *rdata, pjsip_msg_body *body, const std::string &text)
{
    char *copy = static_cast<char *>(pj_pool_alloc(rdata->tp_info.pool, text.size() + 1));
    std::memcpy(copy, text.c_str(), text.size() + 1);
    body->data = copy;
    body->len = static_cast<unsigned>(text.size());
}

inline void note_problem(pjsip_rx_data *rdata, const SdpProblem &problem)
{
    pj_pool_t *pool = rdata->tp_info.pool;
    SdpFinding *finding = PJ_POOL_ZALLOC_T(pool, SdpFinding);
    char *text = static_cast<char *>(pj_pool_alloc(pool, problem.text.size() + 1));
    std::memcpy(text, problem.text.c_str(), problem.text.size() + 1);
    finding->warning = problem.warning;
    finding->problem = text;
    rdata->endpt_info.mod_data[sdp_reader().id] = finding;
}

inline const SdpFinding *finding_of(const pjsip_rx_data *rdata)
{
    return static_cast<const SdpFinding *>(rdata->endpt_info.mod_data[sdp_reader().id]);
}

/* Why the description in *rdata*, which is no longer there, cannot be used, in words for a
 * person; empty if it can, or if there was none. While the message is processed. */
inline std::string unusable_sdp(const pjsip_rx_data *rdata)
{
    const SdpFinding *finding = finding_of(rdata);
    return finding ? finding->problem : "";
}

/* Take the body out of a message: PJSIP then sees it without a description. */
inline void strip_body(pjsip_rx_data *rdata)
{
    rdata->msg_info.msg->body = NULL;
}

inline void tell_problem(const pjsip_rx_data *rdata, const SdpProblem &problem, bool is_last)
{
    const pjsip_msg *msg = rdata->msg_info.msg;
    const int status = msg->type == PJSIP_RESPONSE_MSG ? msg->line.status.code : 0;
    const pj_str_t &leg = rdata->msg_info.cid->id, &method = rdata->msg_info.cseq->method.name;
    push(NativeEvent{SDP, 0, std::string(leg.ptr, leg.slen), is_last, status,
                std::string(method.ptr, method.slen), problem.text});
}

inline void read_description_in(pjsip_rx_data *rdata)
{
    pjsip_msg_body *body = description_in(rdata);
    pjsip_inv_session *session = session_of(rdata);
    if (!session)
        return; /* nobody reads it */
    if (!body) {
        /* Another body than SDP beside a response tells nothing of the media. */
        if (is_answer(rdata))
            strip_body(rdata);
        return;
    }
    OurMedia ours;
    ours.codecs = our_codecs();
    ours.family = family_of(session);
    ours.is_answering = !is_answer(rdata);
    const ReadDescription description = read_description(
        std::string(static_cast<const char *>(body->data), body->len), ours);
    if (!description.problem.exists()) {
        rewrite(rdata, body, description.text);
        return;
    }
    const bool is_awaited = session->neg && pjmedia_sdp_neg_get_state(session->neg) ==
                                                PJMEDIA_SDP_NEG_STATE_LOCAL_OFFER;
    note_problem(rdata, description.problem);
    strip_body(rdata);
    /* The far end of an offer in our 2xx has no other place for its answer than the ACK. */
    const bool is_last = is_awaited && rdata->msg_info.cseq->method.id == PJSIP_ACK_METHOD &&
                         rdata->msg_info.msg->type == PJSIP_REQUEST_MSG;
    tell_problem(rdata, description.problem, is_last);
}

inline pj_bool_t on_rx_description(pjsip_rx_data *rdata)
{
    if (rdata->msg_info.msg->body && may_describe(rdata))
        read_description_in(rdata);
    return PJ_FALSE;
}

inline pjsip_module &sdp_reader()
{
    static pjsip_module module;
    if (module.name.slen == 0) {
        std::memset(&module, 0, sizeof(module));
        module.name = pj_str(const_cast<char *>("mod-outring-sdp-reader"));
        module.id = -1;
        module.priority = PJSIP_MOD_PRIORITY_TSX_LAYER - 1;
        module.on_rx_request = &on_rx_description;
        module.on_rx_response = &on_rx_description;
    }
    return module;
}

/* -- the refuser --------------------------------------------------------------------- */

/* Answer *rdata* with 488, and say why in a Warning (RFC 3261 section 20.43). */
inline void refuse_offer(pjsip_rx_data *rdata, const SdpFinding &finding, pjsip_module *module)
{
    pj_pool_t *pool = rdata->tp_info.pool;
    pjsip_endpoint *endpoint = pjsua_get_pjsip_endpt();
    pj_str_t text = pj_str(const_cast<char *>(finding.problem));
    pjsip_hdr headers;
    pj_list_init(&headers);
    pj_list_push_back(&headers,
                      pjsip_warning_hdr_create(pool, finding.warning,
                                               pjsip_endpt_name(endpoint), &text));
    pjsip_endpt_respond(endpoint, module, rdata, PJSIP_SC_NOT_ACCEPTABLE_HERE, NULL, &headers,
                        NULL, NULL);
}

inline pjsip_module &offer_refuser();

/* PJSIP has its own answers where there is no call, or where the request comes too late. */
inline pj_bool_t on_rx_offer_unusable(pjsip_rx_data *rdata)
{
    const SdpFinding *finding = finding_of(rdata);
    if (!finding || is_answer(rdata))
        return PJ_FALSE;
    const pjsip_dialog *dialog = dialog_of(rdata);
    const pjsip_inv_session *session = session_of(rdata);
    if (!session || session->state == PJSIP_INV_STATE_DISCONNECTED ||
        rdata->msg_info.cseq->cseq <= dialog->remote.cseq)
        return PJ_FALSE;
    refuse_offer(rdata, *finding, &offer_refuser());
    return PJ_TRUE;
}

inline pjsip_module &offer_refuser()
{
    static pjsip_module module;
    if (module.name.slen == 0) {
        std::memset(&module, 0, sizeof(module));
        module.name = pj_str(const_cast<char *>("mod-outring-offer-refuser"));
        module.id = -1;
        module.priority = PJSIP_MOD_PRIORITY_UA_PROXY_LAYER - 1;
        module.on_rx_request = &on_rx_offer_unusable;
    }
    return module;
}

/* Once PJSIP runs and the codecs have their priorities. */
inline pj_status_t start_sdp()
{
    note_codecs();
    pjsip_endpoint *endpoint = pjsua_get_pjsip_endpt();
    const pj_status_t status = pjsip_endpt_register_module(endpoint, &sdp_reader());
    return status == PJ_SUCCESS ? pjsip_endpt_register_module(endpoint, &offer_refuser())
                                : status;
}

} // namespace outring

/* What the reader makes of *text*: the text for PJMEDIA, and why it cannot be used, one of
 * both empty. *codecs* as "PCMU/8000/1", none: all; *family* 4, 6, or 0 for any. No PJSIP
 * has to run. */
inline std::vector<std::string> outring_read_sdp(const std::string &text,
                                                 const std::vector<std::string> &codecs,
                                                 int family, bool is_offer)
{
    outring::OurMedia ours;
    ours.codecs = codecs;
    ours.family = family == 4 ? AF_INET : family == 6 ? AF_INET6 : 0;
    ours.is_answering = is_offer;
    const outring::ReadDescription description = outring::read_description(text, ours);
    return std::vector<std::string>{description.text, description.problem.text};
}

#endif
