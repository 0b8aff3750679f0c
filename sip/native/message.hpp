/* A message as it crosses the wire, and the clock for it. */
#ifndef OUTRING_MESSAGE_HPP
#define OUTRING_MESSAGE_HPP

#include <pjsip.h>

#include <cstdint>
#include <ctime>
#include <string>

namespace outring {

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

} // namespace outring

#endif
