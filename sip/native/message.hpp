/* A message as it crosses the wire, the clock for it, and what it belongs to. */
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

/* The transaction of ours that a response belongs to by its branch and the method of its CSeq
 * (RFC 3261 §17.1.3); NULL: none. */
inline pjsip_transaction *find_client_transaction(const pjsip_rx_data *rdata)
{
    pj_str_t key;
    return pjsip_tsx_create_key(rdata->tp_info.pool, &key, PJSIP_ROLE_UAC,
                                &rdata->msg_info.cseq->method, rdata) == PJ_SUCCESS
               ? pjsip_tsx_layer_find_tsx(&key, PJ_FALSE)
               : NULL;
}

} // namespace outring

#endif
