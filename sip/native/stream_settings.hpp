/* How the sound of a call travels on a WebSocket: what is agreed upon before it is opened.
 */
#ifndef OUTRING_STREAM_SETTINGS_HPP
#define OUTRING_STREAM_SETTINGS_HPP

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace outring {

const char STREAM_SUBPROTOCOL[] = "outring.l16.v1"; /* binary messages of samples */

struct StreamSettings {
    std::string host; /* of the URL: for Host, SNI and the certificate */
    unsigned port = 0;
    std::string path; /* and query */
    bool is_tls = false;
    std::string tls_ca; /* path, PEM; empty: the system's */
    std::vector<std::string> addresses;
    std::vector<std::pair<std::string, std::string> > headers;
    std::string account_sid;
    std::string call_sid;
    unsigned rate = 8000; /* samples of a second */
    bool is_binary = false; /* the subprotocol, in place of u-law in JSON */
    unsigned keep_ms = 2000;
    bool resumes = true;
    unsigned max_reconnects = 20; /* in all, however long each WebSocket has lasted */
    unsigned silent_limit_ms = 20000; /* without a message, or an answer to a ping at half of it */
    unsigned unread_limit_ms = 5000;  /* for a message of ours to be taken by the socket */

    size_t samples_of_frame() const
    {
        return rate / 50;
    }

    /* As it travels, before base64. */
    size_t bytes_of_frame() const
    {
        return samples_of_frame() * (is_binary ? 2 : 1);
    }
};

} // namespace outring

#endif
