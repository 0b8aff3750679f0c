/* An ear on a call: what its far end lets hear, as runs of silence, voice and tones.
 *
 * A port of the conference bridge without a voice of its own. The bridge's clock brings it
 * the frames, a EnergyMeter looks at them, and a HEARD record tells each change.
 */
#ifndef OUTRING_CALL_PROGRESS_PORT_HPP
#define OUTRING_CALL_PROGRESS_PORT_HPP

#include <pjsua2.hpp>

#include "energy_meter.hpp"
#include "event_queue.hpp"
#include "native_state.hpp"

#include <cstring>

namespace outring {

struct CallProgressPort {
    pjmedia_port port; /* first: the bridge knows only this */
    pj_pool_t *pool;
    std::string leg;
    EnergyMeter meter;

    CallProgressPort(pj_pool_t *pool, const std::string &leg, const EnergyMeter &meter)
    : pool(pool), leg(leg), meter(meter)
    {
        std::memset(&port, 0, sizeof(port));
        pj_str_t name = pj_str(const_cast<char *>("ear"));
        pjmedia_port_info_init(&port.info, &name, PJMEDIA_SIG_CLASS_PORT_AUD('o', 'r'), RATE,
                               1, 16, FRAME);
        port.put_frame = &put_frame;
        port.on_destroy = &on_destroy;
    }

    static CallProgressPort *of(pjmedia_port *port) { return reinterpret_cast<CallProgressPort *>(port); }

    static pj_status_t put_frame(pjmedia_port *port, pjmedia_frame *frame)
    {
        CallProgressPort *self = of(port);
        bool has_sound = frame->type == PJMEDIA_FRAME_TYPE_AUDIO &&
                         frame->size == FRAME * sizeof(int16_t);
        Run run;
        if (self->meter.hear(has_sound ? static_cast<int16_t *>(frame->buf) : NULL, run))
            push(NativeEvent{HEARD, 0, self->leg, run.sound, static_cast<int>(run.begin_ms), "",
                        ""});
        return PJ_SUCCESS;
    }

    /* The bridge lets go of a port later than it is removed. */
    static pj_status_t on_destroy(pjmedia_port *port)
    {
        CallProgressPort *self = of(port);
        pj_pool_t *pool = self->pool;
        delete self;
        pj_pool_release(pool);
        return PJ_SUCCESS;
    }
};

} // namespace outring

/* Listens as long as it lives; hears nothing until a call is connected to it. */
class OutringCallProgress {
public:
    /* See EnergyMeter. Throws pj::Error. */
    OutringCallProgress(const std::string &leg, int mode, double threshold, double modulation)
    : port(NULL), place(PJSUA_INVALID_ID)
    {
        using namespace outring;
        pj_pool_t *pool = pjsua_pool_create("ear", 512, 512);
        check(pool ? PJ_SUCCESS : PJ_ENOMEM, "create ear");
        CallProgressPort *ear = new CallProgressPort(pool, leg, EnergyMeter(mode, threshold, modulation));
        pj_status_t status = pjmedia_port_init_grp_lock(&ear->port, pool, NULL);
        if (status != PJ_SUCCESS) {
            CallProgressPort::on_destroy(&ear->port);
            check(status, "create ear");
        }
        port = &ear->port;
        status = pjsua_conf_add_port(pool, port, &place);
        if (status != PJ_SUCCESS) {
            pjmedia_port_destroy(port);
            check(status, "add ear");
        }
    }

    ~OutringCallProgress()
    {
        if (pjsua_get_state() == PJSUA_STATE_NULL)
            return; /* PJSIP has gone, and everything with it */
        pjsua_conf_remove_port(place);
        pjmedia_port_destroy(port);
    }

    pjsua_conf_port_id slot() const { return place; }

private:
    OutringCallProgress(const OutringCallProgress &);
    OutringCallProgress &operator=(const OutringCallProgress &);

    pjmedia_port *port;
    pjsua_conf_port_id place;
};

/* What a EnergyMeter hears in *samples*, bytes of 16 bits at 8 kHz, as a list of pairs
 * (sound, begin_ms). Runs with the interpreter locked. */
inline PyObject *outring_sound_intervals(PyObject *samples, int mode, double threshold,
                              double modulation)
{
    using namespace outring;
    char *bytes;
    Py_ssize_t length;
    if (PyBytes_AsStringAndSize(samples, &bytes, &length))
        return NULL;
    PyObject *list = PyList_New(0);
    EnergyMeter meter(mode, threshold, modulation);
    int16_t frame[FRAME];
    const Py_ssize_t size = sizeof(frame);
    for (Py_ssize_t at = 0; list && at + size <= length; at += size) {
        std::memcpy(frame, bytes + at, size);
        Run run;
        if (!meter.hear(frame, run))
            continue;
        PyObject *pair = Py_BuildValue("(iI)", run.sound, run.begin_ms);
        if (!pair || PyList_Append(list, pair))
            Py_CLEAR(list);
        Py_XDECREF(pair);
    }
    return list;
}

#endif
