/* What crosses the wire, kept for each call and exported: its ladder, and HEP3.
 *
 * The tap gives every message that is received or sent. Those of our own calls, whose
 * Call-IDs are known by the Watched that live, are noted in their ladders. What comes behind
 * the end of a leg, such as the 2xx of another fork, is noted with its INVITE, as long as
 * that is known (sent_invites.hpp). Nothing is kept of any other message.
 * The same messages, and pings, go to the HEP server, if there is one.
 */
#ifndef OUTRING_CAPTURE_HPP
#define OUTRING_CAPTURE_HPP

#include "hep_export.hpp"
#include "ladder.hpp"
#include "sent_invites.hpp"

#include <Python.h>

#include <mutex>
#include <string>
#include <unordered_map>

namespace outring {

struct Capture {
    std::mutex mutex; /* ladders are read by other threads than the one that polls */
    std::unordered_map<std::string, Ladder> ladders; /* by Call-ID */
    Exporter exporter;
};

inline Capture &capture()
{
    static Capture instance;
    return instance;
}

/* While it lives, there is a ladder of the messages with its Call-ID. */
struct Watched {
    explicit Watched(const std::string &call_id) : call_id(call_id)
    {
        std::lock_guard<std::mutex> guard(capture().mutex);
        capture().ladders.emplace(call_id, Ladder(call_id));
    }
    ~Watched()
    {
        std::lock_guard<std::mutex> guard(capture().mutex);
        capture().ladders.erase(call_id);
    }
    Watched(const Watched &) = delete;
    Watched &operator=(const Watched &) = delete;

    const std::string call_id;
};

/* Whether *message* is an OPTIONS of ours or comes as its response. */
inline bool is_of_ping(const Message &message)
{
    return message.cseq->method.id == PJSIP_OPTIONS_METHOD &&
           message.is_sent == (message.msg->type == PJSIP_REQUEST_MSG);
}

inline void note(const Message &message)
{
    if (!message.cid || !message.cseq)
        return;
    Capture &self = capture();
    std::lock_guard<std::mutex> guard(self.mutex);
    const std::string call_id = text(message.cid->id);
    auto place = self.ladders.find(call_id);
    bool is_of_call = place != self.ladders.end();
    if (is_of_call)
        place->second.add(message);
    else if (Ladder *late = sent_invites().late_ladder(call_id))
        late->add(message);
    if (self.exporter.fd >= 0 && (is_of_call || is_of_ping(message)))
        self.exporter.send_out(message);
}

inline void note_received(const pjsip_rx_data *rdata, const std::string *words = NULL)
{
    note(Message{false, rdata->msg_info.msg, rdata->msg_info.cid, rdata->msg_info.cseq,
                 rdata->tp_info.transport, &rdata->pkt_info.src_addr,
                 rdata->msg_info.msg_buf, static_cast<size_t>(rdata->msg_info.len), words});
}

inline void note_sent(const pjsip_tx_data *tdata)
{
    note(Message{true, tdata->msg, PJSIP_MSG_CID_HDR(tdata->msg),
                 PJSIP_MSG_CSEQ_HDR(tdata->msg), tdata->tp_info.transport,
                 &tdata->tp_info.dst_addr, tdata->buf.start,
                 static_cast<size_t>(tdata->buf.cur - tdata->buf.start), NULL});
}

/* The ladder of *call_id* tells of *message*, if there is one. */
inline void note_unreadable(const std::string &call_id, const Unreadable &message)
{
    std::lock_guard<std::mutex> guard(capture().mutex);
    auto place = capture().ladders.find(call_id);
    if (place != capture().ladders.end())
        place->second.add(message);
}

/* Whether the log may tell of a message of *call_id*: it is a call of ours, and the log has
 * not told of many of its messages yet. */
inline bool may_warn(const std::string &call_id)
{
    std::lock_guard<std::mutex> guard(capture().mutex);
    auto place = capture().ladders.find(call_id);
    return place != capture().ladders.end() && place->second.may_warn();
}

} // namespace outring

/* The ladder of a call that lives, for any thread: see the top of this file. Empty where
 * there is no such call, or no message. Runs with the interpreter locked. */
inline PyObject *outring_ladder(const std::string &call_id)
{
    using namespace outring;
    std::string text;
    {
        std::lock_guard<std::mutex> guard(capture().mutex);
        auto place = capture().ladders.find(call_id);
        if (place != capture().ladders.end())
            text = place->second.whole();
    }
    return PyUnicode_DecodeUTF8(text.data(), text.size(), "replace");
}

/* How many ladders are kept. */
inline unsigned long outring_ladders()
{
    std::lock_guard<std::mutex> guard(outring::capture().mutex);
    return outring::capture().ladders.size();
}

/* Export by the connected UDP socket *fd* from now on; -1: no longer. */
inline void outring_export(int fd, unsigned agent, const std::string &key)
{
    using namespace outring;
    std::lock_guard<std::mutex> guard(capture().mutex);
    capture().exporter.fd = fd;
    capture().exporter.agent = agent;
    capture().exporter.key = key;
}

/* HEP3 packets that were sent so far. */
inline unsigned long outring_exported()
{
    return outring::capture().exporter.sent;
}

/* HEP3 packets that could not be sent so far: the socket was full, or nobody is there. */
inline unsigned long outring_not_exported()
{
    return outring::capture().exporter.dropped;
}

#endif
