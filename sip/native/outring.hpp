/* What outring adds to the pjsua2 module, so that no Python runs inside PJSIP.
 *
 * Everything that happens is written as a Record into one bounded queue, in the
 * order in which it happened, and Python drains the queue after each poll:
 *   - STATE    PJSIP reports a call as disconnected, and why (class OutringCall);
 *   - MESSAGE  a SIP message that decides a call's outcome crossed the wire (the tap);
 *   - QUERY    PJSIP wants a host name resolved; Python answers with outring_resolved().
 * Beside it: a socket that wakes the polling thread as soon as Python has work for it.
 * All functions belong to the thread that polls, but for writing to the wake socket.
 */
#ifndef OUTRING_HPP
#define OUTRING_HPP

#include <Python.h>
#include <pjsua2.hpp>
#include <pjsua-lib/pjsua.h>
#include <pjsua-lib/pjsua_internal.h>

#include <cstring>
#include <ctime>
#include <deque>
#include <map>
#include <mutex>
#include <string>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

namespace outring {

enum Kind { STATE = 0, MESSAGE = 1, QUERY = 2 };

/* Why a call is disconnected, as far as PJSIP's event tells. */
enum Cause { OTHER = 0, RECEIVED = 1, TIMER = 2, TRANSPORT = 3 };

struct Record {
    Kind kind;
    double at;        /* seconds of CLOCK_MONOTONIC */
    std::string leg;  /* Call-ID; the host of a QUERY */
    int first;        /* STATE: cause, MESSAGE: 1 if sent by us, QUERY: its number */
    int status;       /* SIP status, 0 for a request; port of a QUERY */
    std::string name; /* STATE: reason, MESSAGE: method of CSeq, QUERY: transport */
    std::string raw;  /* MESSAGE: the whole response where it can decide an outcome */
};

const size_t MAX_RECORDS = 65536;

struct Query {
    void *token;
    pjsip_resolver_callback *callback;
    pjsip_transport_type_e type;
    int port;
};

struct Native {
    std::mutex mutex;
    std::deque<Record> records;
    unsigned long dropped = 0;
    std::map<int, Query> queries;
    int next_query = 1;
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

inline double monotonic()
{
    timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec + now.tv_nsec / 1e9;
}

inline std::string text(const pj_str_t &value)
{
    return std::string(value.ptr ? value.ptr : "", value.slen > 0 ? value.slen : 0);
}

inline void push(Record &&record)
{
    Native &self = native();
    record.at = monotonic();
    std::lock_guard<std::mutex> guard(self.mutex);
    if (self.records.size() >= MAX_RECORDS) {
        ++self.dropped;
        return;
    }
    self.records.push_back(std::move(record));
}

/* -- the tap: a module next to the transport layer sees every message --------- */

inline bool decides(const pjsip_method &method)
{
    return method.id == PJSIP_INVITE_METHOD || method.id == PJSIP_ACK_METHOD ||
           method.id == PJSIP_CANCEL_METHOD || method.id == PJSIP_BYE_METHOD;
}

inline pj_bool_t on_rx_response(pjsip_rx_data *rdata)
{
    const pjsip_cseq_hdr *cseq = rdata->msg_info.cseq;
    const pjsip_cid_hdr *cid = rdata->msg_info.cid;
    if (cseq && cid && decides(cseq->method)) {
        int status = rdata->msg_info.msg->line.status.code;
        bool keep = cseq->method.id == PJSIP_INVITE_METHOD && status > 100;
        push(Record{MESSAGE, 0, text(cid->id), 0, status, text(cseq->method.name),
                    keep ? std::string(rdata->msg_info.msg_buf, rdata->msg_info.len)
                         : std::string()});
    }
    return PJ_FALSE;
}

inline pj_bool_t on_rx_request(pjsip_rx_data *rdata)
{
    const pjsip_method &method = rdata->msg_info.msg->line.req.method;
    if (method.id == PJSIP_BYE_METHOD && rdata->msg_info.cid)
        push(Record{MESSAGE, 0, text(rdata->msg_info.cid->id), 0, 0, text(method.name), ""});
    return PJ_FALSE;
}

inline pj_status_t on_tx_request(pjsip_tx_data *tdata)
{
    const pjsip_method &method = tdata->msg->line.req.method;
    if (decides(method)) {
        const pjsip_cid_hdr *cid = PJSIP_MSG_CID_HDR(tdata->msg);
        if (cid)
            push(Record{MESSAGE, 0, text(cid->id), 1, 0, text(method.name), ""});
    }
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
    }
    return module;
}

/* -- the resolver: names are resolved outside, so that DNS never stops SIP ---- */

inline pjsip_transport_type_e transport_of(const pjsip_host_info *target, bool ipv6)
{
    int type = target->type & ~PJSIP_TRANSPORT_IPV6;
    if (type == PJSIP_TRANSPORT_UNSPECIFIED)
        type = target->flag & PJSIP_TRANSPORT_SECURE     ? PJSIP_TRANSPORT_TLS
               : target->flag & PJSIP_TRANSPORT_RELIABLE ? PJSIP_TRANSPORT_TCP
                                                         : PJSIP_TRANSPORT_UDP;
    return static_cast<pjsip_transport_type_e>(ipv6 ? type | PJSIP_TRANSPORT_IPV6 : type);
}

inline bool add_address(pjsip_server_addresses &found, const pj_str_t &host, int port,
                        pjsip_transport_type_e type)
{
    if (found.count >= PJSIP_MAX_RESOLVED_ADDRESSES)
        return false;
    pjsip_server_address_record &entry = found.entry[found.count];
    std::memset(&entry, 0, sizeof(entry));
    int family = pj_strchr(&host, ':') ? pj_AF_INET6() : pj_AF_INET();
    unsigned char binary[16];
    if (pj_inet_pton(family, &host, binary) != PJ_SUCCESS)
        return false;
    int base = type & ~PJSIP_TRANSPORT_IPV6;
    entry.type = static_cast<pjsip_transport_type_e>(
        family == pj_AF_INET6() ? base | PJSIP_TRANSPORT_IPV6 : base);
    if (!port)
        port = pjsip_transport_get_default_port_for_type(entry.type);
    if (pj_sockaddr_init(family, &entry.addr, &host, static_cast<pj_uint16_t>(port)) !=
        PJ_SUCCESS)
        return false;
    entry.addr_len = pj_sockaddr_get_len(&entry.addr);
    entry.priority = 0;
    entry.weight = 0;
    ++found.count;
    return true;
}

inline void resolve(pjsip_resolver_t *, pj_pool_t *, const pjsip_host_info *target,
                    void *token, pjsip_resolver_callback *callback)
{
    pjsip_server_addresses found;
    found.count = 0;
    pjsip_transport_type_e type = transport_of(target, false);
    if (add_address(found, target->addr.host, target->addr.port, type)) {
        callback(PJ_SUCCESS, token, &found);
        return;
    }
    Native &self = native();
    int number = self.next_query++;
    self.queries[number] = Query{token, callback, type, target->addr.port};
    push(Record{QUERY, 0, text(target->addr.host), number, target->addr.port,
                pjsip_transport_get_type_name(type), ""});
}

inline pjsip_ext_resolver &resolver()
{
    static pjsip_ext_resolver instance = {&resolve};
    return instance;
}

/* -- the wake socket ---------------------------------------------------------- */

inline void read_wakes(pj_ioqueue_key_t *key)
{
    Native &self = native();
    pj_ssize_t length;
    do {
        length = sizeof(self.wake_buffer);
    } while (pj_ioqueue_recv(key, &self.wake_op, self.wake_buffer, &length, 0) ==
             PJ_SUCCESS);
}

inline void on_wake(pj_ioqueue_key_t *key, pj_ioqueue_op_key_t *, pj_ssize_t)
{
    read_wakes(key);
}

inline void check(pj_status_t status, const char *what)
{
    if (status != PJ_SUCCESS)
        throw pj::Error(status, what, "", __FILE__, __LINE__);
}

} // namespace outring

/* A call whose end is written into the queue. */
class OutringCall : public pj::Call
{
public:
    OutringCall(pj::Account &account, const std::string &leg)
    : pj::Call(account), leg(leg)
    {}

    virtual void onCallState(pj::OnCallStateParam &prm)
    {
        pjsua_call_info info;
        if (pjsua_call_get_info(getId(), &info) != PJ_SUCCESS ||
            info.state != PJSIP_INV_STATE_DISCONNECTED)
            return;
        int cause = outring::OTHER;
        if (prm.e.type == PJSIP_EVENT_TSX_STATE) {
            switch (prm.e.body.tsxState.type) {
            case PJSIP_EVENT_RX_MSG: cause = outring::RECEIVED; break;
            case PJSIP_EVENT_TIMER: cause = outring::TIMER; break;
            case PJSIP_EVENT_TRANSPORT_ERROR: cause = outring::TRANSPORT; break;
            default: break;
            }
        } else if (prm.e.type == PJSIP_EVENT_RX_MSG) {
            cause = outring::RECEIVED;
        }
        outring::push(outring::Record{outring::STATE, 0, leg, cause, info.last_status,
                                      outring::text(info.last_status_text), ""});
    }

private:
    std::string leg;
};

/* No line of PJSIP's own on standard output; before libCreate. */
inline void outring_quiet()
{
    pj_log_set_level(0);
}

/* Start tap, resolver and wake socket; after libStart. Throws pj::Error. */
inline void outring_start()
{
    using namespace outring;
    Native &self = native();
    pjsip_endpoint *endpoint = pjsua_get_pjsip_endpt();
    check(pjsip_endpt_register_module(endpoint, &tap()), "register tap");
    check(pjsip_endpt_set_ext_resolver(endpoint, &resolver()), "set resolver");
    if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, self.wake_fds))
        check(pj_get_os_error(), "create wake socket");
    self.pool = pjsua_pool_create("outring", 512, 512);
    pj_ioqueue_op_key_init(&self.wake_op, sizeof(self.wake_op));
    pj_ioqueue_callback callbacks;
    std::memset(&callbacks, 0, sizeof(callbacks));
    callbacks.on_read_complete = &on_wake;
    check(pj_ioqueue_register_sock(self.pool, pjsip_endpt_get_ioqueue(endpoint),
                                   self.wake_fds[0], NULL, &callbacks, &self.wake_key),
          "register wake socket");
    read_wakes(self.wake_key);
}

/* The descriptor to write a byte to when the poll shall return. */
inline int outring_wake_fd()
{
    return outring::native().wake_fds[1];
}

/* Undo outring_start(); before libDestroy. */
inline void outring_stop()
{
    using namespace outring;
    Native &self = native();
    if (self.wake_key)
        pj_ioqueue_unregister(self.wake_key); /* closes wake_fds[0] */
    if (self.wake_fds[1] >= 0)
        close(self.wake_fds[1]);
    if (self.pool)
        pj_pool_release(self.pool);
    self.wake_key = NULL;
    self.wake_fds[0] = self.wake_fds[1] = -1;
    self.pool = NULL;
    self.queries.clear();
    std::lock_guard<std::mutex> guard(self.mutex);
    self.records.clear();
}

/* Answer a QUERY with numeric addresses, best first; none means that it failed. */
inline void outring_resolved(int number, const std::vector<std::string> &addresses)
{
    using namespace outring;
    Native &self = native();
    std::map<int, Query>::iterator place = self.queries.find(number);
    if (place == self.queries.end())
        return;
    Query query = place->second;
    self.queries.erase(place);
    pjsip_server_addresses found;
    found.count = 0;
    for (size_t i = 0; i < addresses.size(); ++i) {
        pj_str_t host;
        pj_strset(&host, const_cast<char *>(addresses[i].data()), addresses[i].size());
        add_address(found, host, query.port, query.type);
    }
    query.callback(found.count ? PJ_SUCCESS : PJ_ERESOLVE, query.token, &found);
}

/* All records since the last call, oldest first, as a list of tuples
 * (kind, at, leg, first, status, name, raw). Runs with the interpreter locked. */
inline PyObject *outring_drain()
{
    using namespace outring;
    std::deque<Record> records;
    {
        std::lock_guard<std::mutex> guard(native().mutex);
        records.swap(native().records);
    }
    PyObject *list = PyList_New(static_cast<Py_ssize_t>(records.size()));
    if (!list)
        return NULL;
    for (size_t i = 0; i < records.size(); ++i) {
        const Record &record = records[i];
        PyObject *leg = PyUnicode_DecodeLatin1(record.leg.data(), record.leg.size(), NULL);
        PyObject *name =
            PyUnicode_DecodeLatin1(record.name.data(), record.name.size(), NULL);
        PyObject *raw = PyBytes_FromStringAndSize(record.raw.data(), record.raw.size());
        PyObject *entry =
            leg && name && raw
                ? Py_BuildValue("(idOiiOO)", static_cast<int>(record.kind), record.at, leg,
                                record.first, record.status, name, raw)
                : NULL;
        Py_XDECREF(leg);
        Py_XDECREF(name);
        Py_XDECREF(raw);
        if (!entry) {
            Py_DECREF(list);
            return NULL;
        }
        PyList_SET_ITEM(list, static_cast<Py_ssize_t>(i), entry);
    }
    return list;
}

/* Records lost because nobody drained. */
inline unsigned long outring_dropped()
{
    return outring::native().dropped;
}

/* Calls this build can carry at once. */
inline int outring_max_calls()
{
    return PJSUA_MAX_CALLS;
}

#endif
