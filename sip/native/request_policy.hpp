/* Requests that come, and what is answered to each: one table, RULES.
 *
 * A user agent that only calls out needs few of them. All others are answered here,
 * between PJSIP's transaction layer and its dialogs, so that neither PJSUA's handlers nor
 * its event packages ever see them: a REFER dials nothing, an INVITE with Replaces takes no
 * call over, a SUBSCRIBE leaves nothing behind. The answers are stateless (RFC 3261 §8.2.7):
 * no transaction, no dialog, no timer and no line of a log is kept of a request, only a count.
 *
 * Allow, Supported and Accept of everything that we send are made of what stands here.
 */
#ifndef OUTRING_REQUEST_POLICY_HPP
#define OUTRING_REQUEST_POLICY_HPP

#include "info_digits.hpp"
#include "invite_session.hpp"
#include "play_record_port.hpp"
#include "sent_invites.hpp"

#include <Python.h>
#include <pjsip.h>
#include <pjsip_simple.h>

#include <cstdio>
#include <cstring>
#include <iterator>
#include <map>
#include <mutex>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace outring {

/* Whether the outcome of a REFER of ours in the call with this Call-ID is still awaited. */
inline bool awaits_notify(const pj_str_t &call_id);

/* A BYE before the answer was answered (dialog_events.hpp). */
inline void note_early_bye(pjsip_dialog *dialog, const pjsip_rx_data *rdata);

/* Whether a BYE of ours has left within the dialog (dialog_events.hpp). */
inline bool has_sent_bye(pjsip_dialog *dialog);

/* See dialog_events.hpp. */
inline bool is_ringing_fork(pjsip_dialog *dialog, const pj_str_t &tag);
inline pj_int32_t &last_number(pjsip_dialog *dialog, const pj_str_t &tag);
inline bool has_refreshed_too_often(pjsip_dialog *dialog);
inline void count_refresh(pjsip_dialog *dialog);

namespace policy {

/* Where a request stands, as bits. */
enum Place {
    IN_DIALOG = 1,      /* of a call of ours: its Call-ID and both tags */
    OUTSIDE_DIALOG = 2, /* without a To tag */
    UNKNOWN_DIALOG = 4, /* with a To tag that is nobody's */
    ANYWHERE = 7
};

/* What a rule asks of a request beside its method. */
enum Condition {
    ALWAYS,
    CSEQ_OF_ANOTHER_METHOD,
    WITH_REPLACES,
    REQUIRES_UNSUPPORTED,
    BEFORE_ANSWER,
    BEHIND_OUR_BYE,
    TOO_OFTEN,
    OF_PENDING_INVITE,
    OF_OWN_REFER,
    WITH_INFO_PACKAGE,
    WITHOUT_BODY,
    WITH_DIGIT,
    WITHOUT_DIGIT
};

/* In the order of Condition, for Python. */
const char *const CONDITIONS[] = {
    "",
    "CSeq of another method",
    "Replaces",
    "Require of an extension that is not supported",
    "the call is not answered",
    "our BYE has left",
    "too often",
    "INVITE that it cancels is known",
    "Event of our REFER",
    "Info-Package",
    "no body",
    "body is a DTMF digit",
    "body should be a DTMF digit and is none"
};

/* What stands in place of a status. */
enum Answer {
    PASS = 0,    /* PJSIP goes on with it */
    SILENCE = -1 /* an ACK is never answered (RFC 3261 §17) */
};

const char *const ANY_METHOD = "*";

struct Rule {
    int places;
    const char *method;
    Condition condition;
    int answer; /* a status, or an Answer */
};

/* The first rule that fits counts. The order of the checks is that of RFC 3261 §8.2: the
 * method, the Request-URI (404: nobody can be called here), Require, the body. */
const Rule RULES[] = {
    {IN_DIALOG, "ACK", ALWAYS, PASS},
    {OUTSIDE_DIALOG | UNKNOWN_DIALOG, "ACK", ALWAYS, SILENCE},
    {ANYWHERE, ANY_METHOD, CSEQ_OF_ANOTHER_METHOD, 400}, /* §8.1.1.5 */

    /* With our BYE the session is over (§15.1.1); a BYE that crosses it gets its 200. */
    {IN_DIALOG, "INVITE", BEHIND_OUR_BYE, 481},
    {IN_DIALOG, "INVITE", WITH_REPLACES, 420},
    {IN_DIALOG, "INVITE", REQUIRES_UNSUPPORTED, 420},
    {IN_DIALOG, "INVITE", TOO_OFTEN, 503},
    {IN_DIALOG, "INVITE", ALWAYS, PASS},
    /* Callees must not send it (§15). With it one fork leaves; the others may ring on. */
    {IN_DIALOG, "BYE", BEFORE_ANSWER, 200},
    {IN_DIALOG, "BYE", ALWAYS, PASS}, /* whatever it requires: the far end is leaving */
    {IN_DIALOG, "CANCEL", OF_PENDING_INVITE, PASS},
    {IN_DIALOG, "CANCEL", ALWAYS, 481},
    {IN_DIALOG, "UPDATE", BEHIND_OUR_BYE, 481},
    {IN_DIALOG, "UPDATE", REQUIRES_UNSUPPORTED, 420},
    {IN_DIALOG, "UPDATE", TOO_OFTEN, 503},
    {IN_DIALOG, "UPDATE", ALWAYS, PASS},
    {IN_DIALOG, "PRACK", ALWAYS, 481}, /* RFC 3262 §3: we send no reliable response */
    {IN_DIALOG, "INFO", BEHIND_OUR_BYE, 481},
    {IN_DIALOG, "INFO", REQUIRES_UNSUPPORTED, 420},
    {IN_DIALOG, "INFO", WITH_INFO_PACKAGE, 469}, /* RFC 6086 §4.2.2 */
    {IN_DIALOG, "INFO", WITHOUT_BODY, 200},
    {IN_DIALOG, "INFO", WITH_DIGIT, 200},
    {IN_DIALOG, "INFO", WITHOUT_DIGIT, 400},
    {IN_DIALOG, "INFO", ALWAYS, 415},
    {IN_DIALOG, "OPTIONS", REQUIRES_UNSUPPORTED, 420},
    {IN_DIALOG, "OPTIONS", ALWAYS, 200}, /* RFC 3261 §11.2 */
    {IN_DIALOG, "NOTIFY", REQUIRES_UNSUPPORTED, 420},
    {IN_DIALOG, "NOTIFY", TOO_OFTEN, 503},
    {IN_DIALOG, "NOTIFY", OF_OWN_REFER, PASS}, /* RFC 3515 §2.4.4 */
    {IN_DIALOG, "NOTIFY", ALWAYS, 481},        /* RFC 6665 §4.1.3 */
    {IN_DIALOG, "SUBSCRIBE", ALWAYS, 489},     /* RFC 6665 §4.2.1.1 */
    {IN_DIALOG, "REFER", ALWAYS, 405},
    {IN_DIALOG, "MESSAGE", ALWAYS, 405},
    {IN_DIALOG, "PUBLISH", ALWAYS, 405},
    {IN_DIALOG, "REGISTER", ALWAYS, 405},
    {IN_DIALOG, ANY_METHOD, ALWAYS, 405},

    {OUTSIDE_DIALOG, "INVITE", ALWAYS, 404},
    {OUTSIDE_DIALOG, "OPTIONS", REQUIRES_UNSUPPORTED, 420},
    {OUTSIDE_DIALOG, "OPTIONS", ALWAYS, 200}, /* trunks ask whether we are alive */
    {OUTSIDE_DIALOG, "BYE", ALWAYS, 481},
    {OUTSIDE_DIALOG, "CANCEL", ALWAYS, 481},
    {OUTSIDE_DIALOG, "UPDATE", ALWAYS, 481},
    {OUTSIDE_DIALOG, "PRACK", ALWAYS, 481},
    {OUTSIDE_DIALOG, "INFO", ALWAYS, 481},
    {OUTSIDE_DIALOG, "NOTIFY", ALWAYS, 481},
    {OUTSIDE_DIALOG, "SUBSCRIBE", ALWAYS, 489},
    {OUTSIDE_DIALOG, "REFER", ALWAYS, 405},
    {OUTSIDE_DIALOG, "MESSAGE", ALWAYS, 405},
    {OUTSIDE_DIALOG, "PUBLISH", ALWAYS, 405},
    {OUTSIDE_DIALOG, "REGISTER", ALWAYS, 405},
    {OUTSIDE_DIALOG, ANY_METHOD, ALWAYS, 405},

    {UNKNOWN_DIALOG, ANY_METHOD, ALWAYS, 481} /* RFC 3261 §12.2.2 */
};

/* Extensions that we support (RFC 3262, RFC 4028); a Require may name no other. */
const char *const OPTION_TAGS[] = {"100rel", "timer"};

/* Bodies that we understand, in whatever request they may stand. */
const char *const MEDIA_TYPES[] = {"application/sdp", "application/dtmf-relay",
                                   "application/dtmf", "message/sipfrag"};

/* The one event package that we know, and only for our own REFER. */
const char *const EVENT_PACKAGE = "refer";

typedef std::vector<const char *> Tokens;

inline pj_str_t borrow(const char *value)
{
    return pj_str(const_cast<char *>(value));
}

/* Methods that are taken within a dialog, if not always and for everything. */
inline Tokens list_allowed_methods()
{
    Tokens methods;
    for (const Rule &rule : RULES) {
        bool is_refused = rule.answer == 405 || rule.answer == 489;
        if (!(rule.places & IN_DIALOG) || is_refused || !std::strcmp(rule.method, ANY_METHOD))
            continue;
        if (methods.empty() || std::strcmp(methods.back(), rule.method))
            methods.push_back(rule.method);
    }
    return methods;
}

/* -- which rule ------------------------------------------------------------------ */

inline bool is_supported(const pj_str_t &option_tag)
{
    for (const char *tag : OPTION_TAGS)
        if (pj_stricmp2(&option_tag, tag) == 0)
            return true;
    return false;
}

/* What the Require headers of *msg* name and we do not support. */
inline std::vector<pj_str_t> find_unsupported(const pjsip_msg *msg)
{
    std::vector<pj_str_t> tags;
    const void *next = NULL;
    while (const pjsip_require_hdr *header = static_cast<const pjsip_require_hdr *>(
               pjsip_msg_find_hdr(msg, PJSIP_H_REQUIRE, next))) {
        for (unsigned i = 0; i < header->count; ++i)
            if (!is_supported(header->values[i]))
                tags.push_back(header->values[i]);
        next = header->next;
        if (next == &msg->hdr)
            break;
    }
    return tags;
}

inline const void *find_header(const pjsip_msg *msg, const char *name, const char *compact)
{
    const pj_str_t full = borrow(name), brief = borrow(compact);
    return pjsip_msg_find_hdr_by_names(msg, &full, &brief, NULL);
}

inline bool is_of_own_refer(const pjsip_rx_data *rdata)
{
    const pjsip_event_hdr *event = static_cast<const pjsip_event_hdr *>(
        find_header(rdata->msg_info.msg, "Event", "o"));
    return event && pj_stricmp2(&event->event_type, EVENT_PACKAGE) == 0 &&
           awaits_notify(rdata->msg_info.cid->id);
}

/* Whether the INVITE that this CANCEL is for has a transaction of ours (RFC 3261 §9.2). */
inline bool is_of_pending_invite(const pjsip_rx_data *rdata)
{
    pj_str_t key;
    return pjsip_tsx_create_key(rdata->tp_info.pool, &key, PJSIP_ROLE_UAS,
                                pjsip_get_invite_method(), rdata) == PJ_SUCCESS &&
           pjsip_tsx_layer_find_tsx2(&key, PJ_FALSE);
}

/* PJSIP's dialog knows the last phone that has rung alone; this one may be another. */
inline pjsip_dialog *find_dialog_of_fork(const pjsip_rx_data *rdata)
{
    const SentInvite *invite = sent_invites().find(rdata->msg_info.cid);
    if (!invite || invite->tag.empty())
        return NULL;
    const pj_str_t tag = borrow(invite->tag.c_str());
    pjsip_dialog *dialog = pjsip_ua_find_dialog(&rdata->msg_info.cid->id,
                                                &rdata->msg_info.to->tag, &tag, PJ_FALSE);
    return is_ringing_fork(dialog, rdata->msg_info.from->tag) ? dialog : NULL;
}

/* The dialog of a call of ours that a request belongs to; NULL without one, or once the call
 * is over. Stricter than PJSIP, which does not look at the Call-ID. */
inline pjsip_dialog *find_dialog(const pjsip_rx_data *rdata)
{
    const pj_str_t &call_id = rdata->msg_info.cid->id;
    const pj_str_t &local = rdata->msg_info.to->tag;
    const pj_str_t not_known_yet = {NULL, 0};
    if (local.slen == 0)
        return NULL;
    pjsip_dialog *dialog =
        pjsip_ua_find_dialog(&call_id, &local, &rdata->msg_info.from->tag, PJ_FALSE);
    if (!dialog) /* the response that has told the far end's tag may have been lost */
        dialog = pjsip_ua_find_dialog(&call_id, &local, &not_known_yet, PJ_FALSE);
    if (!dialog)
        dialog = find_dialog_of_fork(rdata);
    return dialog && live_session(dialog) ? dialog : NULL;
}

/* Whether our INVITE has no 2xx yet. */
inline bool is_before_answer(const pjsip_dialog *dialog)
{
    return dialog && live_session(dialog)->state < PJSIP_INV_STATE_CONNECTING;
}

/* *dialog* is that of the request, here and in what follows; NULL without one. */
inline bool is_met(Condition condition, const pjsip_rx_data *rdata, pjsip_dialog *dialog)
{
    const pjsip_msg *msg = rdata->msg_info.msg;
    const bool has_body = msg->body && msg->body->len;
    switch (condition) {
    case ALWAYS: return true;
    case CSEQ_OF_ANOTHER_METHOD:
        return pjsip_method_cmp(&msg->line.req.method, &rdata->msg_info.cseq->method) != 0;
    case WITH_REPLACES: return find_header(msg, "Replaces", "Replaces");
    case REQUIRES_UNSUPPORTED: return !find_unsupported(msg).empty();
    case BEFORE_ANSWER: return is_before_answer(dialog);
    case TOO_OFTEN: return has_refreshed_too_often(dialog);
    case BEHIND_OUR_BYE: return has_sent_bye(dialog);
    case OF_PENDING_INVITE: return is_of_pending_invite(rdata);
    case OF_OWN_REFER: return is_of_own_refer(rdata);
    case WITH_INFO_PACKAGE: return find_header(msg, "Info-Package", "Info-Package");
    case WITHOUT_BODY: return !has_body;
    case WITH_DIGIT: return has_info_digit(msg->body) && read_info_digit(msg->body);
    case WITHOUT_DIGIT: return has_info_digit(msg->body);
    }
    return false;
}

inline Place find_place(const pjsip_rx_data *rdata, const pjsip_dialog *dialog)
{
    if (rdata->msg_info.to->tag.slen == 0)
        return OUTSIDE_DIALOG;
    return dialog ? IN_DIALOG : UNKNOWN_DIALOG;
}

inline const Rule &find_rule(Place place, const pjsip_rx_data *rdata, pjsip_dialog *dialog)
{
    const pj_str_t &method = rdata->msg_info.msg->line.req.method.name;
    const Rule *rule = RULES;
    while (!(rule->places & place) ||
           (pj_strcmp2(&method, rule->method) && std::strcmp(rule->method, ANY_METHOD)) ||
           !is_met(rule->condition, rdata, dialog))
        ++rule; /* the last ones of each place fit everything */
    return *rule;
}

/* -- counts ---------------------------------------------------------------------- */

/* *method* if the table names it: a far end must not invent labels. */
inline const char *find_label(const pj_str_t &method)
{
    for (const Rule &rule : RULES)
        if (std::strcmp(rule.method, ANY_METHOD) && pj_strcmp2(&method, rule.method) == 0)
            return rule.method;
    return "other";
}

/* Refused requests since the start of the process by method and status; 0: the answer was
 * not sent, since it would have been longer than the request. Python reads it from other
 * threads. What the table refuses is there from the beginning. */
struct Refused {
    typedef std::pair<std::string, int> Kind;
    Refused()
    {
        for (const Rule &rule : RULES)
            if (rule.answer >= 300)
                counts[Kind(find_label(borrow(rule.method)), rule.answer)] = 0;
    }
    std::mutex mutex;
    std::map<Kind, unsigned long> counts;
};

inline Refused &refused()
{
    static Refused instance;
    return instance;
}

inline void count_refused(const pj_str_t &method, int status)
{
    std::lock_guard<std::mutex> guard(refused().mutex);
    ++refused().counts[Refused::Kind(find_label(method), status)];
}

/* -- answers --------------------------------------------------------------------- */

inline void append(pjsip_tx_data *tdata, void *header)
{
    pjsip_msg_add_hdr(tdata->msg, static_cast<pjsip_hdr *>(header));
}

inline void append_text(pjsip_tx_data *tdata, const char *name, const char *value)
{
    const pj_str_t header = borrow(name), text = borrow(value);
    append(tdata, pjsip_generic_string_hdr_create(tdata->pool, &header, &text));
}

/* One of ours: Allow, Supported or Accept. */
inline void append_capability(pjsip_tx_data *tdata, pjsip_hdr_e type)
{
    append(tdata, pjsip_hdr_clone(tdata->pool, pjsip_endpt_get_capability(
                                                   pjsua_get_pjsip_endpt(), type, NULL)));
}

inline void append_unsupported(pjsip_tx_data *tdata, const pjsip_msg *request)
{
    pjsip_unsupported_hdr *header = pjsip_unsupported_hdr_create(tdata->pool);
    std::vector<pj_str_t> tags = find_unsupported(request);
    if (tags.empty()) /* then it is Replaces without Require */
        tags.push_back(borrow("replaces"));
    for (const pj_str_t &tag : tags)
        if (header->count < PJSIP_GENERIC_ARRAY_MAX_COUNT)
            pj_strdup(tdata->pool, &header->values[header->count++], &tag);
    append(tdata, header);
}

/* The headers that belong to *status*, the most important first. */
inline void append_headers(pjsip_tx_data *tdata, const pjsip_msg *request, int status)
{
    switch (status) {
    case 200:
        if (request->line.req.method.id != PJSIP_OPTIONS_METHOD)
            return;
        append_capability(tdata, PJSIP_H_ALLOW);
        append_capability(tdata, PJSIP_H_SUPPORTED);
        append_capability(tdata, PJSIP_H_ACCEPT);
        return;
    case 405: append_capability(tdata, PJSIP_H_ALLOW); return;
    case 415: append_capability(tdata, PJSIP_H_ACCEPT); return;
    case 420: append_unsupported(tdata, request); return;
    case 469: append_text(tdata, "Recv-Info", ""); return;
    case 489: append_text(tdata, "Allow-Events", EVENT_PACKAGE); return;
    case 503: append_text(tdata, "Retry-After", "32"); return;
    }
}

/* A To tag that is the same for the same request (RFC 3261 §8.2.7, §19.3). Shorter than
 * PJSIP's, which is the branch of the request. */
inline void append_tag(pjsip_tx_data *tdata, const pjsip_rx_data *rdata)
{
    static const pj_uint32_t secret = std::random_device()();
    pjsip_to_hdr *to = PJSIP_MSG_TO_HDR(tdata->msg);
    if (rdata->msg_info.to->tag.slen)
        return;
    const pj_str_t &branch = rdata->msg_info.via->branch_param;
    const pj_str_t &call_id = rdata->msg_info.cid->id;
    pj_uint32_t hash = pj_hash_calc(secret, branch.ptr, branch.slen);
    char digits[9];
    std::snprintf(digits, sizeof(digits), "%08x",
                  pj_hash_calc(hash, call_id.ptr, call_id.slen));
    pj_strdup2(tdata->pool, &to->tag, digits);
}

inline bool is_within(pjsip_tx_data *tdata, pj_ssize_t limit)
{
    pjsip_tx_data_invalidate_msg(tdata);
    return pjsip_tx_data_encode(tdata) == PJ_SUCCESS &&
           tdata->buf.cur - tdata->buf.start <= limit;
}

inline bool is_within_if_compact(pjsip_tx_data *tdata, pj_ssize_t limit)
{
    pjsip_cfg()->endpt.use_compact_form = PJ_TRUE;
    const bool is_short = is_within(tdata, limit);
    pjsip_cfg()->endpt.use_compact_form = PJ_FALSE;
    return is_short;
}

/* Let *tdata* be no longer than *limit* bytes: without its phrase, without the headers behind
 * CSeq, the last ones first, and at last with the compact names of headers (RFC 3261
 * §7.3.3). False if it is longer all the same. */
inline bool shorten(pjsip_tx_data *tdata, pj_ssize_t limit)
{
    pjsip_msg *msg = tdata->msg;
    const pj_str_t phrase = msg->line.status.reason;
    while (!is_within(tdata, limit)) {
        msg->line.status.reason.slen = 0;
        if (is_within(tdata, limit))
            return true;
        if (msg->hdr.prev->type == PJSIP_H_CSEQ)
            return is_within_if_compact(tdata, limit);
        pj_list_erase(msg->hdr.prev);
        msg->line.status.reason = phrase;
    }
    return true;
}

/* Where the response goes: over the transport of the request to its source. On UDP without
 * rport it is the port of the Via (RFC 3261 §18.2.2, RFC 3581 §4). */
inline pjsip_response_addr find_response_address(const pjsip_rx_data *rdata)
{
    pjsip_response_addr source;
    std::memset(&source, 0, sizeof(source));
    source.transport = rdata->tp_info.transport;
    source.addr = rdata->pkt_info.src_addr;
    source.addr_len = rdata->pkt_info.src_addr_len;
    const pjsip_via_hdr *via = rdata->msg_info.via;
    if (!PJSIP_TRANSPORT_IS_RELIABLE(source.transport) && via->rport_param < 0)
        pj_sockaddr_set_port(&source.addr, static_cast<pj_uint16_t>(
                                               via->sent_by.port ? via->sent_by.port : 5060));
    return source;
}

/* Whoever knows a dialog has seen our messages. Anybody else may have written the address
 * of a third party into a datagram, who must not get more than it has cost. */
inline bool may_be_long(const pjsip_rx_data *rdata, Place place)
{
    return place == IN_DIALOG || PJSIP_TRANSPORT_IS_RELIABLE(rdata->tp_info.transport);
}

/* Answer without a transaction. False if nothing was sent. */
inline bool answer(pjsip_rx_data *rdata, Place place, int status)
{
    pjsip_endpoint *endpoint = pjsua_get_pjsip_endpt();
    pjsip_tx_data *tdata;
    if (pjsip_endpt_create_response(endpoint, rdata, status, NULL, &tdata) != PJ_SUCCESS)
        return false;
    append_tag(tdata, rdata);
    append_headers(tdata, rdata->msg_info.msg, status);
    pjsip_response_addr source = find_response_address(rdata);
    if ((may_be_long(rdata, place) || shorten(tdata, rdata->msg_info.len)) &&
        pjsip_endpt_send_response(endpoint, &source, tdata, NULL, NULL) == PJ_SUCCESS)
        return true;
    pjsip_tx_data_dec_ref(tdata);
    return false;
}

/* How a request stands to the earlier ones of its dialog (RFC 3261 §12.2.2). */
enum Turn { NEXT, AGAIN, TOO_LATE };

/* What has its turn is the last one from now on; PJSIP has to see it as one, too, if it
 * *passes*. */
inline Turn take_turn(const pjsip_rx_data *rdata, pjsip_dialog *dialog, bool passes)
{
    const pj_int32_t number = rdata->msg_info.cseq->cseq;
    const pjsip_method_e method = rdata->msg_info.msg->line.req.method.id;
    if (!dialog || method == PJSIP_CANCEL_METHOD || method == PJSIP_ACK_METHOD)
        return NEXT;
    pj_int32_t &last = last_number(dialog, rdata->msg_info.from->tag);
    dialog->remote.cseq = last; /* of this phone, for PJSIP, which has one number for all */
    if (number <= last)
        return number == last ? AGAIN : TOO_LATE;
    if (!passes || &last != &dialog->remote.cseq)
        last = number;
    return NEXT;
}

/* Let PJSIP have a request, of which it keeps a transaction. */
inline void pass(const pjsip_rx_data *rdata, pjsip_dialog *dialog)
{
    const pjsip_method_e method = rdata->msg_info.msg->line.req.method.id;
    take_turn(rdata, dialog, true);
    if (dialog && method != PJSIP_ACK_METHOD && method != PJSIP_CANCEL_METHOD &&
        method != PJSIP_BYE_METHOD)
        count_refresh(dialog);
}

inline void hear_info_digit(const pjsip_rx_data *rdata, const pjsip_dialog *dialog)
{
    const pjsua_call *call =
        static_cast<const pjsua_call *>(dialog->mod_data[pjsua_var.mod.id]);
    hear_digit(call->index, read_info_digit(rdata->msg_info.msg->body),
               DigitPath::INFO);
}

inline pj_bool_t on_rx_request(pjsip_rx_data *rdata)
{
    pjsip_dialog *dialog = find_dialog(rdata);
    const Place place = find_place(rdata, dialog);
    const Rule &rule = find_rule(place, rdata, dialog);
    if (rule.answer == PASS) {
        pass(rdata, dialog);
        return PJ_FALSE;
    }
    if (rule.answer == SILENCE)
        return PJ_TRUE;
    const Turn turn = take_turn(rdata, dialog, false);
    const int status = turn == TOO_LATE ? 500 : rule.answer;
    if (rule.condition == BEFORE_ANSWER && status == 200)
        note_early_bye(dialog, rdata);
    if (rule.condition == WITH_DIGIT && turn == NEXT)
        hear_info_digit(rdata, dialog);
    const bool is_sent = answer(rdata, place, status);
    if (status >= 300 || !is_sent)
        count_refused(rdata->msg_info.msg->line.req.method.name, is_sent ? status : 0);
    return PJ_TRUE;
}

/* Behind the transactions, which take the retransmissions of what has passed, and before
 * the dialogs. */
inline pjsip_module &module()
{
    static pjsip_module instance;
    if (instance.name.slen == 0) {
        std::memset(&instance, 0, sizeof(instance));
        instance.name = borrow("mod-outring-request-policy");
        instance.id = -1;
        instance.priority =
            (PJSIP_MOD_PRIORITY_TSX_LAYER + PJSIP_MOD_PRIORITY_UA_PROXY_LAYER) / 2;
        instance.on_rx_request = &on_rx_request;
    }
    return instance;
}

/* Let a capability header be *tokens*, whatever PJSIP's modules have put there. */
inline void advertise(pjsip_hdr_e type, const Tokens &tokens)
{
    pjsip_endpoint *endpoint = pjsua_get_pjsip_endpt();
    std::vector<pj_str_t> tags;
    for (const char *token : tokens)
        tags.push_back(borrow(token));
    const pjsip_hdr *header = pjsip_endpt_get_capability(endpoint, type, NULL);
    reinterpret_cast<pjsip_generic_array_hdr *>(const_cast<pjsip_hdr *>(header))->count = 0;
    pjsip_endpt_add_capability(endpoint, NULL, type, NULL, tags.size(), tags.data());
}

/* Once all modules of PJSIP are there. */
inline pj_status_t start()
{
    advertise(PJSIP_H_ALLOW, list_allowed_methods());
    advertise(PJSIP_H_SUPPORTED, Tokens(std::begin(OPTION_TAGS), std::end(OPTION_TAGS)));
    advertise(PJSIP_H_ACCEPT, Tokens(std::begin(MEDIA_TYPES), std::end(MEDIA_TYPES)));
    return pjsip_endpt_register_module(pjsua_get_pjsip_endpt(), &module());
}

/* No response goes where a Via asks for by maddr: that may be a third party, or a name that
 * would have to be looked up. Before everything that may answer. */
inline void ignore_maddr(pjsip_rx_data *rdata)
{
    if (rdata->msg_info.via)
        rdata->msg_info.via->maddr_param.slen = 0;
}

} // namespace policy
} // namespace outring

/* The table as a list of (places, method, condition, answer); see policy::Rule. Runs with
 * the interpreter locked. */
inline PyObject *outring_request_policy()
{
    using namespace outring::policy;
    PyObject *list = PyList_New(0);
    for (const Rule &rule : RULES) {
        PyObject *entry = list ? Py_BuildValue("(issi)", rule.places, rule.method,
                                               CONDITIONS[rule.condition], rule.answer)
                               : NULL;
        if (!entry || PyList_Append(list, entry) < 0)
            Py_CLEAR(list);
        Py_XDECREF(entry);
    }
    return list;
}

/* Requests that were refused so far, as a list of (method, status, count); see
 * policy::Refused. Runs with the interpreter locked. */
inline PyObject *outring_refused_requests()
{
    using namespace outring::policy;
    const std::map<Refused::Kind, unsigned long> counts = [] {
        std::lock_guard<std::mutex> guard(refused().mutex);
        return refused().counts;
    }();
    PyObject *list = PyList_New(0);
    for (const auto &count : counts) {
        PyObject *entry = list ? Py_BuildValue("(sik)", count.first.first.c_str(),
                                               count.first.second, count.second)
                               : NULL;
        if (!entry || PyList_Append(list, entry) < 0)
            Py_CLEAR(list);
        Py_XDECREF(entry);
    }
    return list;
}

/* Dialogs that PJSIP keeps, and transactions: for tests of what is left behind. */
inline unsigned outring_dialogs()
{
    return pjsip_ua_get_dlg_set_count();
}

inline unsigned outring_transactions()
{
    return pjsip_tsx_layer_get_tsx_count();
}

#endif
