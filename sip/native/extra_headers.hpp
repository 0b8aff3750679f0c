/* Headers of CANCEL and BYE: PJSIP sends some of these on its own.
 */
#ifndef OUTRING_EXTRA_HEADERS_HPP
#define OUTRING_EXTRA_HEADERS_HPP

#include <pjsua-lib/pjsua.h>
#include <pjsua-lib/pjsua_internal.h>
#include <pjsua2.hpp>

#include "native_state.hpp"
#include "refer.hpp"
#include "sent_invites.hpp"

#include <cstring>
#include <string>
#include <vector>

namespace outring {

/* What is kept for one call. A base of OutringCall, so that it outlives pj::Call, whose
 * destructor may still hang up. */
struct ExtraHeaders {
    explicit ExtraHeaders(const std::string &leg) : leg(leg), used(false) {}
    ~ExtraHeaders()
    {
        forget_refer(leg);
        if (used)
            native().extras.erase(leg);
    }
    void add(const Header &header)
    {
        used = true;
        native().extras[leg].push_back(header);
    }
    const std::string leg;

private:
    bool used;
};

inline pj_status_t on_tx_request_of_call(pjsip_tx_data *tdata);

inline pjsip_module &header_module()
{
    static pjsip_module module;
    if (module.name.slen == 0) {
        std::memset(&module, 0, sizeof(module));
        module.name = pj_str(const_cast<char *>("mod-outring-writer"));
        module.id = -1;
        module.priority = PJSIP_MOD_PRIORITY_TRANSPORT_LAYER + 1; /* before it is printed */
        module.on_tx_request = &on_tx_request_of_call;
    }
    return module;
}

inline pj_status_t on_tx_request_of_call(pjsip_tx_data *tdata)
{
    Native &self = native();
    if (self.extras.empty() || tdata->mod_data[header_module().id]) /* or a retransmission */
        return PJ_SUCCESS;
    const pjsip_method &method = tdata->msg->line.req.method;
    if (method.id != PJSIP_CANCEL_METHOD && method.id != PJSIP_BYE_METHOD)
        return PJ_SUCCESS;
    const pjsip_cid_hdr *cid = PJSIP_MSG_CID_HDR(tdata->msg);
    std::map<std::string, std::vector<Header> >::const_iterator place =
        cid ? self.extras.find(text(cid->id)) : self.extras.end();
    if (place == self.extras.end())
        return PJ_SUCCESS;
    for (size_t i = 0; i < place->second.size(); ++i) {
        const Header &header = place->second[i];
        if (header.method != text(method.name))
            continue;
        pj_str_t name, value;
        pj_strset(&name, const_cast<char *>(header.name.data()), header.name.size());
        pj_strset(&value, const_cast<char *>(header.value.data()), header.value.size());
        pjsip_msg_add_hdr(tdata->msg, reinterpret_cast<pjsip_hdr *>(
                                          pjsip_generic_string_hdr_create(
                                              tdata->pool, &name, &value)));
    }
    tdata->mod_data[header_module().id] = tdata;
    pjsip_tx_data_invalidate_msg(tdata);
    return PJ_SUCCESS;
}

} // namespace outring

#endif
