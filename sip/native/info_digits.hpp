/* Digits in SIP INFO, in whatever form they come.
 *
 * There is no standard: application/dtmf-relay has "Signal=5" and "Duration=160" in lines,
 * application/dtmf often the digit alone; either may number * # A B C D from 10 to 15, and
 * the flash of a hook, which is no digit, 16 (as RFC 4733 section 3.2 numbers events).
 * PJSUA would keep a transaction of 12 kB for half a minute for each. Owns nothing.
 */
#ifndef OUTRING_INFO_DIGITS_HPP
#define OUTRING_INFO_DIGITS_HPP

#include <pjsip.h>

#include "session_description.hpp"

#include <cctype>
#include <cstring>
#include <string>

namespace outring {

const char FLASH = '!'; /* and any other signal that means no digit */

/* The digit that *signal* means; FLASH if it means none. */
inline char to_digit(const std::string &signal)
{
    const char *const BY_EVENT = "0123456789*#ABCD";
    unsigned long event;
    if (signal.size() == 1 && std::strchr("0123456789*#ABCDabcd", signal[0]))
        return static_cast<char>(std::toupper(static_cast<unsigned char>(signal[0])));
    return sdp::to_number(signal, 15, event) ? BY_EVENT[event] : FLASH;
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

/* The digit in *body*, FLASH for a signal that means none; 0 where there is no signal. */
inline char read_info_digit(const std::string &body)
{
    const sdp::Words lines = sdp::split(body, "\r\n");
    if (lines.size() != 1 || lines[0].find('=') != std::string::npos) {
        const std::string signal = line_of(body, "signal");
        return signal.empty() ? 0 : to_digit(signal);
    }
    const std::string alone = sdp::trimmed(lines[0]);
    const bool is_flash = alone == "!" || alone == "16";
    const char digit = to_digit(alone);
    return digit == FLASH && !is_flash ? 0 : digit;
}

inline bool has_info_digit(const pjsip_msg_body *body)
{
    return body && body->len && pj_stricmp2(&body->content_type.type, "application") == 0 &&
           (pj_stricmp2(&body->content_type.subtype, "dtmf-relay") == 0 ||
            pj_stricmp2(&body->content_type.subtype, "dtmf") == 0);
}

inline char read_info_digit(const pjsip_msg_body *body)
{
    return read_info_digit(std::string(static_cast<const char *>(body->data), body->len));
}

} // namespace outring

/* The digit in *body* of an INFO, "!" for a signal that means none, empty without a signal.
 * No PJSIP has to run. */
inline std::string outring_info_digit(const std::string &body)
{
    const char digit = outring::read_info_digit(body);
    return digit ? std::string(1, digit) : std::string();
}

#endif
