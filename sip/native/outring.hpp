/* What outring adds to the pjsua2 module, so that no Python runs inside PJSIP.
 *
 * Everything that happens is written as a NativeEvent into one bounded queue, in the
 * order in which it happened, and Python drains the queue after each poll (event_queue.hpp):
 *   - STATE    PJSIP reports a call as disconnected, and why (class OutringCall);
 *   - MESSAGE  a message that decides a call's outcome (dialog_events.hpp);
 *   - QUERY    PJSIP wants a host name resolved; Python answers with outring_resolved();
 *   - PONG     a request of outring_ping() is over;
 *   - MEDIA    a call's media was negotiated, for the first time or anew;
 *   - REFERRED the outcome of a call's REFER is known;
 *   - DIGIT, PLAYED, RECORDED: see play_record_port.hpp;
 *   - HEARD    what a call's far end lets hear has changed (call_progress_port.hpp);
 *   - TONE     a tone of a call's network has begun or ended (tone_listener.hpp);
 *   - SDP      a session description cannot be used (sdp_module.hpp);
 *   - UNTRUSTED  a TLS server is not who it was called as (tls_identity.hpp);
 *   - SILENT   a call's far end has sent no media for too long (media_timeout.hpp);
 *   - UNACKNOWLEDGED, REFRESH_REFUSED: see dialog_events.hpp;
 *   - LATE_ANSWER another phone has answered, and was hung up (late_answers.hpp);
 *   - LATE_MESSAGES what has crossed the wire behind the end of a leg (sent_invites.hpp);
 *   - MALFORMED a message of a call could not be read, or not whole (reception.hpp);
 *   - STREAM   the WebSocket of an audio stream is open, lost or over (audio_stream.hpp).
 * Beside it: the addresses that Python chose for a request (TargetAddresses), headers for a call's
 * CANCEL and BYE (ExtraHeaders), its ladder (capture.hpp), and a socket that wakes the polling
 * thread as soon as Python has work for it.
 * All functions belong to the thread that polls. Any thread may write to the wake socket, and
 * ask for a ladder and for what was counted (malformed messages, refused requests).
 */
#ifndef OUTRING_HPP
#define OUTRING_HPP

#include <Python.h>
#include <pjsua2.hpp>
#include <pjsua-lib/pjsua.h>
#include <pjsua-lib/pjsua_internal.h>

#include "call.hpp"
#include "capture.hpp"
#include "dialog_events.hpp"
#include "extra_headers.hpp"
#include "late_answers.hpp"
#include "inband_digits.hpp"
#include "info_digits.hpp"
#include "media_input.hpp"
#include "media_timeout.hpp"
#include "name_resolution.hpp"
#include "native_state.hpp"
#include "numeric_addresses.hpp"
#include "options_ping.hpp"
#include "reception.hpp"
#include "refer.hpp"
#include "event_queue.hpp"
#include "request_policy.hpp"
#include "resampling.hpp"
#include "sdp_module.hpp"
#include "send_buffer.hpp"
#include "sent_invites.hpp"
#include "stream_port.hpp"
#include "tap.hpp"
#include "tone_listener.hpp"
#include "play_record_port.hpp"

#include <cstdint>
#include <cstring>
#include <deque>
#include <malloc.h>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

namespace outring {

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

/* -- callbacks: pjsua2 copies messages and descriptions for many that we do not have --- */

inline void on_answer_confirmed(pjsip_inv_session *session)
{
    on_confirmed(session);
    streams().on_answered(session->dlg->call_id->id);
}

inline void on_call_state(pjsua_call_id call, pjsip_event *event)
{
    const pjsua_call &now = pjsua_var.calls[call];
    if (now.inv && now.inv->state == PJSIP_INV_STATE_CONFIRMED && !now.hanging_up)
        on_answer_confirmed(now.inv);
    /* A call that we hang up is told as disconnected before its session is. */
    if (!now.inv || now.inv->state == PJSIP_INV_STATE_DISCONNECTED || now.hanging_up)
        native().on_call_state(call, event);
}

inline void keep_only_callbacks_in_use()
{
    pjsua_callback &callbacks = pjsua_var.ua_cfg.cb;
    native().on_call_state = callbacks.on_call_state;
    callbacks.on_call_state = &on_call_state;
    callbacks.on_dtmf_event = &on_dtmf_event;
    callbacks.on_call_tsx_state = NULL;
    callbacks.on_call_sdp_created = NULL;
    callbacks.on_call_media_transport_state = NULL;
    callbacks.on_stream_precreate = &on_stream_precreate;
    callbacks.on_stream_created2 = NULL;
    callbacks.on_stream_destroyed = NULL;
}

/* Pools that calls have released are kept for the next ones, up to 16 MB, which pjsua would
 * give back to malloc. A sanitizer has to see them go. */
inline void keep_released_pools()
{
#ifndef __SANITIZE_ADDRESS__
    pjsua_var.cp.max_capacity = 16 << 20;
#endif
}

} // namespace outring


/* Before libCreate: no line of PJSIP's own on standard output, and memory that calls give
 * back is kept for the next ones, up to TRIM bytes, since the system's price is high. */
inline void outring_prepare()
{
    const int TRIM = 16 << 20;
    pj_log_set_level(0);
    mallopt(M_MMAP_THRESHOLD, 1 << 20);
    mallopt(M_TRIM_THRESHOLD, TRIM);
    mallopt(M_TOP_PAD, 1 << 20);
}

/* Start modules, resolver and wake socket; after libStart. Throws pj::Error. */
inline void outring_start()
{
    using namespace outring;
    Native &self = native();
    keep_released_pools();
    pjsip_endpoint *endpoint = pjsua_get_pjsip_endpt();
    check(pjsip_endpt_register_module(endpoint, &tap()), "register tap");
    check(pjsip_endpt_register_module(endpoint, &header_module()), "register writer");
    check(start_reception(endpoint), "start reception");
    check(pjsip_endpt_register_module(endpoint, &printer()), "register printer");
    check(pjsip_endpt_register_module(endpoint, &pinger()), "register pinger");
    check(pjsip_endpt_register_module(endpoint, &late_answers()), "register late answers");
    check(start_dialog_events(), "register dialog events");
    check(policy::start(), "register request policy");
    check(pjsip_endpt_set_ext_resolver(endpoint, &resolver()), "set resolver");
    check(start_sdp(), "register SDP modules");
    prepare_stream_sockets();
    keep_only_callbacks_in_use();
    if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, self.wake_fds))
        check(pj_get_os_error(), "create wake socket");
    {
        std::lock_guard<std::mutex> guard(event_queue().mutex);
        event_queue().waiting.clear(); /* what an earlier end of PJSIP left */
        event_queue().wake_fd = self.wake_fds[1];
    }
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
    stop_dialog_events();
    stop_stream_sockets();
    file_reader().stop();
    file_writer().stop(); /* what was recorded is complete */
    {
        std::lock_guard<std::mutex> guard(event_queue().mutex);
        event_queue().wake_fd = -1;
    }
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
    self.refers.clear();
    sent_invites().clear();
    streams().clear();
}

/* All records since the last call, oldest first, as a list of tuples
 * (kind, at, leg, first, status, name, raw). Runs with the interpreter locked. */
inline PyObject *outring_drain()
{
    using namespace outring;
    std::deque<NativeEvent> drained;
    {
        std::lock_guard<std::mutex> guard(event_queue().mutex);
        drained.swap(event_queue().waiting);
    }
    PyObject *list = PyList_New(static_cast<Py_ssize_t>(drained.size()));
    if (!list)
        return NULL;
    for (size_t i = 0; i < drained.size(); ++i) {
        const NativeEvent &record = drained[i];
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
        PyList_SetItem(list, static_cast<Py_ssize_t>(i), entry);
    }
    return list;
}

/* EventQueue lost because nobody drained. */
inline unsigned long outring_dropped()
{
    return outring::event_queue().dropped;
}

/* Ports of the conference bridge: its own one, and those of calls and their voices. */
inline unsigned outring_ports()
{
    return pjmedia_conf_get_port_count(pjsua_var.mconf);
}

/* Calls this build can carry at once. */
inline int outring_max_calls()
{
    return PJSUA_MAX_CALLS;
}

#endif
