/* What crosses the wire, kept for each call and exported: its ladder, and HEP3.
 *
 * The tap gives every message that is received or sent, retransmissions too. Those of our
 * own calls, whose Call-IDs are known by the Watched that live, are noted as text:
 *
 *     <Call-ID> TAB <microseconds since 1970>
 *     <microseconds since then> TAB <s|r> TAB <message> TAB <CSeq> TAB <peer> [TAB <note>]
 *     …
 *     +<how many more there were>
 *
 * where s is sent and r received, a message its method or its status and phrase, and a peer
 * is left out where it is that of the line before. A note says what was wrong with a message
 * that could not be read whole, or was dropped (reception.hpp). Nothing is kept of any other
 * message.
 * The same messages, and pings, go to the HEP server, if there is one.
 */
#ifndef OUTRING_CAPTURE_HPP
#define OUTRING_CAPTURE_HPP

#include <Python.h>
#include <pj/ctype.h>
#include <pjsip.h>

#include <arpa/inet.h>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <mutex>
#include <string>
#include <sys/socket.h>
#include <unordered_map>

namespace outring {

const unsigned MAX_MESSAGES = 200; /* kept of one call */
const unsigned MAX_WARNINGS = 8;   /* of one call, beside its ladder */
const pj_ssize_t MAX_PHRASE = 64;  /* bytes of a method or phrase: the far end chooses them */

inline int64_t microseconds(clockid_t clock)
{
    timespec now;
    clock_gettime(clock, &now);
    return static_cast<int64_t>(now.tv_sec) * 1000000 + now.tv_nsec / 1000;
}

/* One message as the tap has it. */
struct Message {
    bool is_sent;
    const pjsip_msg *msg;
    const pjsip_cid_hdr *cid;
    const pjsip_cseq_hdr *cseq;
    const pjsip_transport *transport;
    const pj_sockaddr *peer;
    const char *bytes;
    size_t length;
    const std::string *note; /* what was wrong with it; NULL: nothing */
};

/* A message of which only this could be read. */
struct Unreadable {
    std::string name; /* method, or status and phrase */
    std::string cseq;
    const pjsip_transport *transport;
    const pj_sockaddr *peer; /* NULL: nobody knows */
    std::string note;
};

/* -- ladders ------------------------------------------------------------------- */

inline void append_number(std::string &text, long long number)
{
    char digits[24];
    text.append(digits, std::snprintf(digits, sizeof(digits), "%lld", number));
}

/* Nothing that the far end has written may break a line or a field. */
inline void append_words(std::string &text, const pj_str_t &words)
{
    for (pj_ssize_t i = 0; i < words.slen && i < MAX_PHRASE; ++i) {
        unsigned char byte = words.ptr[i];
        text += byte < 0x20 || byte == 0x7f ? ' ' : static_cast<char>(byte);
    }
}

inline void append_words(std::string &text, const std::string &words)
{
    pj_str_t view = {const_cast<char *>(words.data()), static_cast<pj_ssize_t>(words.size())};
    append_words(text, view);
}

/* Only the transport where *peer* is NULL. */
inline void append_peer(std::string &text, const pjsip_transport *transport,
                        const pj_sockaddr *peer)
{
    for (const char *letter = transport->type_name; *letter; ++letter)
        text += static_cast<char>(pj_tolower(*letter));
    if (!peer)
        return;
    char address[PJ_INET6_ADDRSTRLEN + 10];
    text += ':';
    text += pj_sockaddr_print(peer, address, sizeof(address), 3);
}

class Ladder {
public:
    explicit Ladder(const std::string &call_id)
    : monotonic(microseconds(CLOCK_MONOTONIC)), transport_type(0), count(0), warnings(0)
    {
        text.reserve(512);
        text += call_id + '\t';
        append_number(text, microseconds(CLOCK_REALTIME));
        text += '\n';
    }

    void add(const Message &message)
    {
        if (++count > MAX_MESSAGES)
            return;
        begin_line(message.is_sent);
        if (message.msg->type == PJSIP_REQUEST_MSG) {
            append_words(text, message.msg->line.req.method.name);
        } else {
            append_number(text, message.msg->line.status.code);
            text += ' ';
            append_words(text, message.msg->line.status.reason);
        }
        text += '\t';
        append_number(text, message.cseq->cseq);
        text += ' ';
        append_words(text, message.cseq->method.name);
        text += '\t';
        if (!is_peer_of_the_last(message.transport, message.peer))
            append_peer(text, message.transport, message.peer);
        end_line(message.note);
    }

    void add(const Unreadable &message)
    {
        if (++count > MAX_MESSAGES)
            return;
        begin_line(false);
        append_words(text, message.name);
        text += '\t';
        append_words(text, message.cseq);
        text += '\t';
        if (!message.peer || !is_peer_of_the_last(message.transport, message.peer))
            append_peer(text, message.transport, message.peer);
        if (!message.peer)
            transport_type = 0; /* the next line has to say it again */
        end_line(&message.note);
    }

    /* Whether one more message that is told beside the ladder is within the bound. */
    bool may_warn()
    {
        return warnings++ < MAX_WARNINGS;
    }

    /* As said at the top of this file; empty without any message. */
    std::string whole() const
    {
        if (count <= MAX_MESSAGES)
            return count ? text : std::string();
        std::string with_rest = text + '+';
        append_number(with_rest, count - MAX_MESSAGES);
        return with_rest + '\n';
    }

private:
    void begin_line(bool is_sent)
    {
        append_number(text, microseconds(CLOCK_MONOTONIC) - monotonic);
        text += is_sent ? "\ts\t" : "\tr\t";
    }

    void end_line(const std::string *note)
    {
        if (note)
            text += '\t' + *note;
        text += '\n';
    }

    bool is_peer_of_the_last(const pjsip_transport *transport, const pj_sockaddr *other)
    {
        bool is_same =
            transport_type == transport->key.type && pj_sockaddr_cmp(&peer, other) == 0;
        transport_type = transport->key.type;
        pj_sockaddr_cp(&peer, other);
        return is_same;
    }

    int64_t monotonic; /* when it began, by the clock that nobody sets */
    long transport_type;
    pj_sockaddr peer;
    unsigned count;
    unsigned warnings;
    std::string text;
};

/* -- HEP3: Homer encapsulation, version 3 -------------------------------------- */

/* Types of generic chunks (vendor 0). */
enum Chunk {
    IP_FAMILY = 0x0001,
    IP_PROTOCOL = 0x0002,
    SOURCE_IPV4 = 0x0003,
    DESTINATION_IPV4 = 0x0004,
    SOURCE_IPV6 = 0x0005,
    DESTINATION_IPV6 = 0x0006,
    SOURCE_PORT = 0x0007,
    DESTINATION_PORT = 0x0008,
    SECONDS = 0x0009,
    MICROSECONDS = 0x000a,
    PROTOCOL_TYPE = 0x000b,
    CAPTURE_AGENT = 0x000c,
    AUTHENTICATION_KEY = 0x000e,
    PAYLOAD = 0x000f,
    CORRELATION_ID = 0x0011
};
const uint8_t SIP = 1; /* a PROTOCOL_TYPE */

class Packet {
public:
    explicit Packet(size_t payload) : bytes("HEP3\0\0", 6)
    {
        bytes.reserve(payload + 256);
    }

    void add(Chunk type, const void *value, size_t length)
    {
        append16(0); /* vendor */
        append16(type);
        append16(length + 6);
        bytes.append(static_cast<const char *>(value), length);
    }
    void add8(Chunk type, uint8_t value)
    {
        add(type, &value, sizeof(value));
    }
    void add16(Chunk type, uint16_t value)
    {
        value = htons(value);
        add(type, &value, sizeof(value));
    }
    void add32(Chunk type, uint32_t value)
    {
        value = htonl(value);
        add(type, &value, sizeof(value));
    }

    const std::string &whole()
    {
        bytes[4] = static_cast<char>(bytes.size() >> 8);
        bytes[5] = static_cast<char>(bytes.size());
        return bytes;
    }

private:
    void append16(size_t value)
    {
        bytes += static_cast<char>(value >> 8);
        bytes += static_cast<char>(value);
    }

    std::string bytes;
};

/* Our end of *transport*; where it is bound to every address, the one that it publishes. */
inline pj_sockaddr local_address(const pjsip_transport *transport)
{
    pj_sockaddr address;
    pj_sockaddr_cp(&address, &transport->local_addr);
    if (!pj_sockaddr_has_addr(&address))
        pj_inet_pton(address.addr.sa_family, &transport->local_name.host,
                     pj_sockaddr_get_addr(&address));
    return address;
}

struct Exporter {
    int fd = -1; /* a connected UDP socket that belongs to Python; -1: nothing is exported */
    uint32_t agent = 0;
    std::string key;
    unsigned long sent = 0;
    unsigned long dropped = 0;

    void send_out(const Message &message)
    {
        Packet packet(message.length);
        add_addresses(packet, message);
        int64_t now = microseconds(CLOCK_REALTIME);
        packet.add32(SECONDS, static_cast<uint32_t>(now / 1000000));
        packet.add32(MICROSECONDS, static_cast<uint32_t>(now % 1000000));
        packet.add8(PROTOCOL_TYPE, SIP);
        packet.add32(CAPTURE_AGENT, agent);
        if (!key.empty())
            packet.add(AUTHENTICATION_KEY, key.data(), key.size());
        packet.add(CORRELATION_ID, message.cid->id.ptr, message.cid->id.slen);
        packet.add(PAYLOAD, message.bytes, message.length);
        const std::string &whole = packet.whole();
        bool is_sent = send(fd, whole.data(), whole.size(), MSG_DONTWAIT) >= 0;
        ++(is_sent ? sent : dropped);
    }

private:
    static void add_addresses(Packet &packet, const Message &message)
    {
        pj_sockaddr local = local_address(message.transport);
        const pj_sockaddr *source = message.is_sent ? &local : message.peer;
        const pj_sockaddr *destination = message.is_sent ? message.peer : &local;
        bool is_ipv6 = message.peer->addr.sa_family == pj_AF_INET6();
        bool is_udp = message.transport->flag & PJSIP_TRANSPORT_DATAGRAM;
        size_t length = is_ipv6 ? 16 : 4;
        packet.add8(IP_FAMILY, is_ipv6 ? AF_INET6 : AF_INET);
        packet.add8(IP_PROTOCOL, is_udp ? IPPROTO_UDP : IPPROTO_TCP);
        packet.add(is_ipv6 ? SOURCE_IPV6 : SOURCE_IPV4, pj_sockaddr_get_addr(source), length);
        packet.add(is_ipv6 ? DESTINATION_IPV6 : DESTINATION_IPV4,
                   pj_sockaddr_get_addr(destination), length);
        packet.add16(SOURCE_PORT, pj_sockaddr_get_port(source));
        packet.add16(DESTINATION_PORT, pj_sockaddr_get_port(destination));
    }
};

/* -- both ---------------------------------------------------------------------- */

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
    auto place =
        self.ladders.find(std::string(message.cid->id.ptr, message.cid->id.slen));
    bool is_of_call = place != self.ladders.end();
    if (is_of_call)
        place->second.add(message);
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
