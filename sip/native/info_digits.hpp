/* Digits in SIP INFO, in whatever form they come, as PJSUA takes them.
 *
 * There is no standard: application/dtmf-relay has "Signal=5" and "Duration=160" in lines,
 * application/dtmf often the digit alone; either may number * # A B C D from 10 to 15, and
 * the flash of a hook, which is no digit, 16 (as RFC 4733 section 3.2 numbers events). Both
 * are rewritten, before the transaction layer, as the dtmf-relay that PJSUA reads; what
 * cannot be read becomes one that PJSUA answers with 400. Owns nothing.
 */
#ifndef OUTRING_INFO_DIGITS_HPP
#define OUTRING_INFO_DIGITS_HPP

#include <pjsip.h>

#include "session_description.hpp"

#include <cstring>
#include <string>

namespace outring {

/* The digit that *signal* means, '!' for a flash; 0 if it means none. */
inline char to_digit(const std::string &signal)
{
    const char *const BY_EVENT = "0123456789*#ABCD!";
    unsigned long event;
    if (signal.size() == 1 && std::strchr("0123456789*#ABCDabcd!", signal[0]))
        return signal[0];
    return sdp::to_number(signal, 16, event) ? BY_EVENT[event] : 0;
}

/* The value of the line *name* of *body*, as "Signal= 5" has it; empty without one. */
inline std::string line_of(const std::string &body, const std::string &name)
{
    const sdp::Words lines = sdp::split(body, "\r\n");
    for (size_t i = 0; i < lines.size(); ++i) {
        const size_t equal = lines[i].find('=');
        if (equal != std::string::npos &&
            sdp::in_small_letters(sdp::trimmed(lines[i].substr(0, equal))) == name)
            return sdp::trimmed(lines[i].substr(equal + 1));
    }
    return "";
}

/* *body* as PJSUA reads it; without a signal where there is none in it. One that means no
 * digit is passed on as a flash, which is taken, and is no digit to us either. */
inline std::string to_dtmf_relay(const std::string &body)
{
    const unsigned long USUAL_MS = 160, LONGEST_MS = 60000;
    const sdp::Words lines = sdp::split(body, "\r\n");
    const bool is_alone = lines.size() == 1 && lines[0].find('=') == std::string::npos;
    const std::string signal = line_of(body, "signal");
    char digit = to_digit(is_alone ? sdp::trimmed(lines[0]) : signal);
    if (!digit && !signal.empty())
        digit = '!';
    unsigned long duration;
    if (!sdp::to_number(line_of(body, "duration"), LONGEST_MS, duration))
        duration = USUAL_MS;
    return (digit ? std::string("Signal=") + digit : std::string("Nothing")) +
           "\r\nDuration=" + std::to_string(duration) + "\r\n";
}

inline pj_bool_t on_rx_info(pjsip_rx_data *rdata)
{
    pjsip_msg *msg = rdata->msg_info.msg;
    pjsip_msg_body *body = msg->body;
    if (pj_strcmp2(&msg->line.req.method.name, "INFO") || !body || !body->len ||
        pj_stricmp2(&body->content_type.type, "application") ||
        (pj_stricmp2(&body->content_type.subtype, "dtmf") &&
         pj_stricmp2(&body->content_type.subtype, "dtmf-relay")))
        return PJ_FALSE;
    const std::string text =
        to_dtmf_relay(std::string(static_cast<const char *>(body->data), body->len));
    char *copy = static_cast<char *>(pj_pool_alloc(rdata->tp_info.pool, text.size() + 1));
    std::memcpy(copy, text.c_str(), text.size() + 1);
    body->data = copy;
    body->len = static_cast<unsigned>(text.size());
    body->content_type.subtype = pj_str(const_cast<char *>("dtmf-relay"));
    return PJ_FALSE;
}

inline pjsip_module &info_digits()
{
    static pjsip_module module;
    if (module.name.slen == 0) {
        std::memset(&module, 0, sizeof(module));
        module.name = pj_str(const_cast<char *>("mod-outring-info-digits"));
        module.id = -1;
        module.priority = PJSIP_MOD_PRIORITY_TSX_LAYER - 1;
        module.on_rx_request = &on_rx_info;
    }
    return module;
}

} // namespace outring

/* What PJSUA is given in place of *body*, of an INFO with a digit. No PJSIP has to run. */
inline std::string outring_dtmf_relay(const std::string &body)
{
    return outring::to_dtmf_relay(body);
}

#endif
