/* Answered calls whose far end sends nothing although it should.
 *
 * A far end that has died without a BYE leaves a call that nobody ends. So the packets that
 * media_input.hpp counts are looked at from time to time: where neither RTP nor RTCP has come
 * for the limit, a SILENT record is written, once. The far end should send where what was
 * negotiated lets both send: not where it says recvonly or inactive, nor while it holds us by
 * sendonly (RFC 3264 §8.4), for many phones then send nothing. It owns what it last saw of each call; all of it on the thread that polls.
 */
#ifndef OUTRING_MEDIA_TIMEOUT_HPP
#define OUTRING_MEDIA_TIMEOUT_HPP

#include "media_input.hpp"
#include "event_queue.hpp"

#include <string>

namespace outring {

/* What was last seen of one call. Numbers of calls are used again. */
struct LastHeard {
    std::string leg;
    unsigned packets = 0;
    double at = 0; /* since when it has been silent; 0 while it need not send */
    bool is_told = false;
};

inline LastHeard &last_heard(pjsua_call_id call)
{
    static LastHeard instances[PJSUA_MAX_CALLS];
    return instances[call];
}

inline bool should_send(const pjsua_call &call)
{
    if (!call.inv || call.hanging_up || call.inv->state != PJSIP_INV_STATE_CONFIRMED ||
        call.audio_idx < 0)
        return false;
    const pjsua_call_media &media = call.media[call.audio_idx];
    return media.strm.a.stream && media.state != PJSUA_CALL_MEDIA_NONE &&
           media.dir == PJMEDIA_DIR_ENCODING_DECODING;
}

inline void look_at_call(pjsua_call_id id, double now, double limit_s)
{
    const pjsua_call &call = pjsua_var.calls[id];
    LastHeard &last = last_heard(id);
    if (!should_send(call)) {
        last.at = 0;
        return;
    }
    const pj_str_t &leg = call.inv->dlg->call_id->id;
    if (last.leg.compare(0, std::string::npos, leg.ptr, leg.slen)) {
        last.leg.assign(leg.ptr, leg.slen);
        last.at = 0;
    }
    const MediaInput &input = media_input(id, static_cast<unsigned>(call.audio_idx));
    const unsigned packets = input.packets.load(std::memory_order_relaxed);
    if (packets != last.packets || !last.at) {
        last.packets = packets;
        last.at = now;
        last.is_told = false;
    } else if (now - last.at >= limit_s && !last.is_told) {
        last.is_told = true;
        push(NativeEvent{SILENT, 0, last.leg, 0, static_cast<int>(limit_s * 1000), "", ""});
    }
}

} // namespace outring

/* Look at all calls. One SILENT record follows for each that has been silent for *limit_s*
 * seconds, as long as this is called more often than that. */
inline void outring_find_silent(double limit_s)
{
    const double now = outring::monotonic();
    const unsigned count = pjsua_var.ua_cfg.max_calls;
    for (unsigned id = 0; id < count; ++id)
        outring::look_at_call(static_cast<pjsua_call_id>(id), now, limit_s);
}

#endif
