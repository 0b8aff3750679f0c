/* What is done with received data that PJSIP would drop without a word.
 *
 * PJSIP tells of dropped data (pjsip_tpmgr_set_drop_data_cb), and takes up its buffer again
 * from a place that the callback names. So a message whose header fields cannot be parsed is
 * repaired (malformed.hpp), written back so that it ends where it ended, and PJSIP goes on
 * where it begins now: this is why a repair has to be shorter, and why nothing behind it in
 * a stream is touched. The receiver, a module in front of the tap, then gets it with its
 * peer, and also sees to what PJSIP does not look at: header fields that may stand only
 * once, and a length that is not that of the body (RFC 3261 §7.3.1, §18.3).
 *
 * What was wrong with a message of one of our calls is noted in its ladder and told to
 * Python (MALFORMED); of other messages there is only a count. A ping of a connection,
 * CRLFCRLF, is answered by CRLF (RFC 5626 §4.4.1).
 * All of it belongs to the thread that polls; the counts may be read by any.
 */
#ifndef OUTRING_RECEPTION_HPP
#define OUTRING_RECEPTION_HPP

#include "capture.hpp"
#include "malformed.hpp"
#include "oversize.hpp"
#include "stream_framing.hpp"
#include "event_queue.hpp"

#include <atomic>
#include <cstring>
#include <string>

namespace outring {

const unsigned MAX_PONGS = 8; /* for what is read at once */

/* A repaired message that is about to come back, and what is known of it. */
struct Pending {
    const char *begin = NULL; /* where PJSIP will begin to read; NULL: none is pending */
    Repair repair;
    Layout layout; /* of the message as it came; only where it was dropped */
};

struct Reception {
    Pending pending;
    std::string note; /* of the message that the tap sees next; empty: nothing was wrong */
    std::atomic<unsigned long> counts[DROPPED + 1]; /* by outcome */
};

inline Reception &reception()
{
    static Reception instance;
    return instance;
}

inline std::string too_large()
{
    return "message is larger than " + std::to_string(PJSIP_MAX_PKT_LEN - 1) + " bytes";
}

/* -- telling ------------------------------------------------------------------- */

inline std::string start_line_in_words(const Layout &layout)
{
    std::string line =
        layout.start_line.substr(0, layout.start_line.find_last_not_of("\r\n") + 1);
    if (!is_response(layout))
        return line.substr(0, line.find(' '));
    size_t space = line.find(' ');
    return space == std::string::npos ? line : line.substr(space + 1);
}

inline std::string start_line_in_words(const pjsip_msg *msg)
{
    if (msg->type == PJSIP_REQUEST_MSG)
        return std::string(msg->line.req.method.name.ptr, msg->line.req.method.name.slen);
    return std::to_string(msg->line.status.code) + " " +
           std::string(msg->line.status.reason.ptr, msg->line.status.reason.slen);
}

/* Count a message that is not as it should be; the log tells of a few of each call. */
inline void report(Outcome outcome, const std::string &call_id, const std::string &name,
                   const std::string &note, unsigned line = 0, unsigned column = 0)
{
    ++reception().counts[outcome];
    if (!may_warn(call_id))
        return;
    std::string words;
    append_words(words, name);
    push(NativeEvent{MALFORMED, 0, call_id, static_cast<int>(line), static_cast<int>(column), words,
                note});
}

/* Tell of a message that is dropped unread. */
inline void report_unreadable(const Layout &layout, const pjsip_transport *transport,
                              const pj_sockaddr *peer, const Repair &repair)
{
    std::string name = start_line_in_words(layout);
    std::string call_id = value_of(layout, "Call-ID", "i");
    std::string note = repair.note + "; message dropped";
    note_unreadable(call_id, Unreadable{name, value_of(layout, "CSeq", NULL), transport, peer,
                                        note});
    report(DROPPED, call_id, name, note, repair.line, repair.column);
}

/* -- the receiver: a module in front of the tap -------------------------------- */

inline std::string printed(const pjsip_hdr *header)
{
    char text[1024];
    int length = pjsip_hdr_print_on(const_cast<pjsip_hdr *>(header), text, sizeof(text));
    return std::string(text, length > 0 ? length : 0);
}

/* Which header that may stand only once stands there twice, with different values, so that
 * the next one to read the message may take it for another (RFC 4475 §3.3.8). Empty: none. */
inline std::string find_conflict(const pjsip_msg *msg)
{
    static const pjsip_hdr_e single[] = {PJSIP_H_CALL_ID, PJSIP_H_CSEQ, PJSIP_H_FROM,
                                         PJSIP_H_TO, PJSIP_H_CONTENT_LENGTH,
                                         PJSIP_H_CONTENT_TYPE, PJSIP_H_MAX_FORWARDS};
    const pjsip_hdr *first[sizeof(single) / sizeof(*single)] = {};
    for (const pjsip_hdr *header = msg->hdr.next; header != &msg->hdr; header = header->next) {
        size_t i = std::find(std::begin(single), std::end(single), header->type) - single;
        if (i == sizeof(single) / sizeof(*single))
            continue;
        if (!first[i])
            first[i] = header;
        else if (printed(first[i]) != printed(header) || printed(header).empty())
            return "two different headers " + std::string(header->name.ptr, header->name.slen);
    }
    return std::string();
}

/* The body of a received message, in its bytes. */
struct Body {
    char *begin;
    size_t size;
};

inline Body body_of(const pjsip_rx_data *rdata)
{
    char *place = rdata->msg_info.msg_buf, *end = place + rdata->msg_info.len;
    bool is_empty = false; /* the line so far */
    while (place < end) {
        char byte = *place++;
        if (!is_newline(byte)) {
            is_empty = false;
            continue;
        }
        if (byte == '\r' && place < end && *place == '\n')
            ++place;
        if (is_empty)
            break;
        is_empty = true;
    }
    return Body{place, static_cast<size_t>(end - place)};
}

/* Discard what stands behind the *length* bytes from *begin* that are the body of a
 * datagram (RFC 3261 §18.3). PJSIP's parsers want a zero at the end. */
inline void cut_body(pjsip_rx_data *rdata, char *begin, size_t length)
{
    pjsip_msg *msg = rdata->msg_info.msg;
    begin[length] = '\0';
    rdata->msg_info.len = static_cast<int>(begin + length - rdata->msg_info.msg_buf);
    if (!msg->body)
        return;
    pj_str_t multipart = pj_str(const_cast<char *>("multipart"));
    const pjsip_media_type &type = msg->body->content_type;
    if (length == 0)
        msg->body = NULL;
    else if (pj_stricmp(&type.type, &multipart) == 0)
        msg->body = pjsip_multipart_parse(rdata->tp_info.pool, begin, length, &type, 0);
    else
        msg->body->len = static_cast<unsigned>(length);
}

/* What is wrong with the length of the message; empty: nothing, or no more. */
inline std::string check_length(pjsip_rx_data *rdata)
{
    bool is_datagram = rdata->tp_info.transport->flag & PJSIP_TRANSPORT_DATAGRAM;
    if (is_datagram && rdata->pkt_info.len >= PJSIP_MAX_PKT_LEN)
        return too_large();
    if (!rdata->msg_info.clen)
        return std::string();
    Body body = body_of(rdata);
    size_t told = static_cast<size_t>(rdata->msg_info.clen->len);
    if (told > body.size || (!is_datagram && told != body.size))
        return "Content-Length is " + std::to_string(told) + ", but the body has " +
               std::to_string(body.size) + " bytes";
    if (told < body.size)
        cut_body(rdata, body.begin, told);
    return std::string();
}

/* A response has the Call-ID, the From tag and the number of its request (RFC 3261 §8.2.6.2),
 * but it is found by its branch alone (§17.1.3). Empty: it has, or nobody waits for it. */
inline std::string find_mismatch(const pjsip_rx_data *rdata)
{
    if (rdata->msg_info.msg->type != PJSIP_RESPONSE_MSG)
        return std::string();
    const pjsip_transaction *transaction = find_client_transaction(rdata);
    if (!transaction || !transaction->last_tx)
        return std::string();
    const pjsip_msg *request = transaction->last_tx->msg;
    if (pj_strcmp(&PJSIP_MSG_CID_HDR(request)->id, &rdata->msg_info.cid->id))
        return "Call-ID is not that of the request";
    if (pj_stricmp(&PJSIP_MSG_FROM_HDR(request)->tag, &rdata->msg_info.from->tag))
        return "From tag is not that of the request";
    if (PJSIP_MSG_CSEQ_HDR(request)->cseq != rdata->msg_info.cseq->cseq)
        return "CSeq is not that of the request";
    return std::string();
}

/* Methods are case-sensitive (RFC 3261 §7.1); PJSIP takes "bye" for BYE. */
inline void restore_method(pjsip_rx_data *rdata)
{
    if (rdata->msg_info.msg->type != PJSIP_REQUEST_MSG)
        return;
    pjsip_method &method = rdata->msg_info.msg->line.req.method;
    if (!std::memcmp(rdata->msg_info.msg_buf, method.name.ptr, method.name.slen))
        return;
    method.id = PJSIP_OTHER_METHOD;
    method.name.ptr = rdata->msg_info.msg_buf;
}

/* A request gets *status*; nothing else gets anything. */
inline void refuse(pjsip_rx_data *rdata, const std::string &note, int status)
{
    const pjsip_msg *msg = rdata->msg_info.msg;
    bool is_answered = msg->type == PJSIP_REQUEST_MSG &&
                       msg->line.req.method.id != PJSIP_ACK_METHOD;
    const pj_str_t &id = rdata->msg_info.cid->id;
    std::string words = note + "; message " + (is_answered ? "refused" : "dropped");
    note_received(rdata, &words);
    report(is_answered ? REFUSED : DROPPED, std::string(id.ptr, id.slen),
           start_line_in_words(msg), words);
    if (is_answered)
        pjsip_endpt_respond_stateless(pjsua_get_pjsip_endpt(), rdata, status, NULL, NULL, NULL);
}

/* The pending repair, if it is that of the message in *rdata*. */
inline Pending take_pending(const pjsip_rx_data *rdata)
{
    Pending pending;
    std::swap(pending, reception().pending);
    if (pending.begin != rdata->msg_info.msg_buf)
        pending.begin = NULL;
    return pending;
}

/* The tap gets the message after this, with reception().note; or nobody does. */
inline pj_bool_t on_rx_message(pjsip_rx_data *rdata)
{
    Reception &self = reception();
    self.note.clear();
    Pending pending = take_pending(rdata);
    const Repair &repair = pending.repair;
    if (pending.begin && repair.outcome == DROPPED) {
        report_unreadable(pending.layout, rdata->tp_info.transport,
                          &rdata->pkt_info.src_addr, repair);
        return PJ_TRUE;
    }
    restore_method(rdata);
    std::string fault = pending.begin && repair.outcome == REFUSED
                            ? repair.note
                            : find_conflict(rdata->msg_info.msg);
    if (fault.empty())
        fault = find_mismatch(rdata);
    bool is_too_large = fault.empty();
    if (fault.empty())
        fault = check_length(rdata);
    is_too_large = is_too_large && rdata->pkt_info.len >= PJSIP_MAX_PKT_LEN;
    if (!fault.empty()) {
        refuse(rdata, fault, is_too_large ? 513 : PJSIP_SC_BAD_REQUEST);
        return PJ_TRUE;
    }
    if (pending.begin) {
        const pj_str_t &id = rdata->msg_info.cid->id;
        self.note = repair.note;
        if (repair.faults)
            report(REPAIRED, std::string(id.ptr, id.slen),
                   start_line_in_words(rdata->msg_info.msg), repair.note, repair.line,
                   repair.column);
    }
    return PJ_FALSE;
}

/* What was wrong with the message that is being received; NULL: nothing. */
inline const std::string *note_of_reception()
{
    return reception().note.empty() ? NULL : &reception().note;
}

inline pjsip_module &receiver()
{
    static pjsip_module module;
    if (module.name.slen == 0) {
        std::memset(&module, 0, sizeof(module));
        module.name = pj_str(const_cast<char *>("mod-outring-receiver"));
        module.id = -1;
        module.priority = PJSIP_MOD_PRIORITY_TRANSPORT_LAYER - 2; /* before the tap */
        module.on_rx_request = &on_rx_message;
        module.on_rx_response = &on_rx_message;
    }
    return module;
}

/* -- dropped data -------------------------------------------------------------- */

/* In place of a message that is dropped: something that PJSIP can parse, so that the
 * receiver, which lets nobody see it, learns who has sent the message. */
inline const std::string &stand_in()
{
    static const std::string text("SIP/2.0 500 -\r\nv:SIP/2.0/UDP -\r\nf:<sip:->\r\n"
                                  "t:<sip:->\r\ni:-\r\nCSeq:1 -\r\nl:0\r\n\r\n");
    return text;
}

/* What was dropped. PJSIP tells the size that a message would have had that was larger than
 * its buffer, so that there is less of it. */
inline std::string bytes_of(const pjsip_tp_dropped_data *dropped)
{
    size_t size = std::min<size_t>(dropped->len, PJSIP_MAX_PKT_LEN);
    return std::string(static_cast<const char *>(dropped->data), size);
}

inline void on_malformed(pjsip_tp_dropped_data *dropped)
{
    char *data = static_cast<char *>(dropped->data);
    std::string message = bytes_of(dropped);
    bool is_datagram = dropped->tp->flag & PJSIP_TRANSPORT_DATAGRAM;
    Pending pending;
    pending.repair = repair(message, is_datagram);
    if (pending.repair.outcome == DROPPED)
        pending.layout = take_apart(message);
    const std::string &text =
        pending.repair.outcome == DROPPED ? stand_in() : pending.repair.text;
    if (text.size() >= message.size()) {
        report_unreadable(take_apart(message), dropped->tp, NULL, pending.repair);
        return;
    }
    size_t removed = message.size() - text.size();
    std::memcpy(data + removed, text.data(), text.size());
    pending.begin = data + removed;
    reception().pending = pending;
    dropped->len = removed;
}

/* Tell of data that is dropped for *reason*, and whose sender nobody knows but by its
 * connection. */
inline void on_lost(const pjsip_tp_dropped_data *dropped, const std::string &reason)
{
    bool is_datagram = dropped->tp->flag & PJSIP_TRANSPORT_DATAGRAM;
    std::string message = bytes_of(dropped);
    report_unreadable(take_apart(message), dropped->tp,
                      is_datagram ? NULL : &dropped->tp->key.rem_addr,
                      Repair{DROPPED, "", reason, 0, 0, 0});
}

/* Answer the pings of a connection: a CRLF for each CRLFCRLF. */
inline void on_newlines(const pjsip_tp_dropped_data *dropped)
{
    pjsip_transport *transport = dropped->tp;
    if (transport->flag & PJSIP_TRANSPORT_DATAGRAM || skip(transport, dropped->len))
        return; /* PJSIP drops leading newlines of what is skipped, too */
    std::string newlines = bytes_of(dropped);
    std::string pongs;
    for (size_t place = 0; (place = newlines.find("\r\n\r\n", place)) != std::string::npos &&
                           pongs.size() < 2 * MAX_PONGS;
         place += 4)
        pongs += "\r\n";
    if (pongs.empty())
        return;
    pjsip_tpselector selector;
    std::memset(&selector, 0, sizeof(selector));
    selector.type = PJSIP_TPSELECTOR_TRANSPORT;
    selector.u.transport = transport;
    pjsip_tpmgr_send_raw(transport->tpmgr,
                         static_cast<pjsip_transport_type_e>(transport->key.type), &selector,
                         NULL, pongs.data(), pongs.size(), &transport->key.rem_addr,
                         transport->addr_len, NULL, NULL);
}

inline void on_dropped(pjsip_tp_dropped_data *dropped)
{
    if (!dropped->data || dropped->len == 0)
        return; /* a connection that ends */
    switch (dropped->status) {
    case PJ_EIGNORED: on_newlines(dropped); break;
    case PJSIP_EINVALIDMSG: on_malformed(dropped); break;
    case PJSIP_EMISSINGHDR: on_lost(dropped, "a header is missing that must be there"); break;
    case PJSIP_EINVALIDHDR: on_lost(dropped, "header Content-Length, not understood"); break;
    case PJSIP_EINVALIDSTATUS: on_lost(dropped, "status is not 100 to 699"); break;
    case PJSIP_ERXOVERFLOW:
        on_lost(dropped, too_large());
        skip_rest(dropped->tp, bytes_of(dropped));
        break;
    default: on_lost(dropped, "not understood"); break;
    }
}

/* PJSIP asks before it looks for a message in the data of a stream, and again behind what is
 * skipped. */
inline pj_status_t on_rx_data(pjsip_tp_rx_data *received)
{
    if (!skips().empty()) {
        const size_t skipped = skip(received->tp, received->len);
        received->len -= skipped;
        if (skipped)
            return PJ_SUCCESS;
    }
    const std::string_view data(static_cast<const char *>(received->data), received->len);
    const size_t unframed = count_unframed(data);
    if (!unframed)
        return PJ_SUCCESS;
    received->len -= unframed;
    report_unreadable(take_apart(std::string(data.substr(0, unframed))), received->tp,
                      &received->tp->key.rem_addr,
                      Repair{DROPPED, "", "no end where the message says", 0, 0, 0});
    return PJ_SUCCESS;
}

/* After libStart. */
inline pj_status_t start_reception(pjsip_endpoint *endpoint)
{
    pj_status_t status = pjsip_endpt_register_module(endpoint, &receiver());
    if (status == PJ_SUCCESS)
        status = pjsip_tpmgr_set_recv_data_cb(pjsip_endpt_get_tpmgr(endpoint), &on_rx_data);
    if (status == PJ_SUCCESS)
        status = pjsip_tpmgr_set_drop_data_cb(pjsip_endpt_get_tpmgr(endpoint), &on_dropped);
    return status;
}

} // namespace outring

/* Messages that were not as they should be, by Outcome, since the start of the process. */
inline unsigned long outring_malformed(int outcome)
{
    return outring::reception().counts[outcome];
}

#endif
