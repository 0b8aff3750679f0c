/* The tones that a call's network or far end lets hear, from early media on: a TONE record
 * tells each change of a ToneMeter. Which tone of which country it is, Python decides.
 */
#ifndef OUTRING_TONE_LISTENER_HPP
#define OUTRING_TONE_LISTENER_HPP

#include <Python.h>

#include "event_queue.hpp"
#include "listening_port.hpp"
#include "tone_meter.hpp"

#include <cstring>
#include <memory>
#include <string>

namespace outring {

class ToneAnalyser : public Analyser {
public:
    explicit ToneAnalyser(const std::string &leg) : leg(leg) {}

    virtual void hear(const int16_t *samples)
    {
        ToneRun run;
        if (meter.hear(samples, run))
            push(NativeEvent{TONE, 0, leg, run.another << 16 | run.sound,
                             static_cast<int>(run.begin_ms), "", ""});
    }

private:
    const std::string leg;
    ToneMeter meter;
};

} // namespace outring

class OutringToneListener : public OutringListener {
public:
    /* Throws pj::Error. */
    explicit OutringToneListener(const std::string &leg)
    : OutringListener(std::unique_ptr<outring::Analyser>(new outring::ToneAnalyser(leg)))
    {}
};

/* What a ToneMeter hears in *samples*, bytes of 16 bits at 8 kHz, as a list of
 * (sound, another, begin_ms). Runs with the interpreter locked. */
inline PyObject *outring_tone_intervals(PyObject *samples)
{
    using namespace outring;
    char *bytes;
    Py_ssize_t length;
    if (PyBytes_AsStringAndSize(samples, &bytes, &length))
        return NULL;
    PyObject *list = PyList_New(0);
    ToneMeter meter;
    int16_t frame[FRAME];
    const Py_ssize_t size = sizeof(frame);
    for (Py_ssize_t at = 0; list && at + size <= length; at += size) {
        std::memcpy(frame, bytes + at, size);
        ToneRun run;
        if (!meter.hear(frame, run))
            continue;
        PyObject *entry = Py_BuildValue("(iiI)", run.sound, run.another, run.begin_ms);
        if (!entry || PyList_Append(list, entry))
            Py_CLEAR(list);
        Py_XDECREF(entry);
    }
    return list;
}

#endif
