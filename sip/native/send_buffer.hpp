/* The buffers of messages that are sent: most are far smaller than what may be received.
 *
 * PJSIP reserves PJSIP_MAX_PKT_LEN for each message that it prints, and keeps it until the
 * timers of its transaction end: after a BYE for 32 s. This module comes right before
 * PJSIP's own that prints, and prints into a smaller buffer; only for what does not fit
 * PJSIP then reserves its own. No state.
 */
#ifndef OUTRING_SEND_BUFFER_HPP
#define OUTRING_SEND_BUFFER_HPP

#include <pj/except.h>
#include <pjsip.h>

#include <cstring>

namespace outring {

/* With 4.5 kB for the rest of a message it fills PJSIP_POOL_LEN_TDATA. */
const size_t SEND_BUFFER = 8000;

inline pj_status_t reserve(pjsip_tx_data *tdata)
{
    PJ_USE_EXCEPTION;
    PJ_TRY {
        tdata->buf.start = static_cast<char *>(pj_pool_alloc(tdata->pool, SEND_BUFFER));
    }
    PJ_CATCH_ANY {
        return PJ_ENOMEM;
    }
    PJ_END
    tdata->buf.cur = tdata->buf.start;
    tdata->buf.end = tdata->buf.start + SEND_BUFFER;
    return PJ_SUCCESS;
}

inline pj_status_t on_tx_print(pjsip_tx_data *tdata)
{
    if (!tdata->buf.start && reserve(tdata) != PJ_SUCCESS)
        return PJ_ENOMEM;
    if (pjsip_tx_data_is_valid(tdata)) /* a retransmission */
        return PJ_SUCCESS;
    pj_ssize_t room = tdata->buf.end - tdata->buf.start - 1;
    pj_ssize_t size = pjsip_msg_print(tdata->msg, tdata->buf.start, room);
    if (size < 0) {
        tdata->buf.start = tdata->buf.cur = tdata->buf.end = NULL;
        return PJ_SUCCESS;
    }
    tdata->buf.cur = tdata->buf.start + size;
    *tdata->buf.cur = '\0';
    return PJ_SUCCESS;
}

inline pjsip_module &printer()
{
    static pjsip_module module;
    if (module.name.slen == 0) {
        std::memset(&module, 0, sizeof(module));
        module.name = pj_str(const_cast<char *>("mod-outring-printer"));
        module.id = -1;
        /* That of PJSIP's own, which was registered before and therefore comes behind. */
        module.priority = PJSIP_MOD_PRIORITY_TRANSPORT_LAYER;
        module.on_tx_request = &on_tx_print;
        module.on_tx_response = &on_tx_print;
    }
    return module;
}

} // namespace outring

#endif
