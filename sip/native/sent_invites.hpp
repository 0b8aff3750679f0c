/* The INVITEs that this process has sent: where they went, which response is theirs, and
 * what came for them late.
 *
 * Each is kept until 64*T1 behind the end of its leg (timer B and timer J are as long, RFC
 * 3261 §17), since a proxy that forks may bring another phone's 2xx as late as that
 * (§13.2.2.4). Three things need them:
 *   - a request within a dialog whose target cannot be reached goes where the INVITE went;
 *   - a 2xx that belongs to an INVITE of ours and to no dialog is acknowledged and ended;
 *   - the messages that come and go behind the end of a leg are told at last (LATE_MESSAGES).
 * All of it belongs to the thread that polls.
 */
#ifndef OUTRING_SENT_INVITES_HPP
#define OUTRING_SENT_INVITES_HPP

#include "event_queue.hpp"
#include "ladder.hpp"

#include <pjsip.h>

#include <deque>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>

namespace outring {

const double LATE_ANSWERS_S = 32.0; /* 64*T1 */
const size_t MAX_FORKS = 16;        /* phones that are hung up for one INVITE */

inline std::string text(const pj_str_t &value)
{
    return std::string(value.ptr ? value.ptr : "", value.slen > 0 ? value.slen : 0);
}

struct SentInvite {
    std::string from_tag;
    std::set<std::string> branches;          /* of all: each challenge makes another one */
    pjsip_server_address_record destination; /* of that one; its addr_len is 0 before */
    std::string tag;                         /* To tag of its last provisional response */
    bool is_lost = false;                    /* its connection is gone, and it was cancelled */
    std::set<std::string> hung_up;           /* To tags of the forks that were sent BYE */
    std::unique_ptr<Ladder> late;            /* behind the end of the leg; mostly NULL */
};

class SentInvites {
public:
    SentInvite &begin(const std::string &leg)
    {
        drop_old();
        SentInvite &invite = by_leg[leg];
        invite.destination.addr_len = 0;
        return invite;
    }

    /* The leg has ended: what is kept of it is dropped in 64*T1. */
    void end(const std::string &leg)
    {
        drop_old();
        ended.push_back(std::make_pair(monotonic() + LATE_ANSWERS_S, leg));
    }

    SentInvite *find(const std::string &leg)
    {
        std::unordered_map<std::string, SentInvite>::iterator place = by_leg.find(leg);
        return place == by_leg.end() ? NULL : &place->second;
    }

    SentInvite *find(const pjsip_cid_hdr *call_id)
    {
        return call_id ? find(text(call_id->id)) : NULL;
    }

    void note_tag(const pjsip_cid_hdr *call_id, const pj_str_t &tag)
    {
        if (SentInvite *invite = find(call_id))
            invite->tag = text(tag);
    }

    /* For a message of a leg that has ended; NULL if there was no such leg of late. */
    Ladder *late_ladder(const std::string &leg)
    {
        SentInvite *invite = find(leg);
        if (invite && !invite->late)
            invite->late.reset(new Ladder(leg));
        return invite ? invite->late.get() : NULL;
    }

    /* Forget what has been kept for long enough, and tell what came late for it. To be called
     * from time to time. */
    void drop_old()
    {
        for (double now = monotonic(); !ended.empty() && ended.front().first <= now;
             ended.pop_front())
            drop(ended.front().second);
    }

    void clear()
    {
        by_leg.clear();
        ended.clear();
    }

private:
    void drop(const std::string &leg)
    {
        const SentInvite *invite = find(leg);
        if (invite && invite->late)
            push(NativeEvent{LATE_MESSAGES, 0, leg, 0, 0, "", invite->late->whole()});
        by_leg.erase(leg);
    }

    std::unordered_map<std::string, SentInvite> by_leg; /* by Call-ID */
    std::deque<std::pair<double, std::string> > ended;  /* until when; oldest first */
};

inline SentInvites &sent_invites()
{
    static SentInvites instance;
    return instance;
}

/* While it lives, and 64*T1 longer, the INVITE of a leg is known. */
struct KeptInvite {
    explicit KeptInvite(const std::string &leg) : kept_leg(leg)
    {
        sent_invites().begin(leg);
    }
    ~KeptInvite()
    {
        sent_invites().end(kept_leg);
    }
    KeptInvite(const KeptInvite &) = delete;
    KeptInvite &operator=(const KeptInvite &) = delete;

private:
    const std::string kept_leg;
};

/* An INVITE is on its way to where *tdata* says. */
inline void note_sent_invite(const pjsip_tx_data *tdata)
{
    SentInvite *invite = sent_invites().find(PJSIP_MSG_CID_HDR(tdata->msg));
    const pjsip_via_hdr *via = static_cast<pjsip_via_hdr *>(
        pjsip_msg_find_hdr(tdata->msg, PJSIP_H_VIA, NULL));
    if (!invite || !via)
        return;
    invite->from_tag = text(PJSIP_MSG_FROM_HDR(tdata->msg)->tag);
    invite->branches.insert(text(via->branch_param));
    pj_bzero(&invite->destination, sizeof(invite->destination));
    invite->destination.type =
        static_cast<pjsip_transport_type_e>(tdata->tp_info.transport->key.type);
    pj_sockaddr_cp(&invite->destination.addr, &tdata->tp_info.dst_addr);
    invite->destination.addr_len = pj_sockaddr_get_len(&tdata->tp_info.dst_addr);
}

/* Where the INVITE of the dialog of *msg*, a request, went; NULL where it has none. */
inline const pjsip_server_address_record *destination_of_dialog(const pjsip_msg *msg)
{
    const pjsip_to_hdr *to = PJSIP_MSG_TO_HDR(msg);
    if (msg->type != PJSIP_REQUEST_MSG || !to || !to->tag.slen)
        return NULL;
    const SentInvite *invite = sent_invites().find(PJSIP_MSG_CID_HDR(msg));
    return invite && invite->destination.addr_len ? &invite->destination : NULL;
}

} // namespace outring

#endif
