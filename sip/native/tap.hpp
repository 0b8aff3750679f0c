/* The tap: a module next to the transport layer sees every message, for ladders and HEP.
 */
#ifndef OUTRING_TAP_HPP
#define OUTRING_TAP_HPP

#include <pjsua-lib/pjsua.h>
#include <pjsua-lib/pjsua_internal.h>
#include <pjsua2.hpp>

#include "capture.hpp"
#include "reception.hpp"
#include "request_policy.hpp"

#include <cstring>

namespace outring {

inline pj_bool_t on_rx_response(pjsip_rx_data *rdata)
{
    note_received(rdata, note_of_reception());
    return PJ_FALSE;
}

inline pj_bool_t on_rx_request(pjsip_rx_data *rdata)
{
    note_received(rdata, note_of_reception());
    policy::ignore_maddr(rdata);
    return PJ_FALSE;
}

inline pj_status_t on_tx_request(pjsip_tx_data *tdata)
{
    note_sent(tdata);
    return PJ_SUCCESS;
}

inline pj_status_t on_tx_response(pjsip_tx_data *tdata)
{
    note_sent(tdata);
    return PJ_SUCCESS;
}

inline pjsip_module &tap()
{
    static pjsip_module module;
    if (module.name.slen == 0) {
        std::memset(&module, 0, sizeof(module));
        module.name = pj_str(const_cast<char *>("mod-outring-tap"));
        module.id = -1;
        module.priority = PJSIP_MOD_PRIORITY_TRANSPORT_LAYER - 1;
        module.on_rx_request = &on_rx_request;
        module.on_rx_response = &on_rx_response;
        module.on_tx_request = &on_tx_request;
        module.on_tx_response = &on_tx_response;
    }
    return module;
}

} // namespace outring

#endif
