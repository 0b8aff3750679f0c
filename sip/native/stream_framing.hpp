/* Where the next message of a stream begins, behind one whose end is not where it says.
 *
 * PJSIP takes whatever follows a message for the next one, and drops all that it has read
 * where no Content-Length says how long a message is: a message behind it, which may be of
 * another call, is lost, and a final response comes only once. Here the beginning of the
 * next message is looked for instead, and what stands before it is dropped (RFC 3261 §18.3).
 * No state, no input or output. Nothing is copied of what is in order: a far end may send a
 * message byte by byte.
 */
#ifndef OUTRING_STREAM_FRAMING_HPP
#define OUTRING_STREAM_FRAMING_HPP

#include "malformed.hpp"
#include "session_description.hpp"

#include <cstring>
#include <string>
#include <string_view>

namespace outring {

const char *const SIP_VERSION = "SIP/2.0";

/* "SIP/2.0 486 Busy Here", or "BYE sip:a@192.0.2.1 SIP/2.0"; *line* is without its newline. */
inline bool is_start_line(std::string_view line)
{
    const size_t length = std::strlen(SIP_VERSION);
    if (line.compare(0, length, SIP_VERSION) == 0)
        return line.size() > length && is_space(line[length]);
    size_t end = line.find_last_not_of("\r ") + 1;
    if (end <= length || line.compare(end - length, length, SIP_VERSION) != 0 ||
        !is_space(line[end - length - 1]))
        return false;
    const size_t method = line.find_first_of(" \t");
    return method > 0 && method < end - length - 1;
}

/* Where the first line from *place* to *end* stands that begins a message; npos: nowhere. A
 * line that is not complete is none. */
inline size_t find_start_line(std::string_view data, size_t place, size_t end)
{
    while (place < end) {
        const size_t newline = data.find('\n', place);
        if (newline == std::string::npos || newline >= end)
            break;
        if (is_start_line(data.substr(place, newline - place)))
            return place;
        place = newline + 1;
    }
    return std::string::npos;
}

/* Whether a line of *head* is a Content-Length that says one. */
inline bool has_length(const std::string &head)
{
    for (size_t place = 0; place < head.size(); place = next_line(head, place)) {
        const size_t colon = head.find(':', place);
        const std::string name = sdp::trimmed(head.substr(place, colon - place));
        if (colon == std::string::npos)
            return false;
        if (!is_name(name, "Content-Length", "l"))
            continue;
        const std::string length =
            sdp::trimmed(head.substr(colon + 1, head.find_first_of("\r\n", colon) - colon - 1));
        return !length.empty() && length.size() < 10 &&
               length.find_first_not_of("0123456789") == std::string::npos;
    }
    return false;
}

/* How many bytes of *data*, with which a message of a stream should begin, belong to none
 * whose end can be told; 0: it is in order, or more has to come before that shows. */
inline size_t count_unframed(std::string_view data)
{
    const size_t line = data.find('\n');
    if (line == std::string::npos)
        return 0;
    const size_t empty = data.find("\n\r\n"); /* as PJSIP looks for the end of a head */
    const bool begins = is_start_line(data.substr(0, line));
    const size_t head = empty == std::string::npos || !begins ? data.size() : empty + 1;
    size_t next = find_start_line(data, line + 1, head);
    if (next == std::string::npos && begins && empty != std::string::npos &&
        !has_length(std::string(data.substr(0, empty + 1)))) {
        next = find_start_line(data, empty + 3, data.size());
        return next == std::string::npos ? empty + 3 : next;
    }
    return next == std::string::npos ? 0 : next;
}

} // namespace outring

/* For tests; no PJSIP has to run. */
inline size_t outring_count_unframed(const std::string &data)
{
    return outring::count_unframed(data);
}

#endif
