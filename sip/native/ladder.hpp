/* The ladder of a call: every message that crosses the wire, retransmissions too, as text:
 *
 *     <Call-ID> TAB <microseconds since 1970>
 *     <microseconds since then> TAB <s|r> TAB <message> TAB <CSeq> TAB <peer> [TAB <note>]
 *     …
 *     +<how many more there were>
 *
 * where s is sent and r received, a message its method or its status and phrase, and a peer
 * is left out where it is that of the line before. A note says what was wrong with a message
 * that could not be read whole, or was dropped (reception.hpp).
 */
#ifndef OUTRING_LADDER_HPP
#define OUTRING_LADDER_HPP

#include "message.hpp"

#include <pj/ctype.h>

#include <cstdio>
#include <string>

namespace outring {

const unsigned MAX_MESSAGES = 200; /* kept of one call */
const unsigned MAX_WARNINGS = 8;   /* of one call, beside its ladder */
const pj_ssize_t MAX_PHRASE = 64;  /* bytes of a method or phrase: the far end chooses them */

/* A message of which only this could be read. */
struct Unreadable {
    std::string name; /* method, or status and phrase */
    std::string cseq;
    const pjsip_transport *transport;
    const pj_sockaddr *peer; /* NULL: nobody knows */
    std::string note;
};

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

} // namespace outring

#endif
