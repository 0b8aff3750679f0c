/* One turn of the thread that polls: the INVITEs that have gathered go out, and PJSIP does
 * what there is to do. All of it happens without the interpreter, which another thread
 * uses meanwhile, and which is waited for only once.
 */
#ifndef OUTRING_POLL_HPP
#define OUTRING_POLL_HPP

#include "outring.hpp"

#include <cerrno>
#include <string>
#include <vector>

/* Calls whose INVITE is to be sent. */
class OutringInvites
{
public:
    /* One more. With *addresses* it goes to the first of them that can be reached. Where no
     * port for RTP is free it is tried *tries* times. *call* and *parameters* have to live
     * until it is sent. */
    void add(OutringCall &call, const std::string &uri, const pj::CallOpParam &parameters,
             const std::vector<std::string> &addresses, int tries)
    {
        invites.push_back(Invite{&call, uri, &parameters, addresses, tries, ""});
    }

    /* How many could not be sent. */
    int failed() const
    {
        return failures;
    }

    /* Why one of them, counted from 0, could not be sent; empty if it was. */
    std::string failure(int number) const
    {
        return invites.at(number).failure;
    }

    bool send()
    {
        for (size_t i = 0; i < invites.size(); ++i)
            send(invites[i]);
        return !invites.empty();
    }

private:
    struct Invite {
        OutringCall *call;
        std::string uri;
        const pj::CallOpParam *parameters;
        outring::Addresses addresses;
        int tries;
        std::string failure;
    };

    void send(Invite &invite)
    {
        const pj_status_t in_use = PJ_STATUS_FROM_OS(EADDRINUSE);
        while (true) {
            outring::TargetAddresses aim(invite.addresses);
            try {
                invite.call->start(invite.uri, *invite.parameters);
                return;
            } catch (const pj::Error &error) {
                outring::number_of(*invite.call) = PJSUA_INVALID_ID;
                if (error.status == in_use && --invite.tries > 0)
                    continue;
                invite.failure = error.reason.empty() ? "Not sent" : error.reason;
                ++failures;
                return;
            }
        }
    }

    std::vector<Invite> invites;
    int failures = 0;
};

/* Send *invites*, and let PJSIP work: for up to *wait_ms* if there is nothing to do, else
 * until there is nothing left, or *turn_ms* have passed. */
inline void outring_send_and_poll(OutringInvites &invites, unsigned wait_ms, unsigned turn_ms)
{
    pj::Endpoint &endpoint = pj::Endpoint::instance();
    const double until = outring::monotonic() + turn_ms / 1000.0;
    outring::sent_invites().drop_old();
    if (invites.send())
        wait_ms = 0;
    if (endpoint.libHandleEvents(wait_ms) <= 0)
        return;
    while (outring::monotonic() < until && endpoint.libHandleEvents(0) > 0) {
    }
}

#endif
