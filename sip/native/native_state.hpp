/* What the native part keeps while it runs: queries, pings, transfers, the wake socket.
 * It belongs to the thread that polls.
 */
#ifndef OUTRING_NATIVE_STATE_HPP
#define OUTRING_NATIVE_STATE_HPP

#include <pjsua-lib/pjsua.h>
#include <pjsua-lib/pjsua_internal.h>
#include <pjsua2.hpp>

#include <map>
#include <string>
#include <vector>

namespace outring {

/* Why a call is disconnected, as far as PJSIP's event tells. */
enum Cause { OTHER = 0, RECEIVED = 1, TIMER = 2, TRANSPORT = 3 };

struct Query {
    void *token;
    pjsip_resolver_callback *callback;
    pjsip_transport_type_e type;
    pjsip_server_addresses instead; /* tried behind what is found */
};

struct Header {
    std::string method; /* of the request that it goes into */
    std::string name;
    std::string value;
};

typedef std::map<std::string, pjsip_evsub *> Refers; /* by Call-ID */

typedef std::vector<std::string> Addresses; /* "192.0.2.1:5060", "[2001:db8::1]:5060" */

struct Native {
    std::map<int, Query> queries;
    int next_query = 1;
    const Addresses *aim = NULL; /* of the request that is being sent right now */
    std::map<std::string, std::vector<Header> > extras; /* by Call-ID */
    std::map<int, pjsip_transaction *> pings;
    Refers refers; /* whose outcome is not known yet */
    void (*on_call_state)(pjsua_call_id, pjsip_event *) = NULL; /* that of pjsua2 */
    pj_pool_t *pool = NULL;
    int wake_fds[2] = {-1, -1}; /* [0] polled by PJSIP, [1] written by anybody */
    pj_ioqueue_key_t *wake_key = NULL;
    pj_ioqueue_op_key_t wake_op;
    char wake_buffer[256];
};

inline Native &native()
{
    static Native instance;
    return instance;
}

/* The number of a call, which pj::Call keeps to itself. (Access is not checked where a
 * template is instantiated explicitly.) */
pjsua_call_id &number_of(pj::Call &call);
template <pjsua_call_id pj::Call::*member> struct Number {
    friend pjsua_call_id &number_of(pj::Call &call)
    {
        return call.*member;
    }
};
template struct Number<&pj::Call::id>;

inline void check(pj_status_t status, const char *what)
{
    if (status != PJ_SUCCESS)
        throw pj::Error(status, what, "", __FILE__, __LINE__);
}

} // namespace outring

#endif
