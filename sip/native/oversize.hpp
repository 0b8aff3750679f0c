/* Messages of a stream that are larger than PJSIP's buffer: skipped to their end.
 *
 * PJSIP empties its buffer and takes what comes next for the beginning of a message, which
 * would be whatever the sender has put there. Here it is known how much of the message is
 * still to come, so that the next one is found; where its head does not end within the
 * buffer nobody knows, and the connection is given up.
 * The state is that of the connections that are in the midst of such a message.
 */
#ifndef OUTRING_OVERSIZE_HPP
#define OUTRING_OVERSIZE_HPP

#include "malformed.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <string>

namespace outring {

const size_t TO_THE_END = SIZE_MAX; /* of the connection */

typedef std::map<const pjsip_transport *, size_t> Skips; /* bytes that are still to come */

inline Skips &skips()
{
    static Skips instance;
    return instance;
}

/* How large the message is that begins with *data*. */
inline size_t size_of_message(const std::string &data)
{
    size_t end = data.find("\n\r\n"); /* as PJSIP looks for it in a stream */
    std::string length = value_of(take_apart(data), "Content-Length", "l");
    bool is_number = !length.empty() && length.size() < 10 &&
                     length.find_first_not_of("0123456789") == std::string::npos;
    return end == std::string::npos || !is_number
               ? TO_THE_END
               : end + 3 + std::strtoul(length.c_str(), NULL, 10);
}

inline void on_transport_state(pjsip_transport *transport, pjsip_transport_state state,
                               const pjsip_transport_state_info *)
{
    if (state == PJSIP_TP_STATE_DESTROY)
        skips().erase(transport);
}

/* Let what belongs to the message that began with *data* go by. */
inline void skip_rest(pjsip_transport *transport, const std::string &data)
{
    size_t size = size_of_message(data);
    pjsip_tp_state_listener_key *key;
    if (size <= data.size() || pjsip_transport_add_state_listener(
                                   transport, &on_transport_state, NULL, &key) != PJ_SUCCESS)
        return;
    skips()[transport] = size == TO_THE_END ? TO_THE_END : size - data.size();
    if (size == TO_THE_END)
        pjsip_transport_shutdown2(transport, PJ_TRUE); /* its transactions end now */
}

/* How many of *size* bytes that have come next are to be skipped; they are, then. */
inline size_t skip(const pjsip_transport *transport, size_t size)
{
    Skips::iterator place = skips().find(transport);
    if (place == skips().end() || place->second == TO_THE_END)
        return place == skips().end() ? 0 : size;
    size_t skipped = std::min(size, place->second);
    place->second -= skipped;
    if (place->second == 0)
        skips().erase(place);
    return skipped;
}

} // namespace outring

#endif
