/* What comes from a far end's media, before PJMEDIA's stream sees it.
 *
 * A stream knows one payload type of telephone-events. Others are meant as well: the number
 * that the far end has answered, with which many send although ours would be right (RFC 3264
 * sections 5.1 and 6.1), and those of other clock rates that were agreed upon. Such packets
 * get the number that the stream knows. And every packet of RTP and RTCP is counted, so that
 * media_timeout.hpp knows when nothing comes any more.
 * The callbacks of a stream are taken as it attaches to its transport, which may be SRTP's:
 * behind decryption. They run on the thread of the media; all else on that which polls.
 * One MediaInput for each stream of each call; it lives as long as the process, and a
 * stream that follows another one takes its place once that one is detached.
 */
#ifndef OUTRING_MEDIA_INPUT_HPP
#define OUTRING_MEDIA_INPUT_HPP

#include <pjsua-lib/pjsua.h>
#include <pjsua-lib/pjsua_internal.h>

#include <atomic>
#include <bitset>
#include <cstdint>
#include <map>

namespace outring {

const unsigned PAYLOAD_TYPES = 128;

struct MediaInput {
    void (*on_rtp)(pjmedia_tp_cb_param *) = NULL; /* those of the stream */
    void (*on_rtcp)(void *, void *, pj_ssize_t) = NULL;
    void *stream = NULL;
    std::bitset<PAYLOAD_TYPES> events; /* that are told by other numbers */
    int event = -1;                    /* the number that the stream knows */
    std::atomic<unsigned> packets{0};
};

inline MediaInput &media_input(pjsua_call_id call, unsigned stream)
{
    static MediaInput instances[PJSUA_MAX_CALLS][PJMEDIA_MAX_SDP_MEDIA];
    return instances[call][stream % PJMEDIA_MAX_SDP_MEDIA];
}

/* RTP and RTCP have version 2 (RFC 3550 sections 5.1 and 6.4.1). */
inline void count_packet(MediaInput &input, const void *packet, pj_ssize_t size)
{
    const pj_ssize_t SHORTEST = 8;
    if (size >= SHORTEST && *static_cast<const uint8_t *>(packet) >> 6 == 2)
        input.packets.fetch_add(1, std::memory_order_relaxed);
}

inline void on_input_rtp(pjmedia_tp_cb_param *param)
{
    MediaInput &input = *static_cast<MediaInput *>(param->user_data);
    uint8_t *packet = static_cast<uint8_t *>(param->pkt);
    count_packet(input, packet, param->size);
    if (param->size >= static_cast<pj_ssize_t>(sizeof(pjmedia_rtp_hdr)) &&
        input.events[packet[1] & 0x7f])
        packet[1] = static_cast<uint8_t>((packet[1] & 0x80) | input.event);
    param->user_data = input.stream;
    input.on_rtp(param);
}

inline void on_input_rtcp(void *user_data, void *packet, pj_ssize_t size)
{
    MediaInput &input = *static_cast<MediaInput *>(user_data);
    count_packet(input, packet, size);
    input.on_rtcp(input.stream, packet, size);
}

/* -- which payload types are events ---------------------------------------------------- */

inline bool is_telephone_event(const pjmedia_sdp_attr *attribute, unsigned &payload_type)
{
    pjmedia_sdp_rtpmap map;
    if (pj_strcmp2(&attribute->name, "rtpmap") ||
        pjmedia_sdp_attr_get_rtpmap(attribute, &map) != PJ_SUCCESS ||
        pj_stricmp2(&map.enc_name, "telephone-event"))
        return false;
    payload_type = static_cast<unsigned>(pj_strtoul(&map.pt));
    return payload_type < PAYLOAD_TYPES;
}

inline std::bitset<PAYLOAD_TYPES> events_in(const pjmedia_sdp_media *media)
{
    std::bitset<PAYLOAD_TYPES> events;
    unsigned payload_type;
    for (unsigned i = 0; i < media->attr_count; ++i)
        if (is_telephone_event(media->attr[i], payload_type))
            events.set(payload_type);
    return events;
}

inline std::bitset<PAYLOAD_TYPES> formats_in(const pjmedia_sdp_media *media)
{
    std::bitset<PAYLOAD_TYPES> formats;
    for (unsigned i = 0; i < media->desc.fmt_count; ++i) {
        const unsigned long number = pj_strtoul(&media->desc.fmt[i]);
        if (number < PAYLOAD_TYPES)
            formats.set(number);
    }
    return formats;
}

/* Ours, and those of the far end, unless we have given such a number to something else:
 * what comes has the meaning that we have told. */
inline std::bitset<PAYLOAD_TYPES> events_of(const pjsua_call &call, unsigned stream)
{
    const pjmedia_sdp_session *local, *remote;
    if (!call.inv || !call.inv->neg ||
        pjmedia_sdp_neg_get_active_local(call.inv->neg, &local) != PJ_SUCCESS ||
        pjmedia_sdp_neg_get_active_remote(call.inv->neg, &remote) != PJ_SUCCESS ||
        stream >= local->media_count || stream >= remote->media_count)
        return std::bitset<PAYLOAD_TYPES>();
    const std::bitset<PAYLOAD_TYPES> ours = events_in(local->media[stream]);
    return ours | (events_in(remote->media[stream]) & ~formats_in(local->media[stream]));
}

/* -- taking the place of a stream's callbacks ------------------------------------------ */

/* The operations of one kind of transport, with attach_input() for its own. */
struct ReplacedOperations {
    pjmedia_transport_op operations; /* first: the transport knows only this */
    pjmedia_transport_op *own;
};

inline pjmedia_transport_op *own_operations(pjmedia_transport_op *operations);

/* That of the stream that is about to be created, on the thread that polls. */
inline MediaInput *&next_input()
{
    static MediaInput *instance = NULL;
    return instance;
}

inline pj_status_t attach_input(pjmedia_transport *transport,
                                pjmedia_transport_attach_param *param)
{
    MediaInput &input = *next_input();
    transport->op = own_operations(transport->op);
    input.on_rtp = param->rtp_cb2;
    input.on_rtcp = param->rtcp_cb;
    input.stream = param->user_data;
    param->rtp_cb2 = &on_input_rtp;
    param->rtcp_cb = &on_input_rtcp;
    param->user_data = &input;
    return transport->op->attach2(transport, param);
}

inline pjmedia_transport_op *own_operations(pjmedia_transport_op *operations)
{
    return operations->attach2 == &attach_input
               ? reinterpret_cast<ReplacedOperations *>(operations)->own
               : operations;
}

/* A transport whose stream could not be created keeps these: so there is one for each kind,
 * and it stays as it is. */
inline pjmedia_transport_op *replaced_operations(pjmedia_transport_op *own)
{
    static std::map<pjmedia_transport_op *, ReplacedOperations> by_kind;
    ReplacedOperations &replaced = by_kind[own];
    replaced.operations = *own;
    replaced.operations.attach2 = &attach_input;
    replaced.own = own;
    return &replaced.operations;
}

/* PJSUA is about to create a stream. */
inline void on_stream_precreate(pjsua_call_id id, pjsua_on_stream_precreate_param *param)
{
    const pjsua_call &call = pjsua_var.calls[id];
    pjmedia_transport *transport = call.media[param->stream_idx].tp;
    if (param->stream_info.type != PJMEDIA_TYPE_AUDIO || !transport)
        return;
    MediaInput &input = media_input(id, param->stream_idx);
    input.event = param->stream_info.info.aud.rx_event_pt;
    input.events = input.event < 0 ? std::bitset<PAYLOAD_TYPES>()
                                   : events_of(call, param->stream_idx);
    next_input() = &input;
    transport->op = replaced_operations(own_operations(transport->op));
}

} // namespace outring

#endif
